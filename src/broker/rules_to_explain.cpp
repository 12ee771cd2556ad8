#include "broker/rules_to_explain.hpp"

#include <algorithm>

namespace nip::broker {

std::vector<const router::rule*> rules_to_explain(const router::ruleset& rules, router::matcher& by,
                                                  const message::parsed& in,
                                                  const router::message_input::filled& filled) {
  std::vector<const router::rule*> out;
  if (rules.index() == nullptr || rules.written().size() <= explained_rules_max) {
    for (const auto& each : rules.written()) out.push_back(&each);
    return out;
  }
  auto positions = by.near(in, filled, near_rules_max);
  positions.insert(positions.end(), by.fired().begin(), by.fired().end());
  std::ranges::sort(positions);
  for (const auto position : positions)
    if (out.empty() || out.back() != &rules.rules()[position].what)
      out.push_back(&rules.rules()[position].what);
  return out;
}

}  // namespace nip::broker
