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
  std::size_t sent = 0;
  for (; sent < sent_a_turn_max && now >= not_before_ && has_room(); ++sent) send_next();
  if (should_read()) read_more();
  if (all_read_ && line_.empty()) return finish(state::done);
  publish();
  // Answers and batches call step() themselves; what is left to wait for is time.
  if (sent == sent_a_turn_max) return wake_at(now);
  if (at_hand_ == 0 || flying_ >= window_ || flying_bytes_ >= in_flight_bytes_max) return;
  if (now < not_before_) return wake_at(not_before_);
  if (tokens_ < 1)
    wake_at(now + nanoseconds(static_cast<std::int64_t>((1 - tokens_) * 1e9 / what_.rate) + 1));
}

bool job::has_room() const {
  return at_hand_ > 0 && tokens_ >= 1 && flying_ < window_ && flying_bytes_ < in_flight_bytes_max;
}

bool job::should_read() const {
  return !reading_ && !all_read_ && at_hand_ < at_hand_min && at_hand_bytes_ < at_hand_bytes_min;
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
  while (at(next_).now != stage::at_hand) ++next_;
  const auto ordinal = next_++;
  auto& one = at(ordinal);
  one.now = stage::flying;
  const auto bytes = one.what.bytes;
  --at_hand_;
  ++flying_;
  at_hand_bytes_ -= bytes;
  flying_bytes_ += bytes;
  tokens_ -= 1;
  if (!one.what.send) {
    // Holds two words, so that the function costs no allocation; the injection holds the job.
    place_.home.inject({one.what.text, one.what.as,
                        [this, ordinal](const auto& said) { take_answer(ordinal, said); },
                        shared_from_this()});
    return;
  }
  // An answer at once may take its place from the line.
  auto send = std::move(one.what.send);
  send(place_.home, [self = shared_from_this(), ordinal](const result<injected>& said) {
    self->take_answer(ordinal, said);
  });
  if (!ended() && ordinal >= front_) at(ordinal).what.send = std::move(send);
}

void job::take_answer(std::uint64_t ordinal, const result<injected>& said) {
  if (said) {
    ++now_.sent;
    place_.counts.sent.fetch_add(1);
  }
  // Cancelled meanwhile: what had been sent counts, what was refused is not tried again.
  if (ended()) return publish();
  now_.last = place_.clock.wall();
  --flying_;
  flying_bytes_ -= at(ordinal).what.bytes;
  if (said) {
    now_.now = state::running;
    backoff_ = backoff_min;
    window_ = std::min(window_ + 1, in_flight_max);
    leave_line(at(ordinal));
  } else if (said.error().transient()) {
    put_back(ordinal);
    now_.why = said.error().detail;
    if (std::exchange(now_.now, state::waiting) != state::waiting) publish();
  } else {
    ++now_.refused;
    place_.counts.refused.fetch_add(1);
    if (now_.problems.size() < problems_max)
      now_.problems.push_back({{"seq", at(ordinal).what.seq.value},
                               {"reason", to_string(said.error().code)},
                               {"detail", said.error().detail}});
    leave_line(at(ordinal));
  }
  // Answers come from within a turn of the shard, which is no place to submit more.
  wake_at(std::max(not_before_, place_.clock.mono()));
}

void job::leave_line(standing& who) {
  who.now = stage::answered;
  for (; !line_.empty() && line_.front().now == stage::answered; ++front_) line_.pop_front();
  next_ = std::max(next_, front_);
}

/// No room: it keeps its place, everything waits a while, and then fewer are tried at a time.
void job::put_back(std::uint64_t ordinal) {
  auto& one = at(ordinal);
  one.now = stage::at_hand;
  next_ = std::min(next_, ordinal);
  ++at_hand_;
  at_hand_bytes_ += one.what.bytes;
  ++now_.waits;
  place_.counts.waits.fetch_add(1);
  tokens_ += 1;
  const auto now = place_.clock.mono();
  if (now < not_before_) return;  // a whole turn is refused at once: that is one refusal
  window_ = std::max<std::size_t>(window_ / 2, 1);
  not_before_ = now + backoff_;
  backoff_ = std::min(backoff_ * 2, backoff_max);
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
  for (auto& each : got->items) {
    ++at_hand_;
    at_hand_bytes_ += each.bytes;
    line_.push_back({std::move(each)});
  }
  step();
}

void job::finish(state how, std::string why) {
  now_.now = how;
  now_.why = std::move(why);
  if (how == state::done) now_.progress = 1;
  now_.last = place_.clock.wall();
  publish();
  line_.clear();
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
    const auto position = line_.empty() ? read_up_to_ : line_.front().what.seq.value - 1;
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
