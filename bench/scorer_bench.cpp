// What one decision of the scorer costs, by the number of candidates.
#include <benchmark/benchmark.h>

#include <array>

#include "router/scorer.hpp"

namespace {

using namespace nip;

/// Candidates as a busy shard sees them: all known, some failing, loads that differ.
std::array<router::candidate, router::candidates_max> busy() {
  std::array<router::candidate, router::candidates_max> out;
  xoshiro random(1);
  for (auto& each : out) {
    each.limit = 16;
    each.in_flight = static_cast<std::uint32_t>(random.below(20));
    each.service_time_ns = 1e6 * (1 + random.unit());
    each.latency_median_ns = each.service_time_ns * (1 + random.unit());
    each.latency_long_ns = each.latency_median_ns * 3;
    each.failure_rate = random.below(4) == 0 ? random.unit() / 10 : 0;
    each.time_to_fail_ns = 1e6;
  }
  return out;
}

void choose_best(benchmark::State& state) {
  auto all = busy();
  xoshiro random(2);
  const auto count = static_cast<std::size_t>(state.range(0));
  std::size_t at = 0;
  for (auto _ : state) {
    const auto chosen = router::choose_best({all.data(), count}, {}, random);
    benchmark::DoNotOptimize(chosen);
    // Something changes between two decisions, as it does in life.
    all[at++ % count].in_flight = static_cast<std::uint32_t>(at * 7 % 20);
  }
}
BENCHMARK(choose_best)->Arg(2)->Arg(4)->Arg(8)->Arg(16)->Arg(64);

}  // namespace

BENCHMARK_MAIN();
