// A tiny HTTP server inside the test: answers by a function and keeps what it was asked.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace nip::cli::testing {

struct asked {
  std::string method;
  std::string target;
  std::string head;  ///< the header lines as they came
  std::string body;
};

struct answered {
  int status = 200;
  std::string body = "{}";
  std::string type = "application/json";
  std::string headers = {};  ///< further lines, each ending in CRLF
  bool hang_up = false;      ///< close instead of answering
};

/// Serves on a port of 127.0.0.1 that the kernel chooses, one thread a connection, until destroyed.
class fake_server {
 public:
  using handler = std::function<answered(const asked&)>;

  explicit fake_server(handler how)
      : how_(std::move(how)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 64);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~fake_server() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard hold(lock_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (auto& each : workers_) each.join();
    ::close(listener_);
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  std::vector<asked> requests() const {
    const std::lock_guard hold(lock_);
    return requests_;
  }

 private:
  void accept_all() {
    for (;;) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      {
        const std::lock_guard hold(lock_);
        open_.push_back(fd);
      }
      workers_.emplace_back([this, fd] { serve(fd); });
    }
  }

  void serve(int fd) {
    std::string input;
    asked request;
    while (read_request(fd, input, request)) {
      {
        const std::lock_guard hold(lock_);
        requests_.push_back(request);
      }
      const answered answer = how_(request);
      if (answer.hang_up) break;
      const std::string text = "HTTP/1.1 " + std::to_string(answer.status) +
                               " X\r\nContent-Type: " + answer.type + "\r\n" + answer.headers +
                               "Content-Length: " + std::to_string(answer.body.size()) +
                               "\r\n\r\n" + answer.body;
      if (::send(fd, text.data(), text.size(), MSG_NOSIGNAL) < 0) break;
    }
    const std::lock_guard hold(lock_);
    std::erase(open_, fd);
    ::close(fd);
  }

  static bool read_more(int fd, std::string& input) {
    char piece[16384];
    const ssize_t got = ::recv(fd, piece, sizeof piece, 0);
    if (got <= 0) return false;
    input.append(piece, static_cast<std::size_t>(got));
    return true;
  }

  static bool read_request(int fd, std::string& input, asked& request) {
    std::size_t end;
    while ((end = input.find("\r\n\r\n")) == std::string::npos)
      if (!read_more(fd, input)) return false;
    request.head = input.substr(0, end + 2);
    request.method = request.head.substr(0, request.head.find(' '));
    const auto from = request.method.size() + 1;
    request.target = request.head.substr(from, request.head.find(' ', from) - from);
    std::size_t length = 0;
    if (const auto at = request.head.find("Content-Length: "); at != std::string::npos)
      length = std::stoul(request.head.substr(at + 16));
    while (input.size() < end + 4 + length)
      if (!read_more(fd, input)) return false;
    request.body = input.substr(end + 4, length);
    input.erase(0, end + 4 + length);
    return true;
  }

  handler how_;
  int listener_;
  unsigned port_ = 0;
  mutable std::mutex lock_;
  std::vector<asked> requests_;
  std::vector<int> open_;
  std::vector<std::thread> workers_;
  std::thread acceptor_;
};

}  // namespace nip::cli::testing
