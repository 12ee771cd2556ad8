// Which target takes a delivery's next attempt.
#include <fmt/format.h>
#include <xxhash.h>

#include <array>

#include "delivery/dispatcher.hpp"

namespace nip::delivery {

target* dispatcher::choose(delivery& one) {
  const auto& targets = one.planned().targets;
  const auto index = choose_among(one);
  if (index == router::choice::nobody) return nullptr;
  one.chosen = static_cast<std::uint16_t>(index);
  one.to = &target_of(targets[index]);
  return one.to;
}

std::size_t dispatcher::choose_among(delivery& one) {
  using router::strategy;
  const auto& planned = one.planned();
  if (planned.how == strategy::all) return 0;
  if (planned.how == strategy::chain) return one.step;
  candidates_.clear();
  bool doubts = false;
  for (const auto& each : planned.targets) {
    const auto& to = target_of(each);
    candidates_.push_back(to.as_candidate());
    doubts |= to.is_doubtful();
  }
  one.explored = one.probe = false;
  return doubts ? choose_among_doubtful(one) : choose_by(one);
}

std::size_t dispatcher::choose_by(delivery& one) {
  if (one.planned().how == router::strategy::best) return choose_best(one);
  one.scores.clear();
  return one.planned().how == router::strategy::first ? choose_in_order(one) : choose_by_share(one);
}

std::size_t dispatcher::choose_best(delivery& one) {
  one.scores.resize(candidates_.size());
  note_silence(one);
  const auto chosen = router::choose_best(candidates_, scoring_of(one), at_.random, one.scores);
  one.explored = chosen.explored;
  return chosen.index;
}

/// The clock is read only when somebody works on something.
void dispatcher::note_silence(const delivery& one) {
  std::optional<mono_time> now;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const auto& to = target_of(one.planned().targets[i]);
    if (to.in_flight_ == 0) continue;
    if (!now) now = at_.clock.mono();
    candidates_[i].silence_ns = static_cast<double>(to.silence(*now).count());
  }
}

router::scoring dispatcher::scoring_of(const delivery& one) const {
  router::scoring how;
  how.retry_cost_ns = static_cast<double>(one.planned().retry.backoff.count());
  if (one.deadline != mono_time::never())
    how.deadline_ns = static_cast<double>((one.deadline - at_.clock.mono()).count());
  return how;
}

/// The first that is healthy; after a failed attempt the next one behind it, round and round.
std::size_t dispatcher::choose_in_order(const delivery& one) {
  const bool failed_before = one.to != nullptr && one.attempt > 0;
  const std::size_t start = failed_before ? one.chosen + 1u : 0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const auto at = (start + i) % candidates_.size();
    if (candidates_[at].available) return at;
  }
  return router::choice::nobody;
}

std::size_t dispatcher::choose_by_share(const delivery& one) {
  std::array<std::uint32_t, router::targets_max> weights;
  const auto& targets = one.planned().targets;
  for (std::size_t i = 0; i < targets.size(); ++i) weights[i] = targets[i].weight;
  // A message with an ordering key sticks to one target for as long as the shares stay the same.
  const auto key = one.owner->message->view().ordering_key;
  const double draw =
      key.empty() ? at_.random.unit()
                  : static_cast<double>(XXH3_64bits(key.data(), key.size()) >> 11) * 0x1.0p-53;
  return router::choose_weighted(candidates_, std::span(weights).first(targets.size()), draw);
}

std::string dispatcher::unavailable_targets(const router::planned_delivery& of) const {
  std::string out;
  for (const auto& each : of.targets) {
    const auto found = targets_.find(each.name);
    const bool known = found != targets_.end() && found->second->spec_;
    const auto& why = known ? found->second->trouble_ : out;
    out += fmt::format("{}\"{}\" is {}", out.empty() ? "" : ", ", each.name,
                       !known                      ? "not installed"
                       : !found->second->enabled() ? "disabled"
                       : known && !why.empty()     ? "unhealthy (" + why + ")"
                                                   : "unhealthy");
  }
  return out;
}

std::vector<std::pair<std::string, router::score>> dispatcher::scores(
    const router::planned_delivery& of) const {
  std::vector<router::candidate> candidates;
  for (const auto& each : of.targets) {
    const auto found = targets_.find(each.name);
    candidates.push_back(found == targets_.end() ? router::candidate{}
                                                 : found->second->as_candidate());
  }
  std::vector<router::score> rated(candidates.size());
  xoshiro still(1);
  router::scoring how;
  how.retry_cost_ns = static_cast<double>(of.retry.backoff.count());
  how.exploration = 0;
  router::choose_best(candidates, how, still, rated);
  std::vector<std::pair<std::string, router::score>> out;
  for (std::size_t i = 0; i < rated.size(); ++i) out.emplace_back(of.targets[i].name, rated[i]);
  return out;
}

}  // namespace nip::delivery
