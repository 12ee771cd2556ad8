// The dry run of a replay: which stored messages other rules would send elsewhere.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "broker/message_range.hpp"
#include "broker/options.hpp"
#include "bus/bus.hpp"
#include "router/matcher.hpp"

namespace nip::broker {

/// Bounds of one diff.
constexpr std::uint32_t diff_messages_default = 1'000;
constexpr std::uint32_t diff_messages_max = 100'000;
/// Conditions that one diff evaluates at most: messages times rules.
constexpr std::uint64_t diff_evaluations_max = 50'000'000;
/// Changed messages that are listed; the others are counted.
constexpr std::size_t diff_listed_max = 300;

struct diff_wish {
  message::principal who;
  message_range range;
  std::string filter;      ///< CEL
  std::uint32_t messages;  ///< with a lower bound the first ones of the range, else the last ones
  router::ruleset_ptr rules;
  generation_id generation;
  unrouted on_unrouted = unrouted::accept;
  message::codec_limits envelope;
};

/// [reader] Routes stored messages by `wish.rules` without effect and compares with the plans that
/// were recorded. {"looked_at", "unchanged", "changed": {"moved", "lost", "gained", "other_rule"},
/// "targeted", "items": [{seq, id, type, change, before, after}], "truncated"}. Fails as the
/// filter does.
result<nlohmann::json> diff_replay(const bus::bus& journal, const diff_wish& wish);

/// How two plans differ, in one of the words above; nothing when a message goes to the same places
/// for the same rules.
std::optional<std::string_view> change_between(const router::plan& before,
                                               const router::plan& after);

}  // namespace nip::broker
