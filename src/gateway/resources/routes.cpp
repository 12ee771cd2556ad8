// Every route there is: the table that dispatching, /openapi.json and the reference page go by.
#include <vector>

#include "gateway/resources/route_parts.hpp"

namespace nip::gateway::resources {

std::span<const route> all_routes() {
  static const std::vector<route> all = [] {
    std::vector<route> joined;
    for (const auto part : {message_routes(), rule_routes(), plugin_routes(), replay_routes(),
                            subscription_routes(), dead_letter_routes(), system_routes()})
      joined.insert(joined.end(), part.begin(), part.end());
    return joined;
  }();
  return all;
}

}  // namespace nip::gateway::resources
