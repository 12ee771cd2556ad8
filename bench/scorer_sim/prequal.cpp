// Prequal (Wydrowski, Kleinberg, Rumble, Archer: Load is not what you should balance, NSDI 2024),
// and the score of C3 over the same probes.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "scorer_sim/baselines.hpp"

namespace nip::scorer_sim {
namespace {

// Section 4 and the settings of section 5 of the paper.
constexpr std::size_t pool_max = 16;
constexpr double probes_per_request = 3;
constexpr double removals_per_request = 1;
constexpr double age_max = 1;          // seconds
constexpr double hot_quantile = 0.84;  // 2^-0.25
constexpr double delta = 1;

struct entry {
  std::uint32_t target = 0;
  double at = 0;
  double in_flight = 0;
  double latency = 0;
  double uses_left = 0;
};

/// What one client has been told by its probes.
struct pool {
  std::vector<entry> entries;
  std::array<float, 128> recent{};  // requests in flight in the last answers, for the quantile
  std::uint32_t answers = 0;
  double probes_due = 0;
  double removals_due = 0;
  bool removes_oldest = false;
};

/// The pool is the same for both; what differs is which entry is the best, and which the worst.
class probing : public policy {
 public:
  explicit probing(surroundings& where) : where_(where), pools_(where.clients()) {
    for (auto& each : pools_) each.entries.reserve(pool_max + 1);
  }

  std::size_t choose(const request_view& what, std::span<const std::uint32_t> among) final {
    auto& mine = pools_[what.client];
    send_probes(what.client, mine, among);
    std::erase_if(mine.entries, [&](const entry& e) { return what.now - e.at > age_max; });
    remove_some(mine);
    // With so few there is no choice to speak of: any target.
    constexpr std::size_t entries_min = 2;
    if (mine.entries.size() < entries_min) return where_.random().below(among.size());
    const auto best = best_of(mine);
    const auto target = best->target;
    // Until the next probe: what was sent there is there.
    for (auto& e : mine.entries)
      if (e.target == target) ++e.in_flight;
    if (--best->uses_left <= 0) mine.entries.erase(best);
    return static_cast<std::size_t>(std::ranges::find(among, target) - among.begin());
  }

  void on_probe(const probe_view& what) final {
    auto& mine = pools_[what.client];
    mine.recent[mine.answers++ % mine.recent.size()] = static_cast<float>(what.in_flight);
    std::erase_if(mine.entries, [&](const entry& e) { return e.target == what.target; });
    if (mine.entries.size() >= pool_max) mine.entries.erase(oldest(mine));
    mine.entries.push_back(
        {what.target, what.now, static_cast<double>(what.in_flight), what.latency, uses_of_one()});
  }

 protected:
  using place = std::vector<entry>::iterator;
  /// True when a is the better choice; `hot` is the bound of this pool.
  virtual bool better(const entry& a, const entry& b, double hot) const = 0;

 private:
  void send_probes(std::uint32_t client, pool& mine, std::span<const std::uint32_t> among) {
    for (mine.probes_due += probes_per_request; mine.probes_due >= 1; --mine.probes_due)
      where_.probe(client, among[where_.random().below(among.size())]);
  }
  /// The reuse budget of section 4.
  double uses_of_one() {
    const auto n = static_cast<double>(where_.targets().size());
    const double fresh =
        (1 - std::min<double>(pool_max, n - 1) / n) * probes_per_request - removals_per_request;
    const double uses = fresh > 0 ? std::max(1.0, (1 + delta) / fresh) : 2;
    const double whole = std::floor(uses);
    return whole + (where_.random().unit() < uses - whole ? 1 : 0);
  }
  /// In turn the oldest and the worst, so that neither stale nor bad ones gather.
  void remove_some(pool& mine) {
    for (mine.removals_due += removals_per_request; mine.removals_due >= 1; --mine.removals_due) {
      if (mine.entries.size() < pool_max) continue;
      mine.entries.erase(mine.removes_oldest ? oldest(mine) : worst_of(mine));
      mine.removes_oldest = !mine.removes_oldest;
    }
  }
  static place oldest(pool& mine) { return std::ranges::min_element(mine.entries, {}, &entry::at); }
  double hot_bound(const pool& mine) const {
    auto copy = mine.recent;
    const auto count = std::min<std::size_t>(mine.answers, copy.size());
    const auto rank = static_cast<std::size_t>(hot_quantile * static_cast<double>(count - 1));
    std::nth_element(copy.begin(), copy.begin() + rank, copy.begin() + count);
    return copy[rank];
  }
  place best_of(pool& mine) {
    const double hot = hot_bound(mine);
    return std::ranges::min_element(
        mine.entries, [&](const entry& a, const entry& b) { return better(a, b, hot); });
  }
  place worst_of(pool& mine) {
    const double hot = hot_bound(mine);
    return std::ranges::max_element(
        mine.entries, [&](const entry& a, const entry& b) { return better(a, b, hot); });
  }

  surroundings& where_;
  std::vector<pool> pools_;
};

class prequal final : public probing {
 public:
  using probing::probing;

 private:
  bool better(const entry& a, const entry& b, double hot) const override {
    const bool a_hot = a.in_flight > hot;
    const bool b_hot = b.in_flight > hot;
    if (a_hot != b_hot) return b_hot;
    if (a_hot) return a.in_flight < b.in_flight;
    return a.latency < b.latency;
  }
};

/// Suresh, Canini, Schmid, Feldmann: C3, NSDI 2015, section 3: R - 1/mu + q^3/mu, where 1/mu is
/// what a request takes by itself. A probe tells the queue as it is, so that the client's own share
/// need not be scaled up.
class c3_probed final : public probing {
 public:
  explicit c3_probed(surroundings& where) : probing(where), service_(where.mean_work()) {}

 private:
  bool better(const entry& a, const entry& b, double) const override { return score(a) < score(b); }
  double score(const entry& e) const {
    const double alone = e.latency > 0 ? e.latency / (1 + e.in_flight) : service_;
    const double queue = 1 + e.in_flight;
    return e.latency - alone + queue * queue * queue * alone;
  }
  double service_;
};

}  // namespace

std::unique_ptr<policy> make_prequal(surroundings& where) {
  return std::make_unique<prequal>(where);
}

std::unique_ptr<policy> make_c3_probed(surroundings& where) {
  return std::make_unique<c3_probed>(where);
}

}  // namespace nip::scorer_sim
