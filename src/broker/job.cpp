#include "broker/job.hpp"

#include <algorithm>

#include "broker/shard.hpp"

namespace nip::broker {

std::string_view to_string(job::state value) noexcept {
  switch (value) {
    case job::state::running:
      return "running";
    case job::state::waiting:
      return "waiting";
    case job::state::done:
      return "done";
    case job::state::cancelled:
      return "cancelled";
    case job::state::failed:
      return "failed";
  }
  return "unknown";
}

job::job(outline what, std::unique_ptr<errand> work, const job_place& place)
    : what_(std::move(what)), work_(std::move(work)), place_(place), alarm_([this] { step(); }) {
  now_.started = now_.last = place_.clock.wall();
  publish();
}

void job::start() {
  place_.loop.post([self = shared_from_this()] {
    self->earned_at_ = self->place_.clock.mono();
    self->step();
  });
}

void job::cancel() {
  cancelled_.store(true);
  place_.loop.post([self = shared_from_this()] { self->step(); });
}

void job::step() {
  if (ended()) return;
  if (cancelled_.load()) return finish(state::cancelled);
  if (place_.home.draining())
    return finish(state::cancelled,
                  "nipd is shutting down; what was sent so far is in the journal");
  earn();
  const auto now = place_.clock.mono();
  // A refusal that comes at once moves not_before_.
  while (now >= not_before_ && !at_hand_.empty() && flying_.size() < window_ && tokens_ >= 1)
    send_next();
  if (!reading_ && !all_read_ && at_hand_.size() < at_hand_min) read_more();
  if (all_read_ && at_hand_.empty() && flying_.empty()) return finish(state::done);
  publish();
  // Answers and batches call step() themselves; what is left to wait for is time.
  if (at_hand_.empty() || flying_.size() >= window_) return;
  if (now < not_before_) return wake_at(not_before_);
  if (tokens_ < 1)
    wake_at(now + nanoseconds(static_cast<std::int64_t>((1 - tokens_) * 1e9 / what_.rate) + 1));
}

/// A rate is a bucket that time fills.
void job::earn() {
  const auto now = place_.clock.mono();
  const auto passed = static_cast<double>((now - earned_at_).count()) / 1e9;
  earned_at_ = now;
  if (what_.rate <= 0) {
    tokens_ = in_flight_max;
    return;
  }
  const double most = std::max(1.0, what_.rate * static_cast<double>(burst_max.count()) / 1e9);
  tokens_ = std::min(most, tokens_ + passed * what_.rate);
}

void job::send_next() {
  const auto first = at_hand_.begin();
  const auto ordinal = first->first;
  auto next = std::move(first->second);
  at_hand_.erase(first);
  flying_.insert(next.seq.value);
  tokens_ -= 1;
  const auto& send = next.send;
  send(place_.home, [self = shared_from_this(), ordinal, next](const result<injected>& said) {
    self->take_answer(ordinal, next, said);
  });
}

void job::take_answer(std::uint64_t ordinal, const errand::item& what,
                      const result<injected>& said) {
  flying_.erase(flying_.find(what.seq.value));
  if (said) {
    ++now_.sent;
    place_.counts.sent.fetch_add(1);
  }
  // Cancelled meanwhile: what had been sent counts, what was refused is not tried again.
  if (ended()) return publish();
  now_.last = place_.clock.wall();
  if (said) {
    now_.now = state::running;
    backoff_ = backoff_min;
    window_ = std::min(window_ + 1, in_flight_max);
  } else if (said.error().transient()) {
    // No room: it keeps its place, everything waits a while, and then fewer are tried at a time.
    window_ = std::max<std::size_t>(window_ / 2, 1);
    ++now_.waits;
    place_.counts.waits.fetch_add(1);
    at_hand_.emplace(ordinal, what);
    now_.why = said.error().detail;
    if (std::exchange(now_.now, state::waiting) != state::waiting) publish();
    tokens_ += 1;
    not_before_ = place_.clock.mono() + backoff_;
    backoff_ = std::min(backoff_ * 2, backoff_max);
  } else {
    ++now_.refused;
    place_.counts.refused.fetch_add(1);
    if (now_.problems.size() < problems_max)
      now_.problems.push_back({{"seq", what.seq.value},
                               {"reason", to_string(said.error().code)},
                               {"detail", said.error().detail}});
  }
  // Answers come from within a turn of the shard, which is no place to submit more.
  wake_at(std::max(not_before_, place_.clock.mono()));
}

void job::read_more() {
  reading_ = true;
  place_.reader.post([self = shared_from_this()] {
    auto got = std::make_shared<result<errand::batch>>(self->work_->read());
    self->place_.loop.post([self, got] { self->take_batch(std::move(*got)); });
  });
}

void job::take_batch(result<errand::batch> got) {
  reading_ = false;
  if (ended()) return;
  if (!got) return finish(state::failed, got.error().detail);
  now_.matched += got->items.size();
  now_.looked_at += got->looked_at;
  now_.progress = got->progress;
  read_up_to_ = got->position.value;
  all_read_ = got->last;
  for (auto& each : got->items) at_hand_.emplace(++ordinals_, std::move(each));
  step();
}

void job::finish(state how, std::string why) {
  now_.now = how;
  now_.why = std::move(why);
  if (how == state::done) now_.progress = 1;
  now_.last = place_.clock.wall();
  publish();
  at_hand_.clear();
  place_.timers.cancel(alarm_);
  ended_.store(true);
}

void job::wake_at(mono_time when) {
  if (alarm_.armed() && alarm_.due() <= when) return;
  place_.timers.schedule(alarm_, when);
}

/// Everything up to `position` has been sent or refused.
void job::publish() {
  if (!ended()) {
    auto position = read_up_to_;
    if (!at_hand_.empty()) position = std::min(position, at_hand_.begin()->second.seq.value - 1);
    if (!flying_.empty()) position = std::min(position, *flying_.begin() - 1);
    now_.position = std::max(now_.position, position);
  }
  const std::scoped_lock held(shown_lock_);
  shown_ = now_;
}

nlohmann::json job::describe() const {
  const std::scoped_lock held(shown_lock_);
  const auto& n = shown_;
  const bool over = n.now != state::running && n.now != state::waiting;
  const auto until = over ? n.last : std::max(n.last, place_.clock.wall());
  const auto seconds = static_cast<double>((until - n.started).count()) / 1e9;
  nlohmann::json out = {{"id", what_.id},
                        {"kind", what_.kind},
                        {"state", to_string(n.now)},
                        {"matched", n.matched},
                        {"sent", n.sent},
                        {"refused", n.refused},
                        {"waits", n.waits},
                        {"looked_at", n.looked_at},
                        {"position", n.position},
                        {"progress", n.progress},
                        {"rate", seconds > 0 ? static_cast<double>(n.sent) / seconds : 0.0},
                        {"started_at", format_rfc3339(n.started)},
                        {"asked", what_.asked}};
  if (over) out["ended_at"] = format_rfc3339(n.last);
  if (!n.problems.empty()) out["problems"] = n.problems;
  if (!n.why.empty() && n.now != state::running && n.now != state::done) out["why"] = n.why;
  return out;
}

}  // namespace nip::broker
