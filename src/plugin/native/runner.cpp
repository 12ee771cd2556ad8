#include "plugin/native/runner.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nip::plugin::native {

namespace {

constexpr nanoseconds report_age_max = std::chrono::seconds(1);
constexpr nanoseconds stuck_after = std::chrono::seconds(10);  // in one batch: health says degraded

}  // namespace

runner::runner(std::unique_ptr<engine> it, const clock_source& clock)
    : engine_(std::move(it)), clock_(clock), in_flight_max_(engine_->free_slots()) {
  engine_->on_free([this] {
    const std::lock_guard lock(mutex_);
    signal_locked();
  });
}

runner::~runner() = default;

bool runner::attach(const std::shared_ptr<inbox>& port) {
  const std::lock_guard lock(mutex_);
  if (ended_) return false;
  ++ports_;
  engine_->attach(port);
  return true;
}

void runner::submit(inbox* from, std::span<const work> batch) {
  std::size_t taken = 0;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t bound = ended_ ? 0 : in_flight_max_ * ports_;
    taken = std::min(batch.size(), bound - std::min(queue_.size(), bound));
    for (const work& one : batch.first(taken)) queue_.push_back({from, one});
    if (taken > 0) signal_locked();
  }
  for (const work& one : batch.subspan(taken))
    from->push({.token = one.token,
                .status = handled::transient,
                .error = "the plugin's queue is full (in_flight_max)"});
}

void runner::cancel(inbox* from, std::uint64_t token) {
  bool queued = false;
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    const auto it = std::find_if(queue_.begin(), queue_.end(), [&](const job& one) {
      return one.from == from && one.what.token == token;
    });
    queued = it != queue_.end();
    if (queued) queue_.erase(it);
  }
  if (!queued) return engine_->cancel({from, token});
  from->push({.token = token,
              .status = handled::transient,
              .error = "cancelled while it waited for the plugin's worker"});
}

void runner::published(std::uint64_t token, const status& outcome) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  notices_.push_back({token, outcome});
  signal_locked();
}

void runner::detach(inbox* port, std::function<void()> stopped) {
  const std::lock_guard lock(mutex_);
  departures_.push_back({port, std::move(stopped)});
  signal_locked();
}

health_report runner::health() {
  const std::lock_guard lock(mutex_);
  if (ended_) return {health_state::stopped, {}};
  want_report_locked();
  const auto busy = clock_.mono() - busy_since_;
  if (busy_since_ != mono_time::never() && busy >= stuck_after)
    return {health_state::degraded,
            fmt::format("its worker has been in one batch for {}", format_duration(busy))};
  return health_;
}

usage_report runner::usage() {
  const std::lock_guard lock(mutex_);
  usage_report report = engine_->counters();
  if (!ended_) want_report_locked();
  report.memory_bytes = memory_bytes_;
  report.in_flight += queue_.size();
  return report;
}

bool runner::turn() {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return false;
    signalled_ = false;
  }
  serve_notices();
  if (!serve_departures()) return false;
  run_batch();
  serve_report();
  return true;
}

void runner::wait() {
  std::unique_lock lock(mutex_);
  due_.wait(lock, [this] { return signalled_; });
}

void runner::signal_locked() {
  if (std::exchange(signalled_, true)) return;
  due_.notify_one();
  if (wake_) wake_();
}

void runner::want_report_locked() {
  if (report_wanted_ || clock_.mono() - reported_at_ < report_age_max) return;
  report_wanted_ = true;
  signal_locked();
}

void runner::take_batch_locked() {
  std::size_t room = engine_->free_slots();
  if (room == 0 && !queue_.empty()) {
    engine_->wake_when_free();
    room = engine_->free_slots();  // one may have come free before the flag was up
  }
  const std::size_t taken = std::min({queue_.size(), room, std::size_t{engine_->batch_max()}});
  for (std::size_t i = 0; i < taken; ++i) {
    batch_to_.push_back(queue_.front().from);
    batch_.push_back(std::move(queue_.front().what));
    queue_.pop_front();
  }
  if (!queue_.empty() && taken > 0) signal_locked();
}

void runner::run_batch() {
  batch_.clear();
  batch_to_.clear();
  {
    const std::lock_guard lock(mutex_);
    take_batch_locked();
    if (batch_.empty()) return;
    busy_since_ = clock_.mono();
  }
  const engine::turn turn = engine_->run(batch_, batch_to_);
  for (const engine::emitted& one : turn.emissions)
    if (!one.to->push(emission{one.envelope, one.cause, one.level, one.token}))
      engine_->published(one.token, fail(errc::exhausted, "too many emitted messages wait"));
  report_outcomes(turn.outcomes);
  batch_.clear();
  const std::lock_guard lock(mutex_);
  busy_since_ = mono_time::never();
}

/// One push for neighbours that go to the same shard.
void runner::report_outcomes(std::span<const engine::outcome> outcomes) {
  while (!outcomes.empty()) {
    inbox* const to = outcomes.front().to;
    grouped_.clear();
    for (const engine::outcome& one : outcomes) {
      if (one.to != to) break;
      grouped_.push_back(one.result);
    }
    to->push(grouped_);
    outcomes = outcomes.subspan(grouped_.size());
  }
}

void runner::serve_notices() {
  std::deque<notice> now;
  {
    const std::lock_guard lock(mutex_);
    now.swap(notices_);
  }
  for (const notice& one : now) engine_->published(one.token, one.outcome);
}

void runner::serve_report() {
  {
    const std::lock_guard lock(mutex_);
    if (!report_wanted_) return;
  }
  health_report now = engine_->health();
  const std::uint64_t memory = engine_->memory_bytes();
  const std::lock_guard lock(mutex_);
  health_ = std::move(now);
  memory_bytes_ = memory;
  reported_at_ = clock_.mono();
  report_wanted_ = false;
}

bool runner::serve_departures() {
  std::deque<departure> now;
  bool last = false;
  {
    const std::lock_guard lock(mutex_);
    now.swap(departures_);
    ports_ -= now.size();
    last = !now.empty() && ports_ == 0;
    ended_ = last;
  }
  if (last) engine_->stop();
  for (const departure& one : now) {
    drop_queued(one.port);
    engine_->detach(one.port, "the plugin stopped before it was done");
  }
  if (last) engine_->end();
  for (departure& one : now)
    if (one.stopped) one.port->push(std::move(one.stopped));
  return !last;
}

void runner::drop_queued(const inbox* port) {
  std::vector<job> dropped;
  {
    const std::lock_guard lock(mutex_);
    std::deque<job> others;
    for (job& one : queue_) {
      if (one.from == port) {
        dropped.push_back(std::move(one));
      } else {
        others.push_back(std::move(one));
      }
    }
    queue_ = std::move(others);
  }
  for (const job& one : dropped)
    one.from->push({.token = one.what.token,
                    .status = handled::transient,
                    .error = "the plugin stopped before its turn came"});
}

}  // namespace nip::plugin::native
