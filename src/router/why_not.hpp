// Says for a rule and a message which part of the condition kept the rule from firing.
#pragma once

#include <string>

#include "message/codec.hpp"
#include "router/message_input.hpp"
#include "router/rule.hpp"

namespace nip::router {

/// What stands in the way, in words: `message.data.amount > 1000 is false`. Empty when the rule
/// fires. Compiles afresh: for explanations, not for the message path.
std::string why_not(const rule& what, const message::parsed& in,
                    const message_input::filled& filled);

}  // namespace nip::router
