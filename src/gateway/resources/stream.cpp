// /v4/stream: the request that turns a connection into a WebSocket.
#include "gateway/resources/handlers.hpp"

namespace nip::gateway::resources {

void open_stream(call& what) {
  if (!what.request.upgrade_websocket || what.slot.head_only) {
    auto answer = http::problem_answer(
        http_problem(426, "/v4/stream is a WebSocket; connect with the subprotocol nip.v4.json"),
        what.slot.id.view());
    add_field(answer, "Upgrade", "websocket");
    return what.answer(answer);
  }
  // A chunked request, empty or not, is not the one that the handshake would be read from.
  if (!what.request.body.empty() || &what.request != &what.shard.request)
    return what.refuse(http_problem(400, "a WebSocket handshake has no body"));
  what.from.begin_upgrade(what.slot);
}

}  // namespace nip::gateway::resources
