// One WebSocket connection to /v4/stream, a text frame at a time.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "cli/outcome.hpp"
#include "cli/server_address.hpp"

namespace nip::cli {

/// Blocks the calling thread. One thread.
class ws_client {
 public:
  /// Connects and upgrades (subprotocol nip.v4.json) within `timeout`. Fails with
  /// exit_code::unreachable when nobody answers, exit_code::failed when the upgrade is refused,
  /// exit_code::usage for https.
  static outcome<ws_client> open(const server_address& server, const std::string& target,
                                 std::chrono::milliseconds timeout);
  ~ws_client();
  ws_client(ws_client&&) noexcept;

  /// Fails with exit_code::unreachable when the connection is gone.
  outcome<void> send(std::string_view text);
  /// The next text message; waits for it without bound. Fails with exit_code::unreachable when the
  /// connection ends, and says the server's reason.
  outcome<std::string> receive();
  /// Says goodbye; nothing may be called afterwards.
  void close();

 private:
  struct core;
  explicit ws_client(std::unique_ptr<core> made);
  std::unique_ptr<core> core_;
};

}  // namespace nip::cli
