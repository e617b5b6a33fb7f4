// What the market-data and the trading API share: the life of the link's thread, the day, copying of text.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "ThostFtdcUserApiStruct.h"
#include "link.h"

// Fixed text fields: always ended by NUL, cut if too long.
template <size_t N, size_t M>
void copy_text(char (&to)[N], const char (&from)[M]) {
  const size_t length = strnlen(from, std::min(M, N - 1));
  std::memcpy(to, from, length);
  to[length] = '\0';
}

// The calls of the API return codes; nothing may be thrown through its interface.
template <class Call>
int guarded(Call call) noexcept {
  try {
    return call() ? 0 : -1;
  } catch (...) {
    return -1;
  }
}

inline CThostFtdcRspInfoField info_of(const wire::Reply& reply) {
  CThostFtdcRspInfoField info{};
  info.ErrorID = reply.error_id;
  copy_text(info.ErrorMsg, reply.error_text);
  return info;
}

inline CThostFtdcRspUserLoginField login_of(const wire::LoginReply& from) {
  CThostFtdcRspUserLoginField to{};
  copy_text(to.TradingDay, from.trading_day);
  copy_text(to.LoginTime, from.time);
  copy_text(to.BrokerID, from.reply.broker);
  copy_text(to.UserID, from.reply.user);
  copy_text(to.SystemName, from.system);
  copy_text(to.SHFETime, from.time);
  copy_text(to.DCETime, from.time);
  copy_text(to.CZCETime, from.time);
  copy_text(to.FFEXTime, from.time);
  copy_text(to.INETime, from.time);
  copy_text(to.GFEXTime, from.time);
  to.FrontID = from.front_id;
  to.SessionID = from.session_id;
  return to;
}

inline wire::Login login_to(const CThostFtdcReqUserLoginField& from, int request, int resume) {
  wire::Login to{};
  to.request = request;
  to.public_resume = resume;
  copy_text(to.broker, from.BrokerID);
  copy_text(to.user, from.UserID);
  copy_text(to.password, from.Password);
  return to;
}

// Reads one record from the start of a body.
template <class Record>
bool read_record(const wire::Header& header, const char* body, Record& record) {
  if (header.length < sizeof record) return false;
  std::memcpy(&record, body, sizeof record);
  return true;
}

// The trading day of the last login, as text that stays valid for ever: callers keep the pointer.
class TradingDay {
 public:
  const char* get() const { return text_.load(); }
  void set(const char (&day)[12]) {
    // A day is 9 bytes and there is one a day: never freed, because a caller may still hold the last.
    auto* kept = new char[sizeof day];
    std::memcpy(kept, day, sizeof day);
    text_.store(kept);
  }

 private:
  std::atomic<const char*> text_{""};
};

// The thread of one API object. It holds the core alive, so that Release() is safe at any moment, also from
// inside a callback, and Join() may still be waiting when the API object is gone.
template <class Core>
class Worker {
 public:
  explicit Worker(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  void start() {
    const std::lock_guard<std::mutex> lock(core_->life);
    if (thread_.joinable()) return;
    core_->running = true;
    thread_ = std::thread([core = core_] {
      core->link.run();
      const std::lock_guard<std::mutex> ended(core->life);
      core->running = false;
      core->over.notify_all();
    });
  }

  void stop() {
    core_->link.stop();
    if (!thread_.joinable()) return;
    if (thread_.get_id() == std::this_thread::get_id()) {
      thread_.detach();
    } else {
      thread_.join();
    }
  }

  int wait() {
    const auto core = core_;
    std::unique_lock<std::mutex> lock(core->life);
    core->over.wait(lock, [&] { return !core->running; });
    return 0;
  }

 private:
  const std::shared_ptr<Core> core_;
  std::thread thread_;
};

struct CoreLife {
  std::mutex life;
  std::condition_variable over;
  bool running = false;
};
