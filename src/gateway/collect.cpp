#include "gateway/counters.hpp"

namespace nip::gateway {
namespace {

using observability::metric_type;

struct named_counter {
  const char* name;
  const char* help;
  observability::counter counters::* which;
};

constexpr named_counter plain[] = {
    {"nip_connections_accepted_total", "Connections accepted.", &counters::connections_accepted},
    {"nip_connections_refused_total", "Connections over a bound.", &counters::connections_refused},
    {"nip_http_requests_total", "HTTP requests.", &counters::requests},
    {"nip_gateway_messages_total", "Messages handed to the broker.", &counters::messages_in},
    {"nip_websocket_frames_total", "WebSocket frames received.", &counters::frames_in},
    {"nip_protocol_errors_total", "Malformed HTTP or WebSocket, refused and closed.",
     &counters::protocol_errors},
    {"nip_gateway_inflated_total", "Compressed bodies and WebSocket messages that came.",
     &counters::inflated},
    {"nip_gateway_inflate_refused_total",
     "Compressed bodies and WebSocket messages refused: damaged, or over a bound.",
     &counters::inflate_refused},
    {"nip_batch_holds_total", "Times that a full window held back the body of a batch.",
     &counters::batch_holds},
    {"nip_timeouts_total", "Slow heads, bodies and readers that were cut.", &counters::timeouts},
    {"nip_gateway_events_missed_total", "Events that a slow subscriber missed.",
     &counters::events_missed},
    {"nip_gateway_replies_held_total",
     "Replies that were kept for a GET because too much waits to be sent to who asked.",
     &counters::replies_held},
    {"nip_bytes_received_total", "Bytes received.", &counters::bytes_in},
    {"nip_bytes_sent_total", "Bytes sent.", &counters::bytes_out},
    {"nip_receives_total", "Receive calls.", &counters::receives},
    {"nip_sends_total", "Send calls.", &counters::sends},
};

}  // namespace

void collect(observability::exposition& out, std::span<const counters* const> shards) {
  const auto sum = [&](auto which) {
    std::uint64_t total = 0;
    for (const auto* each : shards) total += (each->*which).value();
    return total;
  };
  for (const auto& each : plain) {
    out.family(each.name, each.help, metric_type::counter);
    out.sample({}, sum(each.which));
  }
  out.family("nip_http_answers_total", "HTTP answers, by class of status.", metric_type::counter);
  out.sample({{"status", "2xx"}}, sum(&counters::answers_2xx));
  out.sample({{"status", "4xx"}}, sum(&counters::answers_4xx));
  out.sample({{"status", "5xx"}}, sum(&counters::answers_5xx));
  std::int64_t open = 0;
  std::int64_t websockets = 0;
  for (const auto* each : shards) {
    open += each->connections_open.value();
    websockets += each->websockets_open.value();
  }
  out.family("nip_connections", "Connections that are open.", metric_type::gauge);
  out.sample({}, open);
  out.family("nip_websockets", "WebSockets that are open.", metric_type::gauge);
  out.sample({}, websockets);
}

}  // namespace nip::gateway
