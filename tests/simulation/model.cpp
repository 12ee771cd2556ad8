#include "simulation/model.hpp"

#include "base/timer_wheel.hpp"

namespace nip::simulation {

std::uint64_t model::submitted(const wish& what) {
  auto& one = messages_[what.mark];
  const bool first = one.attempts.empty();
  if (first) one.what = what;
  if (first) one.wanted = clock_.mono() + what.delay;
  if (first && what.deadline) one.deadline = clock_.mono() + *what.deadline;
  attempts_[++ordinal_] = {what.mark, static_cast<unsigned>(endings_.size()), clock_.mono(),
                           reaction::none, what.wait.has_value()};
  if (!first) {
    // Counted from the oldest attempt: whichever was the first, it may be forgotten by then.
    one.forgettable |=
        clock_.mono() - attempts_.at(one.attempts.front()).at + jumps_ >= chosen_.key_window;
    if (what.deadline) one.deadline = std::max(one.deadline, clock_.mono() + *what.deadline);
  }
  one.attempts.push_back(ordinal_);
  told_.note("client: submits {} #{}, {}, {}{}: {:.90} key {}", what.mark, ordinal_, what.type,
             nip::message::to_string(what.level), first ? "" : ", again", what.text,
             what.idempotency_key);
  return ordinal_;
}

/// A message whose acceptance was heard, and is still in the window, is not accepted again.
bool model::must_be_repeat(const message& of) const {
  if (!of.what.keyed || !of.first || of.forgettable) return false;
  if (of.first->life == endings_.size()) return true;
  return is_fsync(of);
}

void model::check_first_answer(const message& of, const attempt& asked,
                               const broker::accepted& what) const {
  const auto mark = of.what.mark;
  auto& told = told_;
  const auto require = [&](bool held, const std::string& text) {
    if (!held) told.broken(text);
  };
  require(!must_be_repeat(of),
          fmt::format("message {} was accepted twice within the window", mark));
  if (of.what.level == nip::message::ack_level::memory) {
    require(what.seq.value == 0, fmt::format("message {} of level memory has a seq", mark));
    return;
  }
  bool known = false;
  for (const auto seq : of.seqs) {
    const auto& each = records_.at(seq);
    known |= each.tenant_seq == what.seq.value && each.life == asked.life;
  }
  require(known,
          fmt::format("message {} was answered with seq {}, which the journal did not give it",
                      mark, what.seq.value));
}

void model::accepted(std::uint64_t ordinal, const broker::accepted& what) {
  auto& asked = attempts_.at(ordinal);
  auto& of = messages_.at(asked.mark);
  told_.note("client: {} #{} accepted, seq {}{}", asked.mark, ordinal, what.seq.value,
             what.duplicate ? ", a repeat" : "");
  require(asked.heard == reaction::none && asked.life == endings_.size(),
          fmt::format("submission #{} was answered twice, or by another process", ordinal));
  asked.heard = reaction::accepted;
  require(what.level == of.what.level, fmt::format("message {} has another level", asked.mark));
  if (is_fsync(of))
    require(disk_.marks.is_synced(asked.mark),
            fmt::format("message {} was acknowledged before it was synced", asked.mark));
  if (!what.duplicate) {
    check_first_answer(of, asked, what);
    of.first = acceptance{what.seq.value, std::string(what.id), what.generation,
                          asked.life,     clock_.mono(),        jumps_};
    return;
  }
  require(of.what.keyed,
          fmt::format("message {} has no key and was taken for a repeat", asked.mark));
  if (of.first) {
    const bool same = of.first->seq == what.seq.value && of.first->id == what.id;
    // A first one that a crash was allowed to lose may have been followed by another.
    require(same || !must_be_repeat(of),
            fmt::format("the repeat of {} got seq {} and not the first one's, {}", asked.mark,
                        what.seq.value, of.first->seq));
    if (same) return;
  }
  bool known = what.seq.value == 0;
  for (const auto seq : of.seqs) known |= records_.at(seq).tenant_seq == what.seq.value;
  require(known, fmt::format("the repeat of {} got seq {}, which is not its own", asked.mark,
                             what.seq.value));
  of.first = acceptance{what.seq.value, std::string(what.id), what.generation,
                        asked.life,     clock_.mono(),        jumps_};
}

void model::refused(std::uint64_t ordinal, const error& why) {
  auto& asked = attempts_.at(ordinal);
  told_.note("client: {} #{} refused, {}: {}", asked.mark, ordinal, to_string(why.code),
             why.detail);
  require(asked.heard == reaction::none && asked.life == endings_.size(),
          fmt::format("submission #{} was answered twice, or by another process", ordinal));
  asked.heard = reaction::refused;
  asked.waits = false;
}

void model::replied(std::uint64_t ordinal) {
  auto& asked = attempts_.at(ordinal);
  told_.note("client: {} #{} hears the end of its wait", asked.mark, ordinal);
  require(asked.heard == reaction::accepted && asked.waits,
          fmt::format("submission #{} was told an end of a wait that it did not have", ordinal));
  asked.waits = false;
}

void model::numbered(const bus::message_record& given) {
  const auto seq = given.seq.value;
  record made;
  made.mark = mark_of(given.envelope);
  made.tenant = given.tenant.value;
  made.tenant_seq = given.tenant_seq.value;
  made.life = static_cast<unsigned>(endings_.size());
  made.injected = given.envelope.find("causation_id") != std::string_view::npos;
  made.plan = router::plan::restore(given.generation, given.plan).value();
  made.deliveries.resize(made.plan->deliveries().size());
  told_.note("journal: seq {} ({} of tenant {}) is message {}{}", seq, made.tenant_seq, made.tenant,
             made.mark, made.injected ? ", routed anew" : "");
  require(messages_.contains(made.mark), fmt::format("seq {} is of no message", seq));
  require(seq > durable_ && seq > found_up_to_ && !records_.contains(seq),
          fmt::format("seq {} was given again", seq));
  require(last_seq_ == 0 || seq == last_seq_ + 1, fmt::format("seq {} follows {}", seq, last_seq_));
  auto& last = last_of_tenant_[made.tenant];
  require(last == 0 || made.tenant_seq == last + 1,
          fmt::format("seq {} of tenant {} follows {}", made.tenant_seq, made.tenant, last));
  last = made.tenant_seq;
  last_seq_ = seq;
  auto& of = messages_[made.mark];
  of.seqs.insert(seq);
  check_plan(of, made);
  if (!made.plan->dead_reason().empty()) {
    made.deliveries.resize(1);
    made.deliveries[0].ended = made.deliveries[0].dead = true;
    made.deliveries[0].stamp = seq;
  }
  records_.emplace(seq, std::move(made));
}

void model::check_plan(const message& of, const record& made) const {
  const auto& deliveries = made.plan->deliveries();
  const auto wanted = expected_plan(of.what.type, extra_.at(made.plan->generation().value));
  bool same = deliveries.size() == wanted.size();
  for (std::size_t i = 0; same && i < wanted.size(); ++i) {
    same = deliveries[i].rule == wanted[i].first &&
           deliveries[i].targets.size() == wanted[i].second.size();
    for (std::size_t t = 0; same && t < wanted[i].second.size(); ++t)
      same = deliveries[i].targets[t].name == wanted[i].second[t];
  }
  if (!same)
    told_.broken(fmt::format("message {} was routed otherwise than its rules say", made.mark));
}

void model::ended(const bus::outcome_record& given) {
  using bus::outcome_kind;
  const auto found = records_.find(given.seq.value);
  if (found == records_.end() || given.delivery >= found->second.deliveries.size())
    return told_.broken(fmt::format("an outcome of seq {} delivery {}, which is not there",
                                    given.seq.value, given.delivery));
  auto& one = found->second.deliveries[given.delivery];
  told_.note("journal: seq {} delivery {}: outcome {}", given.seq.value, given.delivery,
             static_cast<int>(given.kind));
  one.stamp = std::max(last_seq_, found_up_to_);
  switch (given.kind) {
    case outcome_kind::retry:
      return require(!one.ended || one.unsure,
                     fmt::format("seq {} is retried after its end", given.seq.value));
    case outcome_kind::redriven:
      // Another shard than the one that buried it may note that it was redriven: either may come
      // first. The letter then stays, and may be redriven once more.
      one.unsure |= !one.dead;
      one.ended = one.dead = one.ended_durably = false;
      one.redriven = true;
      return;
    case outcome_kind::purged:
      one.unsure |= !one.dead;  // the same
      one.purged = true;
      return;
    default:
      require(!one.ended || one.unsure,
              fmt::format("seq {} delivery {} ended twice", given.seq.value, given.delivery));
      one.ended = true;
      one.done = given.kind == outcome_kind::done;
      one.dropped = given.kind == outcome_kind::expired &&
                    found->second.plan->deliveries()[given.delivery].drop_expired;
      one.dead = !one.done && !one.dropped;
  }
}

void model::not_kept(const bus::outcome_record& given) {
  const auto found = records_.find(given.seq.value);
  if (found == records_.end() || given.delivery >= found->second.deliveries.size()) return;
  told_.note("journal: no room for outcome {} of seq {} delivery {}", static_cast<int>(given.kind),
             given.seq.value, given.delivery);
  auto& one = found->second.deliveries[given.delivery];
  one.unsure = true;
  one.purged |= given.kind == bus::outcome_kind::purged;
  one.dropped |= given.kind == bus::outcome_kind::expired &&
                 found->second.plan->deliveries()[given.delivery].drop_expired;
}

/// Something that was refused in every attempt is a ghost when it shows up.
bool model::may_be_delivered(const message& of) const {
  for (const auto ordinal : of.attempts)
    if (attempts_.at(ordinal).heard != reaction::refused) return true;
  return false;
}

void model::handed(const std::string& plugin, const plugin::work& what) {
  const auto mark = mark_of(what.message->json());
  told_.note("plugin {}: seq {:x} message {} rule {} slot {} attempt {}", plugin, what.seq.value,
             mark, what.rule, what.slot, what.attempt);
  const auto found = messages_.find(mark);
  if (found == messages_.end())
    return told_.broken(fmt::format("plugin {} got a message that nobody submitted", plugin));
  auto& of = found->second;
  require(clock_.mono() + jumps_ + timer_wheel::tick >= of.wanted,
          fmt::format("message {} was handed out before its time", mark));
  require(may_be_delivered(of),
          fmt::format("message {} was refused and is delivered all the same", mark));
  if (!is_volatile(what.seq)) return check_handed_record(of, what);
  require(of.what.level == nip::message::ack_level::memory,
          fmt::format("message {} was to be journaled and is not", mark));
}

void model::check_handed_record(const message& of, const plugin::work& what) {
  const auto mark = of.what.mark;
  const auto at = records_.find(what.seq.value);
  if (at == records_.end() || at->second.mark != mark)
    return told_.broken(
        fmt::format("message {} came with seq {}, which is not its own", mark, what.seq.value));
  auto& from = at->second;
  if (is_fsync(of) || from.injected)
    require(disk_.marks.is_synced(mark),
            fmt::format("message {} was seen by a plugin before it was synced", mark));
  for (std::size_t i = 0; i < from.plan->deliveries().size(); ++i) {
    const auto& planned = from.plan->deliveries()[i];
    if (planned.rule != what.rule || planned.slot != what.slot) continue;
    const auto& one = from.deliveries[i];
    require(
        !one.ended || (one.dead && redriving_) || one.unsure,
        fmt::format("seq {} delivery {} was handed out again after its end", what.seq.value, i));
    // The age of what was read back is told by the wall clock.
    const bool deadline_holds = from.life == endings_.size() && !one.redriven && !redriving_;
    require(!deadline_holds || from.injected ||
                clock_.mono() <= of.deadline + jumps_ + timer_wheel::tick,
            fmt::format("message {} was handed out after its deadline", mark));
    if (of.what.line != 0 && !one.redriven && !redriving_) check_order(of, from, what);
    return;
  }
  told_.broken(
      fmt::format("message {} was handed out for rule {} slot {}, which are not in its plan", mark,
                  what.rule, what.slot));
}

void model::check_order(const message& of, const record& from, const plugin::work& what) {
  auto& last = lines_[{from.tenant, of.what.line}];
  require(what.seq.value >= last, fmt::format("seq {} of key {} was handed out after seq {}",
                                              what.seq.value, of.what.line, last));
  last = std::max(last, what.seq.value);
}

void model::took_effect(const std::string& plugin, const plugin::work& what) {
  if (what.rule == "steps" && plugin != last_step) return;
  const auto mark = mark_of(what.message->json());
  auto& of = messages_.at(mark);
  std::string others;
  const auto name = fmt::format(" {} {}", what.rule, what.slot);
  told_.note("plugin: effect of message {}, seq {:x}{}", mark, what.seq.value, name);
  const auto found = records_.find(what.seq.value);
  if (found != records_.end()) {
    const auto& planned = found->second.plan->deliveries();
    for (std::uint16_t i = 0; i < planned.size(); ++i)
      if (planned[i].rule == what.rule && planned[i].slot == what.slot)
        found->second.effects.insert(i);
    if (found->second.injected) return;
  }
  of.effects.insert(std::to_string(what.seq.value) + name);
  // A sink that drops equal delivery ids sees two effects when there are two numbers.
  const bool once = (is_fsync(of) || of.attempts.size() == 1) && !of.forgettable;
  std::size_t seqs = 0;
  for (const auto& each : of.effects) seqs += each.ends_with(name);
  require(!once || seqs == 1, fmt::format("message {} took effect twice for{}", mark, name));
}

}  // namespace nip::simulation
