// Listening sockets: addresses as text, bound with SO_REUSEPORT so that every shard has its own.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace nip::gateway {

/// Where a listener is bound.
struct bound_address {
  std::string host;
  std::uint16_t port = 0;
  bool is_v6 = false;
  /// "127.0.0.1:8080", "[::1]:8080".
  std::string text() const;
};

/// A socket and nothing else; closed by its destructor.
class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int number) : number_(number) {}
  descriptor(descriptor&& other) noexcept : number_(other.release()) {}
  descriptor& operator=(descriptor&& other) noexcept;
  ~descriptor() { reset(); }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  int release();
  void reset();

 private:
  int number_ = -1;
};

struct listener {
  descriptor socket;
  bound_address where;
};

/// Binds and listens. `address` is "host:port", ":port" (every address, both families where there
/// are two) or "[v6]:port". `port` other than 0 replaces the text's: what another shard got, which
/// shares it. Fails with errc::invalid_argument for a text that is no address, errc::conflict when
/// another program has the address, else errc::io; each names the address.
result<listener> listen_on(std::string_view address, std::uint16_t port, int backlog);

/// An accepted connection.
struct accepted_socket {
  descriptor socket;
  std::string peer;  ///< the address without the port
};

/// The next waiting connection, non-blocking and without delay; an empty socket when none waits.
/// Fails with errc::exhausted when the process or the system has no descriptor left.
result<accepted_socket> accept_from(int listening);

}  // namespace nip::gateway
