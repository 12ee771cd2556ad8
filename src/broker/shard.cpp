// A shard's life: made with its first generation, given new ones, drained at the end.
#include "broker/shard.hpp"

#include "broker/feeds.hpp"

namespace nip::broker {

shard::shard(const shard_surroundings& where, shared& house, generation_ptr first)
    : house_(house),
      at_(where),
      codec_(house.chosen.envelope),
      ids_(where.random),
      dispatcher_({where.number, static_cast<unsigned>(house.peers.size()), where.loop, where.clock,
                   where.random, where.timers, house.plugins, house.memory, house.chosen.delivery,
                   *this}),
      subscriptions_(house.chosen, codec_, *this),
      feeds_alarm_([this] { house_.feeding->look_at_clock(); }),
      schedule_alarm_([this] { look_at_schedule(); }),
      history_(dispatcher_,
               {house.chosen.delivery.remembered_max, house.chosen.remembered_bytes_max}),
      // Delivery ids are made of it: where it begins, no earlier process has been.
      volatile_count_(where.random.next() >> 17),
      repeat_check_([this] { at_.loop.post([] {}); }),
      drain_deadline_([this] { drain_overdue_ = true; }) {
  use(std::move(first));
}

shard::~shard() = default;

void shard::use(generation_ptr next) {
  generation_ = std::move(next);
  matcher_.use(generation_->rules, generation_->id);
  dispatcher_.set_plugins(generation_->plugins);
}

void shard::drain(mono_time deadline, std::function<void(std::size_t left)> then) {
  draining_ = true;
  dispatcher_.hold_retries();
  drained_ = std::move(then);
  at_.timers.schedule(drain_deadline_, deadline);
}

/// Called at the end of each turn; what is left open stays in the journal and is resumed at the
/// next start.
void shard::finish_drain() {
  if (!drained_ || stopping_) return;
  const bool settled = awaiting_.empty() && dispatcher_.busy() == 0;
  if (!settled && !drain_overdue_) return;
  stopping_ = true;
  const auto left = open_messages_;
  dispatcher_.stop([this, left] { std::exchange(drained_, nullptr)(left); });
}

void shard::record_times(const delivery::flight& what) {
  using delivery::stage;
  const auto now = at_.clock.mono();
  const auto lap = [&](observability::histogram& to, stage from, stage until) {
    to.record(what.at(until) - what.at(from));
  };
  lap(counters_.parse, stage::received, stage::parsed);
  lap(counters_.route, stage::parsed, stage::routed);
  if (what.level >= message::ack_level::fsync && what.at(stage::durable).ns != 0)
    lap(counters_.make_durable, stage::routed, stage::durable);
  if (what.at(stage::answered).ns != 0) lap(counters_.accept, stage::received, stage::answered);
  counters_.deliver.record(now - what.at(stage::handed));
  counters_.whole.record(now - what.at(stage::received));
}

void shard::look_around() {
  dispatcher_.check_health();
  std::vector<target_numbers> now;
  for (const auto& [name, to] : dispatcher_.targets())
    now.push_back({name, to->queued(), to->backlog_.size(), to->in_flight_, to->stats_.done.value(),
                   to->stats_.failed.value(), to->stats_.timed_out.value(), to->stats_.late.value(),
                   to->stats_.opened.value(), to->breaker_.is_closed() ? 0u : 1u,
                   to->stats_.probes.value(), to->stats_.moved.value()});
  const std::scoped_lock held(seen_lock_);
  targets_seen_ = std::move(now);
}

std::vector<target_numbers> shard::targets_seen() const {
  const std::scoped_lock held(seen_lock_);
  return targets_seen_;
}

const delivery::flight* shard::find(tenant_id tenant, std::string_view id) {
  const delivery::flight* newest = nullptr;
  dispatcher_.for_each_flight([&](const delivery::flight& each) {
    if (each.guest || each.message->tenant() != tenant || each.message->view().id != id) return;
    if (!newest || newest->accepted < each.accepted) newest = &each;
  });
  recalled_ = history_.find(tenant, id, [this](auto text, tenant_id of, wall_time accepted_at) {
    return restore(text, of, accepted_at);
  });
  if (recalled_ && (!newest || newest->accepted < recalled_->flight().accepted))
    newest = &recalled_->flight();
  return newest;
}

}  // namespace nip::broker
