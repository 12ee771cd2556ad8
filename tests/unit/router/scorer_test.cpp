#include "router/scorer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace nip::router {
namespace {

constexpr scoring still{.exploration = 0};

candidate known(double service_ns, double price = 0) {
  candidate out;
  out.limit = 10;
  out.latency_median_ns = out.service_time_ns = service_ns;
  out.price = price;
  return out;
}
std::size_t chosen(const std::vector<candidate>& all, const scoring& how = still) {
  xoshiro random(1);
  return choose_best(all, how, random).index;
}

TEST(scorer, NobodyWhenNoneIsAvailable) {
  auto away = known(1e6);
  away.available = false;
  EXPECT_EQ(chosen({}), choice::nobody);
  EXPECT_EQ(chosen({away, away}), choice::nobody);
  EXPECT_EQ(chosen({away, known(9e9)}), 1U);
}

TEST(scorer, TheFasterOneWinsAndTiesGoToTheLowerIndex) {
  EXPECT_EQ(chosen({known(2e6), known(1e6), known(3e6)}), 1U);
  EXPECT_EQ(chosen({known(1e6), known(1e6)}), 0U);
}

TEST(scorer, AnUnseenOneIsTriedFirstUntilItIsFull) {
  candidate fresh;
  fresh.limit = 4;
  EXPECT_EQ(chosen({known(1e6), fresh}), 1U);
  fresh.in_flight = 4;
  EXPECT_EQ(chosen({known(1e6), fresh}), 0U);
  EXPECT_EQ(chosen({fresh, known(1e6)}), 1U) << "the order of candidates does not matter";
}

TEST(scorer, AColdOneGoesBeforeAHotOne) {
  std::vector<candidate> all(8, known(9e6));
  all[2] = known(1e3);
  all[2].in_flight = 9;
  EXPECT_NE(chosen(all), 2U);
  std::array<score, 8> scores;
  xoshiro random(1);
  choose_best(all, still, random, scores);
  EXPECT_TRUE(scores[2].hot);
  EXPECT_FALSE(scores[1].hot);
}

TEST(scorer, AQueueRaisesTheExpectedLatency) {
  auto busy = known(1e6);
  busy.limit = 1;
  busy.in_flight = 4;
  EXPECT_EQ(chosen({busy, known(4e6)}), 1U);
  EXPECT_EQ(chosen({busy, known(6e6)}), 0U);
}

TEST(scorer, TheCheapestThatMeetsTheDeadlineWins) {
  const std::vector<candidate> all = {known(1e6, 5), known(50e6, 1), known(9e6, 3)};
  EXPECT_EQ(chosen(all), 1U);
  EXPECT_EQ(chosen(all, {.deadline_ns = 10e6, .exploration = 0}), 2U);
  EXPECT_EQ(chosen(all, {.deadline_ns = 2e6, .exploration = 0}), 0U);
  EXPECT_EQ(chosen(all, {.deadline_ns = 1, .exploration = 0}), 0U) << "the fastest, when none does";
}

TEST(scorer, InTimeIsWhoWouldBeEvenAtItsLongest) {
  auto swings = known(1e6);
  swings.latency_long_ns = 30e6;
  EXPECT_EQ(chosen({swings, known(5e6)}, {.deadline_ns = 10e6, .exploration = 0}), 1U);
  EXPECT_EQ(chosen({swings, known(5e6)}, {.deadline_ns = 40e6, .exploration = 0}), 1U)
      << "a little longer than the longest is likely";
  EXPECT_EQ(chosen({swings, known(5e6)}, {.deadline_ns = 46e6, .exploration = 0}), 0U);
}

TEST(scorer, OneThatHasGoneSilentIsExpectedToTakeAtLeastAsLong) {
  auto stalled = known(1e6);
  stalled.in_flight = 1;
  stalled.silence_ns = 3e6;
  EXPECT_EQ(chosen({stalled, known(4e6)}), 0U);
  stalled.silence_ns = 5e6;
  EXPECT_EQ(chosen({stalled, known(4e6)}), 1U);
}

TEST(scorer, SaysWhyACandidateIsLeftOut) {
  auto out = known(1e6);
  out.available = false;
  out.why = absence::breaker;
  std::array<score, 2> scores;
  xoshiro random(1);
  choose_best(std::vector<candidate>{out, known(9e6)}, still, random, scores);
  EXPECT_EQ(scores[0].why, absence::breaker);
  EXPECT_EQ(to_string(scores[0].why), "breaker");
}

TEST(scorer, FailuresCostTheTimeToFailAndToRetry) {
  auto flaky = known(1e6);
  flaky.failure_rate = 0.5;
  flaky.time_to_fail_ns = 2e6;
  std::array<score, 2> scores;
  xoshiro random(1);
  const std::vector<candidate> all = {flaky, known(20e6)};
  EXPECT_EQ(choose_best(all, {.retry_cost_ns = 10e6, .exploration = 0}, random, scores).index, 0U);
  EXPECT_DOUBLE_EQ(scores[0].expected_failure_ns, 12e6);
  EXPECT_DOUBLE_EQ(scores[0].cost_ns, 13e6);
  EXPECT_EQ(choose_best(all, {.retry_cost_ns = 100e6, .exploration = 0}, random).index, 1U);
  flaky.failure_rate = 1;
  const std::vector<candidate> only = {flaky};
  choose_best(only, still, random, scores);
  EXPECT_GT(scores[0].cost_ns, 0);
  EXPECT_LT(scores[0].cost_ns, 1e12) << "stays finite";
}

TEST(scorer, AddingTimeOrPriceNeverMakesACandidateWin) {
  xoshiro random(7);
  for (int round = 0; round < 2000; ++round) {
    std::vector<candidate> all;
    for (int i = 0; i < 5; ++i) {
      auto one = known(1e5 * static_cast<double>(1 + random.below(50)),
                       static_cast<double>(random.below(3)));
      one.in_flight = static_cast<std::uint32_t>(random.below(10));
      one.failure_rate = random.unit();
      all.push_back(one);
    }
    const auto before = chosen(all);
    const auto worse = random.below(all.size());
    if (worse == before) continue;
    all[worse].service_time_ns *= 2;
    all[worse].price += 1;
    EXPECT_EQ(chosen(all), before);
  }
}

TEST(scorer, ExplorationTakesAboutItsShareAndOnlyColdCandidatesInTime) {
  const std::vector<candidate> all = {known(1e6), known(2e6), known(90e6)};
  xoshiro random(3);
  int explored = 0;
  std::array<int, 3> hits{};
  constexpr int rounds = 100'000;
  for (int i = 0; i < rounds; ++i) {
    const auto one = choose_best(all, {.deadline_ns = 10e6, .exploration = 0.01}, random);
    explored += one.explored;
    ++hits[one.index];
  }
  EXPECT_NEAR(explored, rounds / 100, 150);
  EXPECT_NEAR(hits[1], rounds / 200, 120);
  EXPECT_EQ(hits[2], 0) << "it would not meet the deadline";
}

TEST(scorer, LooksAtNoMoreThanItsBound) {
  std::vector<candidate> all(candidates_max + 5, known(5e6));
  all.back() = known(1);
  EXPECT_LT(chosen(all), candidates_max);
}

TEST(weighted_choice, SharesFollowTheWeightsForEverySeed) {
  const std::vector<candidate> all(4);
  const std::array<std::uint32_t, 4> weights = {1, 0, 3, 6};
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    xoshiro random(seed);
    std::array<int, 4> hits{};
    for (int i = 0; i < 20'000; ++i) ++hits[choose_weighted(all, weights, random.unit())];
    EXPECT_NEAR(hits[0], 2000, 250);
    EXPECT_EQ(hits[1], 0);
    EXPECT_NEAR(hits[2], 6000, 400);
    EXPECT_NEAR(hits[3], 12000, 400);
  }
}

TEST(weighted_choice, TheUnavailableGiveTheirShareToTheOthers) {
  std::vector<candidate> all(3);
  all[1].available = false;
  const std::array<std::uint32_t, 3> weights = {1, 8, 1};
  EXPECT_EQ(choose_weighted(all, weights, 0.0), 0U);
  EXPECT_EQ(choose_weighted(all, weights, 0.49), 0U);
  EXPECT_EQ(choose_weighted(all, weights, 0.51), 2U);
  EXPECT_EQ(choose_weighted(all, weights, 0.999999), 2U);
}

TEST(weighted_choice, NobodyWithoutAWeight) {
  const std::vector<candidate> all(2);
  const std::array<std::uint32_t, 2> weights = {0, 0};
  EXPECT_EQ(choose_weighted(all, weights, 0.5), choice::nobody);
}

}  // namespace
}  // namespace nip::router
