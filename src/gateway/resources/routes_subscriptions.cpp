// Routes of durable subscriptions.
#include "gateway/resources/route_parts.hpp"

namespace nip::gateway::resources {
namespace {

constexpr std::array subscription_table{
    parts::read({"/v4/subscriptions", "listSubscriptions", "subscriptions",
                 "Durable subscriptions: members, what waits for an ack, how far behind"},
                list_subscriptions, "Page", parts::ok),
    parts::act(http::method::del,
               {"/v4/subscriptions/{name}", "endSubscription", "subscriptions",
                "End a durable subscription and forget its cursor"},
               end_subscription, "EndedSubscription", parts::ok_or_missing),
};

}  // namespace

std::span<const route> subscription_routes() { return subscription_table; }

}  // namespace nip::gateway::resources
