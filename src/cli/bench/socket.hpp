// A TCP connection of the load client: made blocking, then never blocks again.
#pragma once

#include <string>
#include <string_view>

#include "cli/outcome.hpp"
#include "cli/server_address.hpp"

namespace nip::cli::bench {

/// Owns one descriptor.
class socket {
 public:
  /// Connects. Fails with exit_code::unreachable; the text names the limit when descriptors run
  /// out.
  static outcome<socket> connect(const server_address& server);
  socket(socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  socket& operator=(socket&&) = delete;
  ~socket();

  int fd() const { return fd_; }
  /// Sends the upgrade and reads its answer; both within a few seconds. Fails with
  /// exit_code::failed when the server refuses it.
  outcome<void> upgrade(std::string_view handshake);
  /// From here on every call returns at once.
  void stop_blocking();

 private:
  explicit socket(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace nip::cli::bench
