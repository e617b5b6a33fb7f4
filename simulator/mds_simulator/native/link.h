// One connection to a front and the thread that serves it: connects, reads, reconnects for ever.
//
// Every callback of the API comes from this thread, as with the vendor's library. Requests come from the
// caller's threads and only write to the socket. The rules that follow from this:
//   - `socket_` is opened and closed by the link's thread, under `mutex_`; senders hold it while they write;
//   - stop() may come from any thread, also from inside a callback.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "wire.h"

// Reasons of OnFrontDisconnected, from ThostFtdcMdApi.h.
enum Reason : int {
  kReadFailed = 0x1001,
  kWriteFailed = 0x1002,
  kHeartbeatTimeout = 0x2001,
  kHeartbeatNotSent = 0x2002,
  kBadPacket = 0x2003,
};

class Link {
 public:
  // What happens on the link's thread. `frame` returns false if it cannot read the body.
  class Listener {
   public:
    virtual void connected(const wire::Welcome& welcome) = 0;
    virtual void disconnected(int reason) = 0;
    virtual bool frame(const wire::Header& header, const char* body) = 0;

   protected:
    ~Listener() = default;
  };

  Link(char side, Listener& listener);

  void add_front(const char* address);  // tcp://host:port; tried in this order, round and round
  void run();                           // the body of the thread; returns after stop()
  void stop();
  bool send(wire::Kind kind, const void* body, size_t length);  // false: not connected, or it broke

 private:
  using Clock = std::chrono::steady_clock;

  bool stopped() const { return stopped_.load(); }
  int open_next();
  int serve(int socket);  // the reason for its end
  int read_some(int socket);
  int take_frames();
  bool be_patient(const wire::Header& header, const char* body);
  int keep_alive();
  bool shake_hands(const wire::Header& header, const char* body);
  void adopt(int socket);
  void close_socket();
  void rest();

  const char side_;
  Listener& listener_;
  const std::chrono::milliseconds reconnect_;
  const std::chrono::milliseconds heartbeat_;

  std::atomic<bool> stopped_{false};
  std::mutex mutex_;  // guards fronts_ and socket_
  std::condition_variable wake_;
  std::vector<std::string> fronts_;
  int socket_ = -1;

  // Only the link's thread touches what follows.
  size_t next_front_ = 0;
  bool welcomed_ = false;
  std::chrono::milliseconds patience_{0};  // heartbeat_, unless the front says another time
  int told_reason_ = 0;
  Clock::time_point heard_;
  Clock::time_point said_;
  std::vector<char> buffer_;
  size_t filled_ = 0;
};
