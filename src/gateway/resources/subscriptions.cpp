// /v4/subscriptions: durable subscriptions; they are made over WebSocket.
#include "gateway/resources/handlers.hpp"

namespace nip::gateway::resources {

void list_subscriptions(call& what) {
  what.shard.admin.list_subscriptions(what.shard.shard, what.shard.who, what.respond());
}

void end_subscription(call& what) {
  what.shard.admin.end_subscription(what.shard.shard, what.shard.who, what.parameters[0],
                                    what.respond());
}

}  // namespace nip::gateway::resources
