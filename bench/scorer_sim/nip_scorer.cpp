// The scorer of NIP, the code that nipd runs, over the view that a shard has.
#include "scorer_sim/nip_scorer.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "router/latency_by_load.hpp"
#include "router/scorer.hpp"

namespace nip::scorer_sim {
namespace {

constexpr double ns = 1e9;

/// Counts of what is in flight are exact for the process, as its targets keep them; what was seen
/// of a target is each client's own.
class nip_scorer final : public policy {
 public:
  nip_scorer(surroundings& where, bool shared)
      : where_(where), shared_(shared), seen_(where.clients() * where.targets().size()) {}

  std::size_t choose(const request_view& what, std::span<const std::uint32_t> among) override {
    std::array<router::candidate, router::candidates_max> all;
    // A rule has at most 64 targets; of more, as many are drawn.
    const auto count = std::min(among.size(), all.size());
    const auto start = among.size() > count ? where_.random().below(among.size()) : 0;
    for (std::size_t i = 0; i < count; ++i)
      all[i] = candidate_of(what, among[(start + i) % among.size()]);
    router::scoring how;
    how.retry_cost_ns = 0.1 * ns;
    if (what.deadline != 0) how.deadline_ns = what.deadline * ns;
    const auto chosen = router::choose_best({all.data(), count}, how, where_.random());
    const auto at = (start + chosen.index) % among.size();
    if (where_.own_in_flight(what.client, among[at]) == 0)
      seen_[what.client * where_.targets().size() + among[at]].last = what.now;
    return at;
  }

  void on_answer(const answer_view& what) override {
    auto& e = seen_[what.client * where_.targets().size() + what.target];
    if (what.failed) {
      e.time_to_fail += (what.latency - e.time_to_fail) * (e.time_to_fail == 0 ? 1 : newest);
      e.failure_rate += (1 - e.failure_rate) * newest;
      return;
    }
    e.failure_rate += (0 - e.failure_rate) * newest;
    e.last = what.now;
    // What it would have taken alone, as far as the places were shared.
    const double met = what_met(what);
    const double alone =
        what.latency / std::max((met + 1) / where_.targets()[what.target].places, 1.0);
    e.service += (alone - e.service) * (e.service == 0 ? 1 : newest);
    e.latency.add(static_cast<std::size_t>(met), static_cast<float>(what.latency));
  }

 private:
  static constexpr double newest = 0.1;
  struct entry {
    double last = 0;  // answer, or request to it when it had none
    double service = 0;
    double time_to_fail = 0;
    double failure_rate = 0;
    router::latency_by_load latency;
  };

  double what_met(const answer_view& what) const { return shared_ ? what.met_all : what.met_own; }

  router::candidate candidate_of(const request_view& what, std::uint32_t target) {
    auto& e = seen_[what.client * where_.targets().size() + target];
    router::candidate out;
    out.in_flight =
        shared_ ? where_.all_in_flight(target) : where_.own_in_flight(what.client, target);
    out.limit = where_.targets()[target].places;
    out.price = where_.targets()[target].price;
    out.service_time_ns = e.service * ns;
    out.failure_rate = e.failure_rate;
    out.time_to_fail_ns = e.time_to_fail * ns;
    out.latency_long_ns = e.latency.longest(out.in_flight) * ns;
    if (where_.own_in_flight(what.client, target) > 0) out.silence_ns = (what.now - e.last) * ns;
    out.latency_median_ns = e.latency.median(out.in_flight) * ns;
    return out;
  }

  surroundings& where_;
  bool shared_;
  std::vector<entry> seen_;
};

}  // namespace

std::unique_ptr<policy> make_nip_scorer(surroundings& where, bool shared) {
  return std::make_unique<nip_scorer>(where, shared);
}

}  // namespace nip::scorer_sim
