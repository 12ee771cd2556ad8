// What a journal says, folded in the plainest way: every message, what is open, what is dead.
#pragma once

#include <charconv>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "bus/bus.hpp"
#include "router/plan.hpp"

namespace nip::simulation {

/// The mark of a message, out of its text; 0 when it has none.
inline std::uint64_t mark_of(std::string_view envelope) {
  static constexpr std::string_view lead = "\"mark\":";
  const auto at = envelope.find(lead);
  std::uint64_t mark = 0;
  if (at == std::string_view::npos) return 0;
  std::from_chars(envelope.data() + at + lead.size(), envelope.data() + envelope.size(), mark);
  return mark;
}

class fold final : public bus::visitor {
 public:
  using delivery_key = std::pair<std::uint64_t, std::uint16_t>;  // seq, index
  struct message {
    std::uint64_t mark = 0;
    std::uint64_t tenant = 0;
    std::uint64_t tenant_seq = 0;
    bool operator==(const message&) const = default;
  };

  std::map<std::uint64_t, message> messages;  ///< by seq
  std::set<delivery_key> open;
  std::set<delivery_key> dead;
  std::set<delivery_key> drops;  ///< deliveries that vanish when they expire

  /// Messages with an open delivery.
  std::size_t open_messages() const {
    std::set<std::uint64_t> seqs;
    for (const auto& [seq, index] : open) seqs.insert(seq);
    return seqs.size();
  }

  bool on_message(const bus::message_record& record) override {
    const auto seq = record.seq.value;
    messages[seq] = {mark_of(record.envelope), record.tenant.value, record.tenant_seq.value};
    auto& plan = plans_[record.plan_key];
    if (!plan) plan = router::plan::restore(record.generation, record.plan).value();
    if (!plan->dead_reason().empty()) dead.insert({seq, 0});
    for (std::uint16_t i = 0; i < plan->deliveries().size(); ++i) {
      open.insert({seq, i});
      if (plan->deliveries()[i].drop_expired) drops.insert({seq, i});
    }
    return true;
  }
  bool on_outcome(const bus::outcome_record& record) override {
    using bus::outcome_kind;
    const delivery_key key{record.seq.value, record.delivery};
    switch (record.kind) {
      case outcome_kind::retry:
        break;
      case outcome_kind::redriven:
        if (dead.erase(key) > 0) open.insert(key);
        break;
      case outcome_kind::purged:
        dead.erase(key);
        break;
      default:
        if (open.erase(key) == 0) break;
        if (record.kind == outcome_kind::dead ||
            (record.kind == outcome_kind::expired && !drops.contains(key)))
          dead.insert(key);
    }
    return true;
  }

 private:
  std::map<std::uint64_t, router::plan_ptr> plans_;
};

}  // namespace nip::simulation
