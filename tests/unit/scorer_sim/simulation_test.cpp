#include "scorer_sim/simulation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "scorer_sim/policy.hpp"

namespace nip::scorer_sim {
namespace {

/// Small enough for each policy in a moment.
scenario small(std::string_view name, double load) {
  auto out = *make_scenario(name, load);
  out.clients = std::min(out.clients, 4u);
  if (out.targets.size() > 6) out.targets.resize(6);
  out.warm_up = 5 * out.mean_work;
  out.length = 12 * out.mean_work;
  return out;
}

TEST(scorer_sim, OneSeedIsOneRunUnderEveryPolicy) {
  for (const auto name : policy_names())
    for (const auto* world : {"s1", "s2", "s3", "s4", "s5", "s6"}) {
      const auto once = simulation(small(world, 0.7), name, 7).run();
      const auto again = simulation(small(world, 0.7), name, 7).run();
      EXPECT_EQ(once.latencies, again.latencies) << name << " in " << world;
      EXPECT_EQ(once.attempts, again.attempts) << name << " in " << world;
    }
}

TEST(scorer_sim, EveryPolicyMeetsTheSameRequests) {
  auto world = small("s4", 0.5);
  world.length = 1;
  const auto first = simulation(world, "round-robin", 3).run();
  EXPECT_NE(first.sent, simulation(world, "round-robin", 4).run().sent) << "seeds differ";
  for (const auto name : policy_names()) {
    const auto seen = simulation(world, name, 3).run();
    EXPECT_EQ(seen.sent, first.sent) << name;
    EXPECT_EQ(seen.latencies.size() + seen.lost, seen.sent) << name << ": each is accounted for";
  }
}

TEST(scorer_sim, AWorldHasTheLoadThatItIsMadeFor) {
  auto world = *make_scenario("s2", 0.8);
  world.targets.assign(4, {.places = 2});
  world.length = 30;
  const auto seen = simulation(world, "clairvoyant", 1).run();
  const double rate = static_cast<double>(seen.sent) / (world.length - world.warm_up);
  EXPECT_NEAR(rate * world.mean_work / 8, 0.8, 0.02);
}

/// Where nothing queues what is left is work and the network.
TEST(scorer_sim, AnIdleTargetAnswersAfterItsWork) {
  auto world = *make_scenario("s2", 0.001);
  world.targets.assign(4, {.places = 2});
  world.warm_up = 0;
  world.length = 2000;
  auto seen = simulation(world, "two-choices", 1).run();
  EXPECT_NEAR(seen.quantile(0.5), world.mean_work * 0.6931 + world.round_trip, 2e-4);
}

/// M/M/1: the time in system is exponential with mean 1/(mu - lambda).
TEST(scorer_sim, AQueueIsAsLongAsTheorySays) {
  auto world = *make_scenario("s2", 0.5);
  world.targets.assign(1, {.places = 1});
  world.round_trip = 0;
  world.length = 200;
  auto seen = simulation(world, "round-robin", 1).run();
  EXPECT_NEAR(seen.quantile(0.5) / (0.6931 * world.mean_work / 0.5), 1, 0.05);
  EXPECT_NEAR(seen.quantile(0.99) / (4.605 * world.mean_work / 0.5), 1, 0.1);
}

/// The same where requests share the processor, whose mean does not depend on the work's shape.
TEST(scorer_sim, ASharedProcessorHasTheMeanOfTheory) {
  auto world = *make_scenario("s1", 0.5);
  world.targets.assign(1, {.places = 1});
  world.clients = 1;
  world.mean_work = 0.004;
  world.round_trip = 0;
  world.length = 200;
  const auto seen = simulation(world, "round-robin", 1).run();
  double sum = 0;
  for (const float each : seen.latencies) sum += each;
  EXPECT_NEAR(sum / static_cast<double>(seen.latencies.size()) / (0.004 / 0.5), 1, 0.05);
}

TEST(scorer_sim, LostRequestsAreTheLongest) {
  outcome seen;
  seen.latencies = {3, 1, 2};
  seen.lost = 1;
  EXPECT_EQ(seen.quantile(0.5), 2);
  EXPECT_EQ(seen.quantile(0.75), 3);
  EXPECT_TRUE(std::isinf(seen.quantile(0.99)));
}

}  // namespace
}  // namespace nip::scorer_sim
