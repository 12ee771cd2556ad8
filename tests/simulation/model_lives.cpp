// What must hold over a crash, and at the end of a run.
#include <algorithm>

#include "simulation/model.hpp"

namespace nip::simulation {

std::vector<std::pair<std::string, std::vector<std::string>>> expected_plan(const std::string& type,
                                                                            bool extra) {
  using plan = std::vector<std::pair<std::string, std::vector<std::string>>>;
  plan out;
  if (type == "fan") out = plan{{"fan", {"alpha"}}, {"fan", {"beta"}}};
  if (type == "line") out = plan{{"line", {"gamma"}}};
  if (type == "pick") out = plan{{"pick", {"delta", "alpha"}}};
  if (type == "brief") out = plan{{"brief", {"beta"}}};
  if (type == "best") out = plan{{"best", {"epsilon", "delta", "beta"}}};
  if (type == "share") out = plan{{"share", {"alpha", "epsilon"}}};
  if (type == "steps") out = plan{{"steps", {"beta", "gamma", last_step}}};
  if (type == "late") out = plan{{"late", {"alpha"}}};
  if (extra && (type == "fan" || type == "lost")) out.push_back({"extra", {"epsilon"}});
  return out;
}

/// A record that the journal has must stay as it was; one that it has not must not have counted.
void model::begin_life(const fold& found) {
  told_.note("process: starts, {} messages in the journal, {} deliveries open, {} dead",
             found.messages.size(), found.open.size(), found.dead.size());
  for (const auto& [seq, one] : found.messages) {
    const auto known = records_.find(seq);
    require(known != records_.end() && known->second.mark == one.mark &&
                known->second.tenant_seq == one.tenant_seq && known->second.tenant == one.tenant,
            fmt::format("seq {} came back as another message than was written", seq));
  }
  for (auto at = records_.begin(); at != records_.end();) {
    const auto& [seq, known] = *at;
    if (found.messages.contains(seq)) {
      learn(seq, at->second, found);
      ++at;
      continue;
    }
    if (seq <= durable_ && may_be_gone(known)) {
      ++at;
      continue;
    }
    require(seq > durable_,
            fmt::format("seq {} (message {}) was durable and is lost", seq, known.mark));
    messages_.at(known.mark).seqs.erase(seq);
    at = records_.erase(at);
  }
  for (const auto& [mark, of] : messages_)
    if (of.first && is_fsync(of) && !of.forgettable && of.first->seq != 0) {
      bool there = false;
      for (const auto seq : of.seqs) there |= records_.at(seq).tenant_seq == of.first->seq;
      require(there, fmt::format("message {} was acknowledged and is lost", mark));
    }
  open_found_ = found.open_messages();
  found_up_to_ = found.messages.empty() ? 0 : found.messages.rbegin()->first;
  durable_ = std::max(durable_, found_up_to_);
  last_seq_ = 0;
  last_of_tenant_.clear();
  lines_.clear();
  redriving_ = false;
}

/// Retention takes what is finished. What is open, or a dead letter, it keeps.
bool model::may_be_gone(const record& known) const {
  if (chosen_.retains_all) return false;
  return std::ranges::all_of(known.deliveries, [](const fate& one) {
    return (one.ended && !one.dead) || one.purged || one.unsure;
  });
}

/// From now on the journal's word on a delivery counts, where a crash may have lost ours.
void model::learn(std::uint64_t seq, record& known, const fold& found) {
  for (std::uint16_t i = 0; i < known.deliveries.size(); ++i) {
    auto& one = known.deliveries[i];
    const bool open = found.open.contains({seq, i});
    const bool dead = found.dead.contains({seq, i});
    if (one.ended_durably && !one.unsure)
      require(!open && dead == (one.dead && !one.purged),
              fmt::format("seq {} delivery {} has ended, and the journal does not know", seq, i));
    require(open || dead || one.ended || one.purged || one.unsure,
            fmt::format("seq {} delivery {} is open, and the journal does not know", seq, i));
    one.purged &= !dead && !open;
    one.unsure = false;
    one.ended = !open;
    one.dead = dead;
    if (open) one.done = one.dropped = false;
  }
}

void model::check_resumed(std::size_t messages) {
  require(messages == open_found_,
          fmt::format("{} messages are put back to work, but {} of the journal are open", messages,
                      open_found_));
}

void model::end_life(ending how, seq_t durable) {
  static constexpr const char* names[] = {"is stopped", "is killed", "loses power"};
  for (const auto& [seq, known] : records_)
    if (seq <= durable.value) durable_ = std::max(durable_, seq);
  told_.note("process: {}; durable up to seq {}", names[static_cast<int>(how)], durable_);
  for (auto& [ordinal, asked] : attempts_)
    if (asked.heard == reaction::none) asked.heard = reaction::lost;
  // The journal keeps the order in which it was handed records: whatever stands before a durable
  // message is durable too.
  for (auto& [seq, known] : records_)
    for (auto& one : known.deliveries)
      one.ended_durably = one.ended && (how == ending::stopped || one.stamp < durable_);
  endings_.push_back(how);
}

/// Levels say what a crash may take: fsync nothing, buffered what an orderly stop would have kept.
bool model::is_promised(const message& of) const {
  if (!of.first) return false;
  if (is_fsync(of)) return true;
  for (auto life = of.first->life; life < endings_.size(); ++life)
    if (endings_[life] != ending::stopped || of.what.level == nip::message::ack_level::memory)
      return false;
  return true;
}

void model::check_end(const std::set<seen_letter>& letters) {
  for (const auto& [ordinal, asked] : attempts_) {
    if (asked.life != endings_.size()) continue;
    require(asked.heard != reaction::none, fmt::format("submission #{} has no answer", ordinal));
    require(asked.heard != reaction::accepted || !asked.waits,
            fmt::format("submission #{} waits for ever", ordinal));
  }
  for (const auto& [mark, of] : messages_)
    if (is_promised(of)) check_promised(of, letters);
}

/// Every delivery took effect, or somebody can see why not.
void model::check_promised(const message& of, const std::set<seen_letter>& letters) const {
  if (of.what.level == nip::message::ack_level::memory) return check_volatile_end(of, letters);
  for (const auto seq : of.seqs) {
    const auto& known = records_.at(seq);
    for (std::uint16_t i = 0; i < known.deliveries.size(); ++i) {
      const auto& one = known.deliveries[i];
      const bool kept = letters.contains({known.tenant, known.tenant_seq, {}, i});
      const bool redone = one.purged && !chosen_.purges && of.seqs.size() > 1;
      if (known.effects.contains(i) || kept || redone || (one.purged && chosen_.purges) ||
          one.dropped)
        continue;
      told_.broken(fmt::format("seq {} (message {}) delivery {} was accepted and came to nothing",
                               seq, of.what.mark, i));
    }
  }
}

void model::check_volatile_end(const message& of, const std::set<seen_letter>& letters) const {
  if (chosen_.purges || of.forgettable) return;
  const auto wanted = expected_plan(of.what.type, extra_.at(of.first->generation.value));
  std::map<std::string, std::uint16_t> slots;
  for (std::uint16_t i = 0; i < wanted.size(); ++i) {
    const auto name = fmt::format(" {} {}", wanted[i].first, slots[wanted[i].first]++);
    bool done = letters.contains({of.what.tenant, 0, of.first->id, i});
    for (const auto& each : of.effects) done |= each.ends_with(name);
    if (!done && of.what.type != "brief")
      told_.broken(
          fmt::format("message {} of level memory came to nothing for{}", of.what.mark, name));
  }
}

}  // namespace nip::simulation
