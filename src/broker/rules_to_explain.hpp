// Which rules an explanation looks at: all of them, or of many the near ones.
#pragma once

#include <vector>

#include "router/matcher.hpp"

namespace nip::broker {

/// Up to so many rules are all looked at.
constexpr std::size_t explained_rules_max = 1000;
/// Of more rules so many near ones.
constexpr std::size_t near_rules_max = 200;

/// All of rules.written(), or the rules that fire or are near to it. `by` uses `rules`; what it
/// says it fired stays as it was.
std::vector<const router::rule*> rules_to_explain(const router::ruleset& rules, router::matcher& by,
                                                  const message::parsed& in,
                                                  const router::message_input::filled& filled);

}  // namespace nip::broker
