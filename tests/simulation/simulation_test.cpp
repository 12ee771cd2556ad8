// Runs the broker in simulated worlds, one a seed. NIP_SEEDS says how many, NIP_SEED which one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "simulation/world.hpp"

namespace nip::simulation {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// Runs it again with its history written down, and shows the end of it.
void explain(std::uint64_t seed) {
  world again(seed, true);
  again.run();
  std::cout << "seed " << seed << ", the last events:\n";
  const auto& events = again.told().events();
  const auto shown = from_environment("NIP_EVENTS", 60);
  for (auto i = events.size() - std::min(events.size(), shown); i < events.size(); ++i)
    std::cout << "  " << events[i] << '\n';
  if (!again.told().is_broken()) {
    std::cout << "seed " << seed << ": every promise holds\n";
    return;
  }
  ADD_FAILURE() << "seed " << seed << ": " << again.told().what_is_broken()
                << "\nrun it again with: NIP_SEED=" << seed << " build/dev/bin/simulation";
}

/// Shard `part` of `parts` of all seeds, so that ctest runs them side by side.
void run_part(std::uint64_t part, std::uint64_t parts) {
  if (const auto one = from_environment("NIP_SEED", 0); one != 0) {
    if (part == 0) explain(one);
    return;
  }
  const auto first = from_environment("NIP_FIRST_SEED", 1);
  const auto seeds = from_environment("NIP_SEEDS", 2500);
  world::census sum;
  for (auto seed = first + part; seed < first + seeds; seed += parts) {
    world one(seed, false);
    one.run();
    if (one.told().is_broken()) return explain(seed);
    sum.messages += one.met().messages;
    sum.lives += one.met().lives;
    sum.power_cuts += one.met().power_cuts;
    sum.steps += one.met().steps;
  }
  std::cout << sum.messages << " messages, " << sum.lives << " starts, " << sum.power_cuts
            << " power cuts, " << sum.steps << " steps\n";
  EXPECT_GT(sum.messages, 0U);
}

TEST(simulation, EveryPromiseHoldsInTheFirstPartOfTheSeeds) { run_part(0, 2); }
TEST(simulation, EveryPromiseHoldsInTheSecondPartOfTheSeeds) { run_part(1, 2); }

}  // namespace
}  // namespace nip::simulation
