#include "delivery/circuit_breaker.hpp"

namespace nip::delivery {

std::string_view to_string(breaker_state state) noexcept {
  constexpr std::string_view names[] = {"closed", "open", "half_open"};
  return names[static_cast<unsigned>(state)];
}

bool circuit_breaker::on_failure(mono_time started, mono_time now, random_source& random) {
  if (started < since_) return false;
  if (closed_) {
    count(now, 1);
    ++in_row_;
    if (in_row_ < chosen_->failures_in_row && !has_failed_enough()) return false;
    // One that has stayed closed for a whole window begins with short times again.
    if (now - since_ >= chosen_->window) doublings_ = 0;
  }
  open(now, random);
  return true;
}

breaker_state circuit_breaker::at(mono_time now) const {
  if (closed_) return breaker_state::closed;
  return now < since_ ? breaker_state::open : breaker_state::half_open;
}

bool circuit_breaker::may_probe(mono_time now) const {
  if (closed_ || now < since_) return false;
  return on_their_way_ < chosen_->probes_max || now - last_probe_ >= patience_;
}

void circuit_breaker::begin_probe(mono_time now) {
  if (on_their_way_ >= chosen_->probes_max) on_their_way_ = 0;  // none of them spoke
  ++on_their_way_;
  last_probe_ = now;
}

void circuit_breaker::roll(mono_time now) {
  const auto width = std::max<std::int64_t>(chosen_->window.count() / std::int64_t{buckets}, 1);
  const auto passed = (now - bucket_end_).count() / width + 1;
  for (auto left = std::min<std::int64_t>(passed, buckets); left > 0; --left) {
    newest_ = (newest_ + 1) % buckets;
    window_[newest_] = {};
  }
  bucket_end_ = bucket_end_ + nanoseconds(passed * width);
}

bool circuit_breaker::has_failed_enough() const {
  std::uint64_t attempts = 0;
  std::uint64_t failures = 0;
  for (const auto& each : window_) {
    attempts += each.attempts;
    failures += each.failures;
  }
  return attempts >= chosen_->attempts_min &&
         static_cast<double>(failures) >= chosen_->failures_share * static_cast<double>(attempts);
}

bool circuit_breaker::on_probe_success(mono_time now) {
  if (on_their_way_ > 0) --on_their_way_;
  if (++successes_ < chosen_->successes_to_close) return false;
  close(now);
  return true;
}

/// For a time between half of the doubled one and all of it, so that shards and processes that were
/// failed together do not come back together.
void circuit_breaker::open(mono_time now, random_source& random) {
  constexpr unsigned doublings_max = 30;
  const auto longest = static_cast<double>(std::max(chosen_->open_min, chosen_->open_max).count());
  const double doubled = static_cast<double>(chosen_->open_min.count()) *
                         static_cast<double>(std::uint64_t{2} << doublings_);
  const double bound = std::min(doubled, longest);
  const double time =
      std::max(bound * (0.5 + random.unit() / 2), static_cast<double>(chosen_->open_min.count()));
  doublings_ = std::min(doublings_ + 1, doublings_max);
  closed_ = false;
  since_ = now + nanoseconds(static_cast<std::int64_t>(time));
  successes_ = on_their_way_ = 0;
}

void circuit_breaker::close(mono_time now) {
  closed_ = true;
  since_ = now;
  in_row_ = 0;
  window_ = {};
}

}  // namespace nip::delivery
