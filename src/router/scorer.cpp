#include "router/scorer.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace nip::router {
namespace {

constexpr double hot_quantile = 0.84;
// A target that always fails would have an infinite expected cost; the bound keeps it finite.
constexpr double failure_rate_max = 0.99;
// Of eight, one in nine would take longer than the longest; half as long again is seldom passed. In
// scenario s6 of docs/internals/scorer.md 1 missed five times as many deadlines, and 2 paid half as
// much again.
constexpr double long_margin = 1.5;

score rate(const candidate& c, const scoring& how) {
  score s;
  const double limit = std::max<std::uint32_t>(c.limit, 1);
  s.relative_load = c.in_flight / limit;
  s.unseen = c.service_time_ns <= 0 && c.time_to_fail_ns <= 0;
  const double queue_ns = c.service_time_ns * (c.in_flight + 1) / limit;
  s.expected_latency_ns = std::max({c.latency_median_ns, queue_ns, c.silence_ns});
  const double e = std::min(c.failure_rate, failure_rate_max);
  s.expected_failure_ns = e / (1 - e) * (c.time_to_fail_ns + how.retry_cost_ns);
  s.cost_ns = s.expected_latency_ns + s.expected_failure_ns;
  s.price = c.price;
  s.available = c.available;
  s.why = c.why;
  const double likely_ns = std::max(c.latency_long_ns * long_margin, s.expected_latency_ns);
  s.meets_deadline = likely_ns + s.expected_failure_ns <= how.deadline_ns;
  return s;
}

/// Nearest-rank quantile of the available candidates' relative loads.
double hot_bound(std::span<const score> scores) {
  std::array<double, candidates_max> loads;
  std::size_t count = 0;
  for (const auto& s : scores)
    if (s.available) loads[count++] = s.relative_load;
  if (count == 0) return 0;
  const auto rank =
      static_cast<std::size_t>(std::ceil(hot_quantile * static_cast<double>(count))) - 1;
  std::nth_element(loads.begin(), loads.begin() + rank, loads.begin() + count);
  return loads[rank];
}

int curiosity(const score& s) {
  if (!s.unseen) return 1;
  return s.relative_load < 1 ? 2 : 0;
}

/// True when a is the better choice.
bool better(const score& a, const score& b) {
  if (a.available != b.available) return a.available;
  if (a.hot != b.hot) return !a.hot;
  if (a.hot) return a.relative_load < b.relative_load;
  if (a.meets_deadline != b.meets_deadline) return a.meets_deadline;
  // Unknown ones are tried first, but each only until it has as much as it takes at once.
  if (const int x = curiosity(a), y = curiosity(b); x != y) return x > y;
  if (a.meets_deadline && a.price != b.price) return a.price < b.price;
  if (a.cost_ns != b.cost_ns) return a.cost_ns < b.cost_ns;
  return a.relative_load < b.relative_load;
}

std::size_t explore(std::span<const score> scores, random_source& random) {
  std::size_t cold = 0;
  for (const auto& s : scores) cold += s.available && !s.hot && s.meets_deadline;
  if (cold < 2) return choice::nobody;
  auto left = random.below(cold);
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (scores[i].available && !scores[i].hot && scores[i].meets_deadline && left-- == 0) return i;
  return choice::nobody;
}

}  // namespace

std::string_view to_string(absence why) noexcept {
  constexpr std::string_view names[] = {"none", "disabled", "unhealthy", "breaker"};
  return names[static_cast<unsigned>(why)];
}

choice choose_best(std::span<const candidate> candidates, const scoring& how, random_source& random,
                   std::span<score> scores) {
  std::array<score, candidates_max> own;
  const auto count = std::min(candidates.size(), candidates_max);
  const auto rated = scores.empty() ? std::span(own).first(count) : scores.first(count);
  for (std::size_t i = 0; i < count; ++i) rated[i] = rate(candidates[i], how);
  const double bound = hot_bound(rated);
  for (auto& s : rated) s.hot = s.available && s.relative_load > bound;

  std::size_t best = choice::nobody;
  for (std::size_t i = 0; i < count; ++i)
    if (rated[i].available && (best == choice::nobody || better(rated[i], rated[best]))) best = i;
  if (best != choice::nobody && how.exploration > 0 && random.unit() < how.exploration)
    if (const auto other = explore(rated, random); other != choice::nobody) return {other, true};
  return {best, false};
}

std::size_t choose_weighted(std::span<const candidate> candidates,
                            std::span<const std::uint32_t> weights, double draw) {
  double total = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i)
    if (candidates[i].available) total += weights[i];
  double left = draw * total;
  std::size_t last = choice::nobody;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!candidates[i].available || weights[i] == 0) continue;
    last = i;
    left -= weights[i];
    if (left < 0) return i;
  }
  return last;
}

}  // namespace nip::router
