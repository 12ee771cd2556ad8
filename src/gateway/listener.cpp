#include "gateway/listener.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <memory>
#include <utility>

namespace nip::gateway {
namespace {

struct host_and_port {
  std::string host;  ///< empty: every address
  std::uint16_t port = 0;
};

result<host_and_port> split(std::string_view address) {
  const auto wrong = [&] {
    return fail(
        errc::invalid_argument,
        fmt::format(
            "address \"{}\": expected host:port, :port or [v6]:port with a port from 0 to 65535",
            address));
  };
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  std::string_view host = address.substr(0, colon);
  const std::string_view port = address.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong();
  }
  host_and_port found{std::string(host), 0};
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), found.port);
  if (port.empty() || parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size())
    return wrong();
  return found;
}

using address_list = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

result<address_list> resolve(const host_and_port& what, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int outcome = ::getaddrinfo(what.host.empty() ? nullptr : what.host.c_str(),
                                    std::to_string(what.port).c_str(), &hints, &found);
  if (outcome != 0)
    return fail(errc::invalid_argument,
                fmt::format("address \"{}\": {}", what.host, gai_strerror(outcome)));
  return address_list(found, &freeaddrinfo);
}

void set_option(int socket, int level, int name, int value) {
  // Each only improves: without it the socket still works.
  static_cast<void>(::setsockopt(socket, level, name, &value, sizeof value));
}

bound_address bound_to(int socket) {
  sockaddr_storage where{};
  socklen_t size = sizeof where;
  bound_address found;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&where), &size) != 0) return found;
  char text[INET6_ADDRSTRLEN] = {};
  if (where.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(where);
    found = {::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text), ntohs(v6.sin6_port), true};
  } else {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(where);
    found = {::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text), ntohs(v4.sin_port), false};
  }
  return found;
}

/// errno of the failure, 0 for none.
int bind_to(const addrinfo& where, bool shares, descriptor& into) {
  into = descriptor(::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!into) return errno;
  set_option(into.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (shares) set_option(into.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (where.ai_family == AF_INET6) set_option(into.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  return ::bind(into.get(), where.ai_addr, where.ai_addrlen) == 0 ? 0 : errno;
}

/// The same, listening. The first shard makes sure that it is the first: with SO_REUSEPORT alone
/// two programs of one user would share a port, each with half of the connections.
int bind_and_listen(const addrinfo& where, bool is_first, int backlog, descriptor& into) {
  if (is_first)
    if (const int why = bind_to(where, false, into); why != 0) return why;
  into.reset();
  if (const int why = bind_to(where, true, into); why != 0) return why;
  return ::listen(into.get(), backlog) == 0 ? 0 : errno;
}

}  // namespace

std::string bound_address::text() const {
  return is_v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

descriptor& descriptor::operator=(descriptor&& other) noexcept {
  reset();
  number_ = other.release();
  return *this;
}

int descriptor::release() { return std::exchange(number_, -1); }

void descriptor::reset() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

result<listener> listen_on(std::string_view address, std::uint16_t port, int backlog) {
  NIP_TRY(what, split(address));
  if (port != 0) what.port = port;
  // Every address: IPv6 takes IPv4 too, where the host has it.
  const int families[] = {what.host.empty() ? AF_INET6 : AF_UNSPEC, AF_INET};
  int why = 0;
  for (const int family : families) {
    const auto found = resolve(what, family);
    if (!found && family != AF_INET) continue;
    if (!found) return std::unexpected(found.error());
    listener made;
    why = bind_and_listen(**found, port == 0, backlog, made.socket);
    if (why == 0) {
      made.where = bound_to(made.socket.get());
      return made;
    }
    if (why == EADDRINUSE)
      return fail(errc::conflict,
                  fmt::format("address \"{}\" is in use by another program", address));
  }
  return fail_errno(why, fmt::format("listening on \"{}\"", address));
}

result<accepted_socket> accept_from(int listening) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  const int number =
      ::accept4(listening, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (number < 0) {
    const int why = errno;
    if (why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM)
      return fail(errc::exhausted, "no descriptor left for a new connection; raise LimitNOFILE");
    return accepted_socket{};  // none waits, or it was gone before it was taken
  }
  accepted_socket made{descriptor(number), {}};
  set_option(number, IPPROTO_TCP, TCP_NODELAY, 1);
  char text[INET6_ADDRSTRLEN] = {};
  const void* bytes =
      peer.ss_family == AF_INET6
          ? static_cast<const void*>(&reinterpret_cast<sockaddr_in6&>(peer).sin6_addr)
          : static_cast<const void*>(&reinterpret_cast<sockaddr_in&>(peer).sin_addr);
  if (::inet_ntop(peer.ss_family, bytes, text, sizeof text) != nullptr) made.peer = text;
  return made;
}

}  // namespace nip::gateway
