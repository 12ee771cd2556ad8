#include "cli/bench/socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "cli/api.hpp"

namespace nip::cli::bench {
namespace {

constexpr timeval handshake_timeout{.tv_sec = 10, .tv_usec = 0};
constexpr std::size_t handshake_bytes_max = 16 << 10;

std::unexpected<failure> refused(const server_address& server, int error) {
  const std::string reason = std::generic_category().message(error);
  if (error == EMFILE || error == ENFILE)
    return stop(exit_code::failed,
                fmt::format("{}: no descriptor for another connection; raise \"ulimit -n\" or "
                            "use fewer --connections",
                            reason));
  return stop(
      exit_code::unreachable,
      fmt::format("nipd does not answer at {} ({}). Is it running? Start it with \"nipd --config "
                  "config/nip.yaml\", or name another server with --server or NIP_SERVER",
                  server.url(), reason));
}

}  // namespace

outcome<socket> socket::connect(const server_address& server) {
  addrinfo wish{};
  wish.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code =
          ::getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &wish, &found))
    return stop(exit_code::unreachable, fmt::format("{}: {}", server.url(), ::gai_strerror(code)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  int error = 0;
  for (const addrinfo* each = found; each; each = each->ai_next) {
    socket made(::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol));
    if (made.fd_ >= 0 && ::connect(made.fd_, each->ai_addr, each->ai_addrlen) == 0) {
      const int on = 1;
      ::setsockopt(made.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return made;
    }
    error = errno;
  }
  return refused(server, error);
}

socket::~socket() {
  if (fd_ >= 0) ::close(fd_);
}

outcome<void> socket::upgrade(std::string_view handshake) {
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &handshake_timeout, sizeof handshake_timeout);
  if (::send(fd_, handshake.data(), handshake.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(handshake.size()))
    return stop(exit_code::unreachable,
                fmt::format("upgrade: {}", std::generic_category().message(errno)));
  std::string answer;
  while (answer.find("\r\n\r\n") == std::string::npos) {
    char piece[1024];
    const ssize_t got = ::recv(fd_, piece, sizeof piece, 0);
    if (got <= 0 || answer.size() > handshake_bytes_max)
      return stop(exit_code::unreachable, "the server gives no answer to the upgrade to WebSocket");
    answer.append(piece, static_cast<std::size_t>(got));
  }
  if (!answer.starts_with("HTTP/1.1 101"))
    return stop(exit_code::failed,
                fmt::format("the server refuses the upgrade to WebSocket: {}", answer));
  return {};
}

void socket::stop_blocking() { ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK); }

}  // namespace nip::cli::bench
