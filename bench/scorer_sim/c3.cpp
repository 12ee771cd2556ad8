// C3 (Suresh, Canini, Schmid, Feldmann: Cutting Tail Latency in Cloud Data Stores via Adaptive
// Replica Selection, NSDI 2015): its ranking. Its rate control is left out: nothing is held back
// here, as in the comparison of Prequal's paper.
#include <cmath>
#include <limits>
#include <vector>

#include "scorer_sim/baselines.hpp"

namespace nip::scorer_sim {
namespace {

class c3 final : public policy {
 public:
  explicit c3(surroundings& where)
      : where_(where), seen_(where.clients() * where.targets().size()) {}

  std::size_t choose(const request_view& what, std::span<const std::uint32_t> among) override {
    std::size_t best = 0;
    double lowest = std::numeric_limits<double>::infinity();
    std::uint64_t tied = 0;
    for (std::size_t i = 0; i < among.size(); ++i) {
      const double now = score(what.client, among[i]);
      if (now < lowest) tied = 0;
      if (now > lowest || where_.random().below(++tied) != 0) continue;
      lowest = now;
      best = i;
    }
    return best;
  }
  void on_answer(const answer_view& what) override {
    auto& e = seen_[what.client * where_.targets().size() + what.target];
    smooth(e.latency, what.latency, e.known);
    smooth(e.service, what.service, e.known);
    smooth(e.queue, what.left_at, e.known);
    e.known = true;
  }

 private:
  struct entry {
    double latency = 0;
    double service = 0;
    double queue = 0;
    bool known = false;
  };
  static void smooth(double& value, double sample, bool known) {
    constexpr double newest = 0.1;  // section 3: 0.9 of what was
    value = known ? value + (sample - value) * newest : sample;
  }
  /// R - 1/mu + (1 + os n + q)^3 / mu: os of the client's own in flight, n clients.
  double score(std::uint32_t client, std::uint32_t target) const {
    const auto& e = seen_[client * where_.targets().size() + target];
    const double own = where_.own_in_flight(client, target);
    if (!e.known) return own == 0 ? -1e9 : own;
    // A server with several places has as many times fewer in front of each.
    const double queue = 1 + (own * static_cast<double>(where_.clients()) + e.queue) /
                                 where_.targets()[target].places;
    return e.latency - e.service + queue * queue * queue * e.service;
  }

  surroundings& where_;
  std::vector<entry> seen_;
};

}  // namespace

std::unique_ptr<policy> make_c3(surroundings& where) { return std::make_unique<c3>(where); }

}  // namespace nip::scorer_sim
