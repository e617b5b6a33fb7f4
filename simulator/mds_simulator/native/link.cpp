#include "link.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int kTickMs = 50;              // how often a waiting thread looks at the clock and at stop()
constexpr int kConnectMs = 3000;         // then the next front is tried
constexpr size_t kFirstBuffer = 1 << 20; // grows to the largest frame seen
constexpr uint32_t kMaxFrame = 64 << 20; // more is not our protocol

std::chrono::milliseconds from_environment(const char* name, int fallback) {
  const char* text = std::getenv(name);
  const int value = text ? std::atoi(text) : 0;
  return std::chrono::milliseconds(value > 0 ? value : fallback);
}

// "tcp://host:port" -> host, port; empty if it is none.
std::pair<std::string, std::string> split_address(const std::string& address) {
  const auto scheme = address.find("://");
  const auto start = scheme == std::string::npos ? 0 : scheme + 3;
  const auto colon = address.rfind(':');
  if (colon == std::string::npos || colon < start) return {};
  return {address.substr(start, colon - start), address.substr(colon + 1)};
}

bool finished_connecting(int socket, int timeout_ms) {
  pollfd waiting{socket, POLLOUT, 0};
  if (::poll(&waiting, 1, timeout_ms) <= 0) return false;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

void prepare(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval limit{2, 0};  // a front that takes nothing for so long is a failed write
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

int connect_to(const std::string& address) {
  const auto [host, port] = split_address(address);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (host.empty() || ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return -1;
  int connected = -1;
  for (addrinfo* one = found; one && connected < 0; one = one->ai_next) {
    const int socket = ::socket(one->ai_family, one->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, one->ai_protocol);
    if (socket < 0) continue;
    const int result = ::connect(socket, one->ai_addr, one->ai_addrlen);
    if (result == 0 || (errno == EINPROGRESS && finished_connecting(socket, kConnectMs))) {
      connected = socket;
    } else {
      ::close(socket);
    }
  }
  ::freeaddrinfo(found);
  return connected;
}

bool write_all(int socket, const char* data, size_t length) {
  while (length > 0) {
    const ssize_t written = ::send(socket, data, length, MSG_NOSIGNAL);
    if (written > 0) {
      data += written;
      length -= static_cast<size_t>(written);
    } else if (written < 0 && errno == EAGAIN) {
      pollfd waiting{socket, POLLOUT, 0};
      if (::poll(&waiting, 1, 2000) <= 0) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

Link::Link(char side, Listener& listener)
    : side_(side),
      listener_(listener),
      reconnect_(from_environment("MDS_SIM_RECONNECT_MS", 2000)),
      heartbeat_(from_environment("MDS_SIM_HEARTBEAT_MS", 10000)),
      buffer_(kFirstBuffer) {}

void Link::add_front(const char* address) {
  const std::lock_guard<std::mutex> lock(mutex_);
  fronts_.emplace_back(address);
}

void Link::run() {
  while (!stopped()) {
    const int socket = open_next();
    if (socket >= 0) {
      const int reason = serve(socket);
      close_socket();
      if (!stopped()) listener_.disconnected(reason);
    }
    rest();
  }
}

void Link::stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stopped_.store(true);
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
  wake_.notify_all();
}

bool Link::send(wire::Kind kind, const void* body, size_t length) {
  const wire::Header header{static_cast<uint32_t>(length), kind, 1};
  std::string packet(reinterpret_cast<const char*>(&header), sizeof header);
  packet.append(static_cast<const char*>(body), length);
  const std::lock_guard<std::mutex> lock(mutex_);
  return socket_ >= 0 && write_all(socket_, packet.data(), packet.size());
}

int Link::open_next() {
  std::vector<std::string> fronts;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    fronts = fronts_;
  }
  for (size_t tried = 0; tried < fronts.size() && !stopped(); ++tried) {
    const int socket = connect_to(fronts[next_front_++ % fronts.size()]);
    if (socket < 0) continue;
    prepare(socket);
    adopt(socket);
    return socket;
  }
  return -1;
}

void Link::adopt(int socket) {
  const std::lock_guard<std::mutex> lock(mutex_);
  socket_ = socket;
}

void Link::close_socket() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ::close(socket_);
  socket_ = -1;
}

void Link::rest() {
  std::unique_lock<std::mutex> lock(mutex_);
  wake_.wait_for(lock, reconnect_, [this] { return stopped(); });
}

int Link::serve(int socket) {
  welcomed_ = false;
  told_reason_ = 0;
  filled_ = 0;
  patience_ = heartbeat_;
  heard_ = said_ = Clock::now();
  const wire::Hello hello{wire::kMagic, wire::kVersion, side_};
  if (!send(wire::kHello, &hello, sizeof hello)) return kWriteFailed;
  while (!stopped()) {
    int reason = read_some(socket);
    if (reason == 0) reason = take_frames();
    if (reason == 0) reason = keep_alive();
    if (reason != 0) return reason;
  }
  return kReadFailed;
}

int Link::read_some(int socket) {
  pollfd waiting{socket, POLLIN, 0};
  if (::poll(&waiting, 1, kTickMs) <= 0) return 0;
  if (filled_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  const ssize_t got = ::recv(socket, buffer_.data() + filled_, buffer_.size() - filled_, 0);
  if (got > 0) {
    filled_ += static_cast<size_t>(got);
    heard_ = Clock::now();
    return 0;
  }
  return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : kReadFailed;
}

int Link::take_frames() {
  size_t start = 0;
  while (filled_ - start >= sizeof(wire::Header) && !stopped()) {
    wire::Header header;
    std::memcpy(&header, buffer_.data() + start, sizeof header);
    if (header.length > kMaxFrame) return kBadPacket;
    if (filled_ - start < sizeof header + header.length) break;
    const char* body = buffer_.data() + start + sizeof header;
    const bool is_good = !welcomed_                           ? shake_hands(header, body)
                         : header.kind == wire::kPatience ? be_patient(header, body)
                                                          : listener_.frame(header, body);
    if (!is_good) return kBadPacket;
    if (header.kind == wire::kDisconnect && header.length == sizeof told_reason_) {
      std::memcpy(&told_reason_, body, sizeof told_reason_);
      return told_reason_;
    }
    start += sizeof header + header.length;
  }
  std::memmove(buffer_.data(), buffer_.data() + start, filled_ - start);
  filled_ -= start;
  return 0;
}

bool Link::shake_hands(const wire::Header& header, const char* body) {
  if (header.kind == wire::kDisconnect) return true;
  wire::Welcome welcome;
  if (header.kind != wire::kWelcome || header.length != sizeof welcome) return false;
  std::memcpy(&welcome, body, sizeof welcome);
  if (welcome.version != wire::kVersion) return false;
  welcomed_ = true;
  listener_.connected(welcome);
  return true;
}

bool Link::be_patient(const wire::Header& header, const char* body) {
  uint32_t told_ms;
  if (header.length != sizeof told_ms) return false;
  std::memcpy(&told_ms, body, sizeof told_ms);
  patience_ = told_ms == 0 ? heartbeat_ : std::chrono::milliseconds(told_ms);
  return true;
}

int Link::keep_alive() {
  const auto now = Clock::now();
  if (now - heard_ > patience_) return kHeartbeatTimeout;
  if (now - said_ < patience_ / 3) return 0;
  said_ = now;
  return send(wire::kHeartbeat, nullptr, 0) ? 0 : kHeartbeatNotSent;
}
