// Stored messages as new ones: what a replay sends, read from the journal piece by piece.
#pragma once

#include <memory>
#include <string>

#include "broker/job.hpp"
#include "broker/message_range.hpp"
#include "bus/bus.hpp"
#include "router/plan.hpp"

namespace nip::broker {

/// What a replay goes through and where it sends.
struct replay_course {
  message::principal who;
  message_range range;
  std::string filter;       ///< CEL
  std::uint64_t limit = 0;  ///< messages; 0: all
  std::string job;          ///< its id, for the marks
  std::string target;       ///< as it was asked for; empty: routed anew
  router::plan_ptr plan;    ///< straight to the target; null: routed anew
  message::codec_limits envelope;
};

/// The plan of a message that goes to one place whatever the rules say: a plugin's name, or
/// "topic:NAME". `rule` is the name under which explain shows it.
router::plan_ptr direct_plan(generation_id generation, const std::string& target,
                             std::string_view rule);

/// The errand of a replay over what the journal held when it was made. Fails as the filter does.
result<std::unique_ptr<errand>> make_replay(const bus::bus& journal, replay_course course);

}  // namespace nip::broker
