// Which candidates are left out of a choice because they fail, and who tries them again.
#include <algorithm>

#include "delivery/dispatcher.hpp"

namespace nip::delivery {
namespace {

/// It fails, and it is time to see whether it still does. One that did not start has its own time.
bool wants_probe(const target& to, mono_time now) {
  if (to.healthy_) return to.breaker_.may_probe(now);
  return to.instance_ != nullptr && now >= to.try_unhealthy_at_;
}

}  // namespace

void dispatcher::note_success(target& to, mono_time started, mono_time now) {
  if (to.breaker_.on_success(started, now)) to.stats_.forget_failures();
}

void dispatcher::note_failure(target& to, mono_time started, mono_time now) {
  if (!to.breaker_.on_failure(started, now, at_.random)) return;
  to.stats_.opened.add(1);
  if (to.queued() == 0 || at_.chosen.breaker.left_out_share <= 0) return;
  // Done in pump(): here a choice or a batch may be under way.
  to.must_choose_again_ = true;
  mark_dirty(to);
}

/// The slow way to choose: some candidate is unhealthy, or its breaker is not closed.
std::size_t dispatcher::choose_among_doubtful(delivery& one) {
  const auto now = at_.clock.mono();
  invite_or_leave_out(one, now);
  // The scorer would never take one that has failed so much, so that it is asked first.
  const bool is_best = one.planned().how == router::strategy::best;
  const auto index = is_best && !invited_.empty() ? invited_.front() : choose_by(one);
  if (!is_best || !invited_.empty()) {
    // What was known of each is explained whatever chose.
    auto how = scoring_of(one);
    how.exploration = 0;
    one.scores.resize(candidates_.size());
    router::choose_best(candidates_, how, at_.random, one.scores);
  }
  if (index == router::choice::nobody || std::ranges::find(invited_, index) == invited_.end())
    return index;
  auto& to = target_of(one.planned().targets[index]);
  one.probe = true;
  to.stats_.probes.add(1);
  if (to.healthy_)
    to.breaker_.begin_probe(now);
  else
    to.try_unhealthy_at_ = now + at_.chosen.unhealthy_retry;
  return index;
}

/// Fills invited_, and makes the others of those that fail unavailable. Only a message that may
/// fail once more is risked.
void dispatcher::invite_or_leave_out(const delivery& one, mono_time now) {
  const auto& planned = one.planned();
  const bool may_fail = one.attempt + 1u < planned.retry.attempts;
  invited_.clear();
  shut_.clear();
  std::size_t there = 0;
  for (std::uint16_t i = 0; i < candidates_.size(); ++i) {
    const auto& to = target_of(planned.targets[i]);
    const bool has_share =
        planned.how != router::strategy::weighted || planned.targets[i].weight > 0;
    if (!to.enabled() || !has_share) continue;
    if (to.healthy_) ++there;
    if (to.healthy_ && to.breaker_.is_closed()) continue;
    if (may_fail && wants_probe(to, now)) {
      invited_.push_back(i);
      candidates_[i].available = true;
      candidates_[i].why = router::absence::none;
    } else if (to.healthy_) {
      shut_.push_back(i);
    }
  }
  std::ranges::sort(shut_, std::greater{}, [&](std::uint16_t i) {
    return target_of(planned.targets[i]).breaker_.half_open_from();
  });
  leave_out(there);
}

/// Of shut_, those that stay open longest: a share of all that are there, and never the last.
void dispatcher::leave_out(std::size_t there) {
  const double share = at_.chosen.breaker.left_out_share * static_cast<double>(there);
  const auto most =
      std::min(static_cast<std::size_t>(share), there - std::min<std::size_t>(there, 1));
  for (std::size_t i = 0; i < std::min(most, shut_.size()); ++i) {
    candidates_[shut_[i]].available = false;
    candidates_[shut_[i]].why = router::absence::breaker;
  }
}

/// What waits for a target whose breaker has opened may go elsewhere, where its rule has a choice.
void dispatcher::choose_again(target& to) {
  to.must_choose_again_ = false;
  to.take_all([&](delivery& one) {
    const auto how = one.planned().how;
    const bool has_choice = how != router::strategy::all && how != router::strategy::chain;
    if (has_choice) {
      const auto index = choose_among(one);
      if (index != router::choice::nobody) {
        one.chosen = static_cast<std::uint16_t>(index);
        one.to = &target_of(one.planned().targets[index]);
      }
    }
    one.to->push(one);
    if (one.to == &to) return;
    to.stats_.moved.add(1);
    mark_dirty(*one.to);
  });
  if (to.queued() > 0) mark_dirty(to);
}

}  // namespace nip::delivery
