// What an operator can set about the gateway, and the bounds that every session keeps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace nip::gateway {

/// Bounds of one listener. Sizes are bytes, times are durations; what zero means stands beside
/// each.
struct limits {
  std::size_t header_bytes_max = std::size_t{16} << 10;  ///< request line and fields: 431; never 0
  std::size_t target_bytes_max = std::size_t{8} << 10;   ///< request target: 414; never 0
  std::size_t headers_max = 64;                          ///< fields of one request: 431; at most 64
  std::size_t body_bytes_max = std::size_t{1} << 20;     ///< of a request, inflated too: 413
  std::uint32_t compression_ratio_max = 100;  ///< bytes that one compressed byte may become: 413,
                                              ///< of a WebSocket message close 1009; never 0
  std::size_t ws_message_bytes_max = std::size_t{1} << 20;  ///< all fragments together: close 1009
  std::size_t batch_entries_max = 10'000;  ///< of one messages:batch: what follows is refused
  /// Of a messages:batch, as it came and inflated: 413, or what follows is refused. Each entry is
  /// bounded by body_bytes_max.
  std::size_t batch_bytes_max = std::size_t{64} << 20;
  std::size_t batch_window_max = 512;  ///< entries of a batch without outcome: reading stops
  std::size_t batch_window_bytes_max = std::size_t{1} << 20;  ///< their text: the same
  std::size_t output_bytes_max = std::size_t{1} << 20;  ///< waiting to be sent to one peer: reading
                                                        ///< stops, events are counted as missed
  /// Replies that plugins made to requests of one peer and that wait to be sent with the rest. One
  /// that would pass it is kept for GET /v4/messages/{id}, as if the wait had run out; it may be
  /// alone, whatever its size.
  std::size_t reply_output_bytes_max() const { return 16 * output_bytes_max; }
  std::uint32_t pipeline_max = 256;  ///< HTTP requests without answer, a connection: reading stops
  std::uint32_t ws_window_max = 65536;     ///< WebSocket messages without answer: reading stops
  std::uint32_t subscriptions_max = 256;   ///< a WebSocket connection
  std::uint32_t connections_max = 20'000;  ///< of the process: 503; 0: no bound
  std::uint32_t connections_per_address_max = 0;   ///< of the process: 503; 0: no bound
  std::uint32_t requests_in_flight_max = 100'000;  ///< a shard, by stage "limits": 503; 0: no bound

  /// From the first byte of a request to the end of its head: 408; 0: none.
  nanoseconds header_timeout = std::chrono::seconds(10);
  /// From the end of the head to the end of the body: 408; 0: none.
  nanoseconds body_timeout = std::chrono::seconds(30);
  /// Between two requests: closed. A silent WebSocket is pinged at half of it. 0: never.
  nanoseconds idle_timeout = std::chrono::seconds(60);
  /// The peer takes no byte of what waits for it: cut; 0: never.
  nanoseconds write_timeout = std::chrono::seconds(30);
  /// After our end of a connection, for the peer's own; never 0.
  nanoseconds linger_timeout = std::chrono::seconds(2);
  /// The longest `Prefer: wait`, and the longest `wait` of a frame.
  nanoseconds wait_max = std::chrono::seconds(300);
};

/// One listener; inside nip.yaml `api_gateway`.
struct options {
  /// "host:port", ":port" (every address), "[v6]:port"; port 0 takes any free one.
  std::vector<std::string> addresses{"127.0.0.1:8080"};
  std::string server_name = "nip";  ///< header Server; empty: no header
  /// Stages that a request passes, in order; see stage.hpp for the names.
  std::vector<std::string> stages{"request_id", "access_log", "limits"};
  std::uint32_t accept_backlog = 4096;  ///< connections that the kernel holds; capped by somaxconn
  bool websocket_compression = false;   ///< take deflated messages (RFC 7692) from who offers them
  limits bounds;
};

}  // namespace nip::gateway
