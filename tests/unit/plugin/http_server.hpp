// A web server on the loopback for tests: one thread, answers by a function, counts what it sees.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace nip::plugin::test {

/// HTTP/1.1 with keep-alive and Content-Length. The answer is the whole response; an empty one
/// closes the connection, "-" leaves the request without an answer.
class http_server {
 public:
  using answer_t = std::function<std::string(const std::string& request)>;

  explicit http_server(answer_t answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&any), size) != 0 ||
        ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &size) != 0 ||
        ::pipe(end_) != 0)
      throw std::runtime_error("no loopback server");
    port_ = ntohs(any.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~http_server() {
    static_cast<void>(!::write(end_[1], "x", 1));
    thread_.join();
    for (const auto& peer : peers_) ::close(peer.fd);
    for (const int fd : {listener_, end_[0], end_[1]}) ::close(fd);
  }
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/hook"; }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::size_t connections() {
    const std::lock_guard lock(mutex_);
    return connections_;
  }
  static std::string response(const std::string& status, const std::string& body = "",
                              const std::string& headers = "") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           headers + "\r\n" + body;
  }

 private:
  struct peer_t {
    int fd;
    std::string bytes;
  };

  void serve() {
    while (true) {
      std::vector<pollfd> wait{{end_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
      for (const auto& peer : peers_) wait.push_back({peer.fd, POLLIN, 0});
      ::poll(wait.data(), wait.size(), -1);
      if (wait[0].revents != 0) return;
      for (std::size_t i = peers_.size(); i-- > 0;)
        if (wait[i + 2].revents != 0 && !read(peers_[i])) {
          ::close(peers_[i].fd);
          peers_.erase(peers_.begin() + static_cast<std::ptrdiff_t>(i));
        }
      if (wait[1].revents != 0) accept();
    }
  }
  void accept() {
    peers_.push_back({::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), {}});
    const std::lock_guard lock(mutex_);
    ++connections_;
  }
  bool read(peer_t& peer) {
    char buffer[65536];
    const ssize_t n = ::recv(peer.fd, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    peer.bytes.append(buffer, static_cast<std::size_t>(n));
    for (std::size_t size; (size = whole(peer.bytes)) > 0;) {
      const std::string request = peer.bytes.substr(0, size);
      peer.bytes.erase(0, size);
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      const std::string out = answer_(request);
      if (out.empty()) return false;
      if (out != "-" && ::send(peer.fd, out.data(), out.size(), MSG_NOSIGNAL) < 0) return false;
    }
    return true;
  }
  /// Bytes of the first request when it is whole, else 0.
  static std::size_t whole(const std::string& bytes) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) return 0;
    const auto length = bytes.find("Content-Length: ");
    const std::size_t body = length < end ? std::stoul(bytes.substr(length + 16)) : 0;
    return bytes.size() >= end + 4 + body ? end + 4 + body : 0;
  }

  answer_t answer_;
  int listener_ = -1;
  int end_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  std::vector<peer_t> peers_;  // the thread's
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::size_t connections_ = 0;
  std::thread thread_;
};

}  // namespace nip::plugin::test
