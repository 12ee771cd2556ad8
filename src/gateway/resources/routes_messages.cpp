// Routes of messages: in, state, explanation, search, stream.
#include "gateway/resources/route_parts.hpp"

namespace nip::gateway::resources {
namespace {

using http::method;
using parts::text;

constexpr std::array<text, 2> message_body{parts::json, "application/cloudevents+json"};
constexpr std::array<text, 3> batch_body{parts::json, "application/x-ndjson",
                                         "application/cloudevents-batch+json"};
constexpr std::array<text, 5> searched{"from", "to", "filter", "cursor", "limit"};
constexpr std::array<text, 1> stream_query{"ack"};
constexpr std::array<std::uint16_t, 12> message_in{202, 200, 400, 403, 409, 413,
                                                   415, 422, 429, 502, 503, 507};
constexpr std::array<std::uint16_t, 6> batch_in{202, 207, 400, 413, 415, 503};
constexpr std::array<std::uint16_t, 3> upgraded{101, 400, 426};

constexpr std::array message_table{
    route{method::post,
          "/v4/messages",
          "postMessage",
          "messages",
          "Accept one message; with Prefer: wait=N also wait for its reply",
          post_message,
          message_body,
          "Message",
          "Accepted",
          parts::negotiated,
          message_in,
          {}},
    parts::read({"/v4/messages", "listMessages", "messages", "Search stored messages"},
                list_messages, "Page", parts::ok_or_bad, searched),
    route{method::post,
          "/v4/messages:batch",
          "postBatch",
          "messages",
          "Accept many messages, one outcome an entry",
          nullptr,
          batch_body,
          "Batch",
          "BatchOutcome",
          parts::json,
          batch_in,
          {}},
    parts::read({"/v4/messages/{id}", "getMessage", "messages",
                 "State of a message, its deliveries and its reply"},
                get_message, "MessageState"),
    parts::read({"/v4/messages/{id}/explain", "explainMessage", "messages",
                 "Why a message went where it went"},
                explain_message, "Explanation"),
    route{method::get,
          "/v4/stream",
          "openStream",
          "stream",
          "WebSocket: publish, request, subscribe (subprotocol nip.v4.json)",
          open_stream,
          {},
          {},
          {},
          parts::negotiated,
          upgraded,
          stream_query},
};

}  // namespace

std::span<const route> message_routes() { return message_table; }

}  // namespace nip::gateway::resources
