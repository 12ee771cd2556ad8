#include "config/keys.hpp"

namespace nip::config {
namespace {

using keys_list = std::vector<key<configuration>>;

void add_batch_limits(keys_list& keys) {
  const auto add = [&](std::string_view name, auto codec, auto access, std::string_view doc) {
    keys.push_back(
        make_key<configuration>("api_gateway.limits." + std::string(name), codec, access, doc));
  };
  add(
      "batch_entries", count_codec{1, 1'000'000},
      [](auto& c) -> auto& { return c.gateway.bounds.batch_entries_max; },
      "Messages in one POST /v4/messages:batch; what follows is refused.");
  add(
      "batch_bytes", size_codec{1, std::size_t{1} << 40},
      [](auto& c) -> auto& { return c.gateway.bounds.batch_bytes_max; },
      "Bytes of the body of a POST /v4/messages:batch, as it came and inflated; more is answered "
      "with 413, or refused from there on. Each message in it is bounded by body_bytes.");
  add(
      "batch_window", count_codec{1, 1'000'000},
      [](auto& c) -> auto& { return c.gateway.bounds.batch_window_max; },
      "Messages of one batch that may be without outcome; beyond it the peer is not read from.");
  add(
      "batch_window_bytes", size_codec{1, 1 << 30},
      [](auto& c) -> auto& { return c.gateway.bounds.batch_window_bytes_max; },
      "Bytes of these messages; beyond it the peer is not read from.");
}

void add_limits(keys_list& keys) {
  const auto add = [&](std::string_view name, auto codec, auto access, std::string_view doc) {
    keys.push_back(
        make_key<configuration>("api_gateway.limits." + std::string(name), codec, access, doc));
  };
  add(
      "header_bytes", size_codec{256, 1 << 20},
      [](auto& c) -> auto& { return c.gateway.bounds.header_bytes_max; },
      "Bytes of a request's line and header fields; more is answered with 431.");
  add(
      "target_bytes", size_codec{64, 1 << 20},
      [](auto& c) -> auto& { return c.gateway.bounds.target_bytes_max; },
      "Bytes of a request target; more is answered with 414.");
  add(
      "headers", count_codec{1, 64}, [](auto& c) -> auto& { return c.gateway.bounds.headers_max; },
      "Header fields of one request; more is answered with 431.");
  add(
      "body_bytes", size_codec{1, 1 << 30},
      [](auto& c) -> auto& { return c.gateway.bounds.body_bytes_max; },
      "Bytes of a request body, chunked or not, as it came and inflated; more is answered with "
      "413.");
  add(
      "compression_ratio", count_codec{1, 10'000},
      [](auto& c) -> auto& { return c.gateway.bounds.compression_ratio_max; },
      "How many times its own size a compressed body or WebSocket message may inflate to; more is "
      "answered with 413, or closes with 1009.");
  add(
      "ws_message_bytes", size_codec{1, 1 << 30},
      [](auto& c) -> auto& { return c.gateway.bounds.ws_message_bytes_max; },
      "Bytes of one WebSocket message, all fragments together, inflated; more closes with 1009.");
  add_batch_limits(keys);
  add(
      "output_bytes", size_codec{4096, 1 << 30},
      [](auto& c) -> auto& { return c.gateway.bounds.output_bytes_max; },
      "Bytes that may wait to be sent to one peer; beyond it the peer is not read from, and events "
      "are missed.");
  add(
      "pipeline", count_codec{1, 1'000'000},
      [](auto& c) -> auto& { return c.gateway.bounds.pipeline_max; },
      "HTTP requests of one connection that may be without answer.");
  add(
      "ws_window", count_codec{1, 10'000'000},
      [](auto& c) -> auto& { return c.gateway.bounds.ws_window_max; },
      "WebSocket messages of one connection that may be without answer.");
  add(
      "subscriptions", count_codec{0, 1'000'000},
      [](auto& c) -> auto& { return c.gateway.bounds.subscriptions_max; },
      "Subscriptions of one WebSocket connection.");
  add(
      "connections", count_codec{},
      [](auto& c) -> auto& { return c.gateway.bounds.connections_max; },
      "Connections of the process; more are answered with 503. 0 sets no bound.");
  add(
      "connections_per_address", count_codec{},
      [](auto& c) -> auto& { return c.gateway.bounds.connections_per_address_max; },
      "Connections from one peer address; more are answered with 503. 0 sets no bound.");
  add(
      "requests_in_flight", count_codec{},
      [](auto& c) -> auto& { return c.gateway.bounds.requests_in_flight_max; },
      "Requests of one shard without answer, counted by the stage \"limits\". 0 sets no bound.");
}

void add_timeouts(keys_list& keys) {
  const auto add = [&](std::string_view name, auto access, std::string_view doc,
                       duration_codec codec = {}) {
    keys.push_back(
        make_key<configuration>("api_gateway.timeouts." + std::string(name), codec, access, doc));
  };
  add(
      "header", [](auto& c) -> auto& { return c.gateway.bounds.header_timeout; },
      "From the first byte of a request to the end of its header; then 408. 0 waits for ever.");
  add(
      "body", [](auto& c) -> auto& { return c.gateway.bounds.body_timeout; },
      "From the end of the header to the end of the body; then 408. 0 waits for ever.");
  add(
      "idle", [](auto& c) -> auto& { return c.gateway.bounds.idle_timeout; },
      "Between requests; a WebSocket peer is pinged at half of it. 0 never closes.");
  add(
      "write", [](auto& c) -> auto& { return c.gateway.bounds.write_timeout; },
      "How long a peer may take no byte before it is cut. 0 never cuts.");
  add("linger", [](auto& c) -> auto& { return c.gateway.bounds.linger_timeout; },
      "How long a closed connection waits for the peer's own end.", {std::chrono::milliseconds(1)});
  add(
      "wait", [](auto& c) -> auto& { return c.gateway.bounds.wait_max; },
      "Longest wait for a reply that a client may ask for.");
}

}  // namespace

void add_gateway_keys(keys_list& keys) {
  const auto add = [&](std::string_view path, auto codec, auto access, std::string_view doc) {
    keys.push_back(make_key<configuration>(path, codec, access, doc));
  };
  add(
      "environment", choice_codec{"development", "production"},
      [](auto& c) -> auto& { return c.environment; },
      "Lays nip.<environment>.yaml over this file; development allows a public address without "
      "TLS.");
  add(
      "api_gateway.address", address_codec{}, [](auto& c) -> auto& { return c.gateway.addresses; },
      "Where HTTP and WebSocket are served: host:port, :port for every address, [v6]:port; one or "
      "a list. "
      "Port 0 takes any free one.");
  add(
      "api_gateway.tls.enabled", flag_codec{}, [](auto& c) -> auto& { return c.tls.enabled; },
      "Serve TLS.");
  add(
      "api_gateway.tls.terminated_upstream", flag_codec{},
      [](auto& c) -> auto& { return c.tls.terminated_upstream; },
      "A proxy in front ends TLS, so production may listen without it on a public address.");
  add(
      "api_gateway.server_name", text_codec{256},
      [](auto& c) -> auto& { return c.gateway.server_name; },
      "Value of the header Server; empty sends none.");
  add(
      "api_gateway.stages", text_list_codec{}, [](auto& c) -> auto& { return c.gateway.stages; },
      "Stages that a request passes, in order: request_id, access_log, limits.");
  add(
      "api_gateway.accept_backlog", count_codec{1, 1 << 20},
      [](auto& c) -> auto& { return c.gateway.accept_backlog; },
      "Connections that the kernel holds until they are accepted.");
  add(
      "api_gateway.websocket.compression", flag_codec{},
      [](auto& c) -> auto& { return c.gateway.websocket_compression; },
      "Take compressed WebSocket messages (permessage-deflate) from clients that offer them.");
  add_limits(keys);
  add_timeouts(keys);
}

}  // namespace nip::config
