// One immutable set of rules and plugins that shards route by.
#pragma once

#include <memory>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "plugin/spec.hpp"
#include "router/ruleset.hpp"

namespace nip::broker {

/// Built on the control thread, posted to every shard as a pointer, never changed. A message
/// accepted under it finishes under its plan even when a newer one is in force.
struct generation {
  generation_id id{1};
  std::shared_ptr<const router::ruleset> rules;
  plugin::spec_map plugins;
  wall_time since;
};
using generation_ptr = std::shared_ptr<const generation>;

}  // namespace nip::broker
