// Scorers that need no view of the target but what passes through the client's own hands.
#include "scorer_sim/baselines.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace nip::scorer_sim {
namespace {

/// The index of the least of `value(i)`; ties are drawn.
template <class Value>
std::size_t least(std::size_t count, random_source& random, Value&& value) {
  std::size_t best = 0;
  double lowest = std::numeric_limits<double>::infinity();
  std::uint64_t tied = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double now = value(i);
    if (now < lowest) {
      lowest = now;
      best = i;
      tied = 1;
    } else if (now == lowest && random.below(++tied) == 0) {
      best = i;
    }
  }
  return best;
}

class round_robin final : public policy {
 public:
  explicit round_robin(surroundings& where) : turn_(where.clients()) {
    for (auto& each : turn_) each = where.random().below(where.targets().size());
  }
  std::size_t choose(const request_view& what, std::span<const std::uint32_t> among) override {
    return turn_[what.client]++ % among.size();
  }

 private:
  std::vector<std::uint64_t> turn_;
};

/// Prequal's paper, section 2: weights are what a target got done for the processor time that it
/// took, here completions by busy time, smoothed; drawn by weight.
class weighted_round_robin final : public policy {
 public:
  explicit weighted_round_robin(surroundings& where)
      : where_(where), service_(where.clients() * where.targets().size(), where.mean_work()) {}
  std::size_t choose(const request_view& what, std::span<const std::uint32_t> among) override {
    double sum = 0;
    for (const auto each : among) sum += weight(what.client, each);
    double left = where_.random().unit() * sum;
    for (std::size_t i = 0; i < among.size(); ++i)
      if ((left -= weight(what.client, among[i])) < 0) return i;
    return among.size() - 1;
  }
  void on_answer(const answer_view& what) override {
    constexpr double newest = 0.1;
    auto& mean = service_[what.client * where_.targets().size() + what.target];
    mean += (std::max(what.service, 1e-6) - mean) * newest;
  }

 private:
  double weight(std::uint32_t client, std::uint32_t target) const {
    const auto& there = where_.targets();
    return there[target].places / service_[client * there.size() + target];
  }
  surroundings& where_;
  std::vector<double> service_;
};

/// Least of the client's own requests in flight, per place; ties in turn.
class least_loaded final : public policy {
 public:
  explicit least_loaded(surroundings& where) : where_(where) {}
  std::size_t choose(const request_view& what, std::span<const std::uint32_t> among) override {
    return least(among.size(), where_.random(), [&](std::size_t i) {
      return static_cast<double>(where_.own_in_flight(what.client, among[i])) /
             where_.targets()[among[i]].places;
    });
  }

 private:
  surroundings& where_;
};

/// Mitzenmacher 2001: of two drawn targets the one with fewer of the client's own in flight.
class two_choices final : public policy {
 public:
  explicit two_choices(surroundings& where) : where_(where) {}
  std::size_t choose(const request_view& what, std::span<const std::uint32_t> among) override {
    const auto a = where_.random().below(among.size());
    auto b = where_.random().below(among.size() - 1);
    b += b >= a;
    return where_.own_in_flight(what.client, among[b]) < where_.own_in_flight(what.client, among[a])
               ? b
               : a;
  }

 private:
  surroundings& where_;
};

/// Finagle's Peak EWMA: a latency that jumps up at once and decays over ten seconds, times the
/// requests in flight and one; the better of two drawn targets.
class peak_ewma final : public policy {
 public:
  explicit peak_ewma(surroundings& where)
      : where_(where), seen_(where.clients() * where.targets().size()) {}
  std::size_t choose(const request_view& what, std::span<const std::uint32_t> among) override {
    const auto a = where_.random().below(among.size());
    auto b = where_.random().below(among.size() - 1);
    b += b >= a;
    return cost(what, among[b]) < cost(what, among[a]) ? b : a;
  }
  void on_answer(const answer_view& what) override {
    auto& e = seen_[what.client * where_.targets().size() + what.target];
    if (what.latency > e.cost)
      e.cost = what.latency;
    else
      e.cost += (what.latency - e.cost) * (1 - std::exp(-(what.now - e.at) / decay));
    e.at = what.now;
  }

 private:
  static constexpr double decay = 10;  // seconds
  struct entry {
    double cost = 0;
    double at = 0;
  };
  double cost(const request_view& what, std::uint32_t target) const {
    const auto& e = seen_[what.client * where_.targets().size() + target];
    const double waiting = where_.own_in_flight(what.client, target);
    const double faded = e.cost * std::exp(-(what.now - e.at) / decay);
    // One that is not known is avoided only while it has not answered its first.
    return faded == 0 && waiting > 0 ? 1e3 + waiting : faded * (waiting + 1);
  }
  surroundings& where_;
  std::vector<entry> seen_;
};

/// Knows each target's true speed and what is left to do there, and the work of the request.
class clairvoyant final : public policy {
 public:
  explicit clairvoyant(surroundings& where) : where_(where) {}
  std::size_t choose(const request_view& what, std::span<const std::uint32_t> among) override {
    return least(among.size(), where_.random(),
                 [&](std::size_t i) { return where_.true_delay(among[i], what.work); });
  }

 private:
  surroundings& where_;
};

}  // namespace

std::unique_ptr<policy> make_baseline(std::string_view name, surroundings& where) {
  if (name == "round-robin") return std::make_unique<round_robin>(where);
  if (name == "weighted-rr") return std::make_unique<weighted_round_robin>(where);
  if (name == "least-loaded") return std::make_unique<least_loaded>(where);
  if (name == "two-choices") return std::make_unique<two_choices>(where);
  if (name == "peak-ewma") return std::make_unique<peak_ewma>(where);
  if (name == "clairvoyant") return std::make_unique<clairvoyant>(where);
  return nullptr;
}

}  // namespace nip::scorer_sim
