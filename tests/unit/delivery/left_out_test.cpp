#include <gmock/gmock.h>

#include "unit/delivery/delivery_fixture.hpp"

namespace nip::delivery {
namespace {

using namespace std::chrono_literals;
using router::strategy;
using testing::HasSubstr;

/// Two or three targets of which "a" fails.
class left_out : public delivery_fixture {
 protected:
  void SetUp() override {
    options chosen;
    chosen.retry_reserve = 1'000'000;  // retries go at their own pace
    start(chosen);
    for (const char* each : {"a", "b", "c"}) {
      have(each);
      always(each, handled::done);
    }
    releases_ = true;
  }
  static router::planned_delivery patient(std::vector<std::string> names, strategy how) {
    auto out = to(std::move(names), how);
    out.retry = {.attempts = 3, .backoff = 1ms, .max_backoff = 1ms};
    return out;
  }
  static router::planned_delivery only_once(std::vector<std::string> names, strategy how) {
    auto out = to(std::move(names), how);
    out.retry.attempts = 1;
    return out;
  }
  const target& of(const std::string& name) const {
    return *dispatcher_->targets().find(name)->second;
  }
  breaker_state state(const std::string& name) { return of(name).breaker_.at(clock_.mono()); }
  /// Its breaker opens.
  void trip(const std::string& name) {
    const auto before = plugins_.of(name).on_work;
    always(name, handled::transient, "no");
    for (int i = 0; i < 5; ++i) send(only_once({name}, strategy::all));
    ASSERT_EQ(state(name), breaker_state::open);
    plugins_.of(name).on_work = before;
    for (const char* each : {"a", "b", "c"}) seen(each).clear();
  }
  void wait_until_half_open(const std::string& name) {
    pass(of(name).breaker_.half_open_from() - clock_.mono());
    ASSERT_EQ(state(name), breaker_state::half_open);
  }
};

TEST_F(left_out, FirstGoesToTheNextWhileTheFirstOnesBreakerIsOpen) {
  trip("a");
  for (int i = 0; i < 10; ++i) send(patient({"a", "b"}, strategy::first));
  EXPECT_EQ(seen("a").size(), 0U);
  EXPECT_EQ(seen("b").size(), 10U);
  EXPECT_EQ(of("a").stats_.opened.value(), 1U);
}

TEST_F(left_out, WeightedGivesTheSharesToTheOthers) {
  trip("a");
  for (int i = 0; i < 50; ++i) send(patient({"a", "b"}, strategy::weighted));
  EXPECT_EQ(seen("a").size(), 0U);
  EXPECT_EQ(seen("b").size(), 50U);
}

TEST_F(left_out, BestDoesNotEvenExploreThere) {
  trip("a");
  for (int i = 0; i < 900; ++i) send(patient({"a", "b"}, strategy::best));
  EXPECT_EQ(seen("a").size(), 0U);
}

TEST_F(left_out, TheOnlyTargetOfARuleStaysInIt) {
  trip("a");
  send(patient({"a"}, strategy::first));
  send(patient({"a"}, strategy::all));
  EXPECT_EQ(seen("a").size(), 2U);
}

TEST_F(left_out, AtMostHalfOfThemAreAndTheLastOneNever) {
  trip("a");
  pass(200ms);
  trip("b");
  for (int i = 0; i < 5; ++i) send(patient({"a", "b"}, strategy::first));
  EXPECT_EQ(seen("a").size() + seen("b").size(), 5U);
  EXPECT_TRUE(seen("a").empty() || seen("b").empty()) << "the one that opens first stays in";
}

TEST_F(left_out, AnUnhealthyOtherDoesNotTakeTheLastOnesPlace) {
  plugins_.of("b").health = {plugin::health_state::unhealthy, "sick"};
  send(patient({"b"}, strategy::all));  // makes the instance
  dispatcher_->check_health();
  trip("a");
  send(patient({"a", "b"}, strategy::first));
  EXPECT_EQ(seen("a").size(), 1U);
}

TEST_F(left_out, ThreeProbesThatSucceedBringItBack) {
  trip("a");
  wait_until_half_open("a");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(state("a"), breaker_state::half_open);
    send(patient({"b", "a"}, strategy::best));
  }
  EXPECT_EQ(seen("a").size(), 3U) << "the scorer would have taken the other";
  EXPECT_EQ(state("a"), breaker_state::closed);
  EXPECT_EQ(of("a").stats_.probes.value(), 3U);
  EXPECT_EQ(of("a").stats_.failure_rate(), 0) << "it starts anew with the scorer";
}

TEST_F(left_out, OneProbeAtATime) {
  trip("a");
  wait_until_half_open("a");
  plugins_.of("a").on_work = nullptr;
  for (int i = 0; i < 5; ++i) send(patient({"a", "b"}, strategy::first));
  EXPECT_EQ(seen("a").size(), 1U);
  EXPECT_EQ(seen("b").size(), 4U);
  answer(seen("a")[0]);
  send(patient({"a", "b"}, strategy::first));
  EXPECT_EQ(seen("a").size(), 2U);
}

TEST_F(left_out, AMessageWithOneAttemptIsNoProbe) {
  trip("a");
  wait_until_half_open("a");
  for (const auto how : {strategy::first, strategy::weighted, strategy::best})
    send(only_once({"a", "b"}, how));
  EXPECT_EQ(seen("a").size(), 0U);
  EXPECT_EQ(seen("b").size(), 3U);
}

TEST_F(left_out, AFailedProbeIsTriedElsewhereAndKeepsItOutLonger) {
  trip("a");
  wait_until_half_open("a");
  always("a", handled::transient, "still no");
  send(patient({"a", "b"}, strategy::first));
  pass(2ms);
  EXPECT_EQ(seen("a").size(), 1U);
  EXPECT_EQ(seen("b").size(), 1U);
  EXPECT_EQ(state("a"), breaker_state::open);
  EXPECT_GE(of("a").breaker_.half_open_from() - clock_.mono(), 1900ms);
}

TEST_F(left_out, AProbeThatHangsLeavesHalfOfTheMessagesTime) {
  trip("a");
  wait_until_half_open("a");
  plugins_.of("a").on_work = nullptr;
  auto one = patient({"a", "b"}, strategy::first);
  one.timeout = 4s;
  send(one);
  ASSERT_EQ(seen("a").size(), 1U);
  pass(2100ms);
  EXPECT_EQ(seen("b").size(), 1U);
  EXPECT_EQ(outcomes_.back().kind, bus::outcome_kind::done);
}

TEST_F(left_out, WhatWaitsForItChoosesAgain) {
  plugins_.of("a").on_work = nullptr;
  plugins_.of("a").in_flight_max = 5;
  for (int i = 0; i < 5; ++i) send(only_once({"a"}, strategy::all));
  for (int i = 0; i < 12; ++i) send(patient({"a", "b"}, strategy::first));
  auto& bound = send(patient({"a"}, strategy::all));
  ASSERT_EQ(of("a").queued(), 13U);
  // Each of the first four failures makes room for one that waits.
  for (int i = 0; i < 5; ++i) answer(seen("a")[i], handled::transient, "no");
  EXPECT_EQ(seen("b").size(), 8U);
  EXPECT_EQ(of("a").stats_.moved.value(), 8U);
  EXPECT_EQ(bound.deliveries[0]->to, &of("a")) << "it has no other";
}

TEST_F(left_out, NothingIsWhenTheShareIsZero) {
  options chosen;
  chosen.breaker.left_out_share = 0;
  start(chosen);
  for (const char* each : {"a", "b"}) have(each);
  trip("a");
  send(patient({"a", "b"}, strategy::first));
  EXPECT_EQ(seen("a").size(), 1U);
}

TEST_F(left_out, MessagesThatAreRefusedForGoodDoNotOpenIt) {
  always("a", handled::permanent, "never");
  for (int i = 0; i < 50; ++i) send(patient({"a"}, strategy::all));
  EXPECT_EQ(state("a"), breaker_state::closed);
}

TEST_F(left_out, AttemptsThatAreNotAnsweredOpenIt) {
  plugins_.of("a").on_work = nullptr;
  for (int i = 0; i < 5; ++i) send(only_once({"a"}, strategy::all));
  pass(31s);
  EXPECT_EQ(of("a").stats_.opened.value(), 1U);
}

TEST_F(left_out, NewCodeBeginsWithAClosedBreaker) {
  trip("a");
  have("a");
  EXPECT_EQ(state("a"), breaker_state::closed);
}

TEST_F(left_out, TheChoiceIsExplained) {
  releases_ = false;
  trip("a");
  auto& f = send(patient({"a", "b"}, strategy::first));
  ASSERT_EQ(f.deliveries[0]->scores.size(), 2U);
  EXPECT_EQ(f.deliveries[0]->scores[0].why, router::absence::breaker);
  EXPECT_FALSE(f.deliveries[0]->scores[0].available);
  EXPECT_FALSE(f.deliveries[0]->probe);
  wait_until_half_open("a");
  auto& probe = send(patient({"a", "b"}, strategy::first));
  EXPECT_TRUE(probe.deliveries[0]->probe);
}

/// A plugin that says it is unhealthy because of its failures, as the webhook does.
class unhealthy : public left_out {
 protected:
  void SetUp() override {
    left_out::SetUp();
    send(patient({"a"}, strategy::all));
    plugins_.of("a").health = {plugin::health_state::unhealthy, "5 failures in a row"};
    dispatcher_->check_health();
    seen("a").clear();
  }
};

TEST_F(unhealthy, OneMessageAMinuteTriesIt) {
  for (const auto how : {strategy::best, strategy::first, strategy::weighted}) {
    for (int i = 0; i < 20; ++i) send(patient({"a", "b"}, how));
    EXPECT_EQ(seen("a").size(), 0U);
    pass(60s);
    dispatcher_->check_health();
    for (int i = 0; i < 20; ++i) send(patient({"a", "b"}, how));
    EXPECT_EQ(seen("a").size(), 1U) << router::to_string(how);
    seen("a").clear();
  }
}

TEST_F(unhealthy, AMessageWithOneAttemptDoesNotTryIt) {
  pass(60s);
  for (int i = 0; i < 20; ++i) send(only_once({"a", "b"}, strategy::first));
  EXPECT_EQ(seen("a").size(), 0U);
}

TEST_F(unhealthy, OnceItIsWellAgainItIsChosenAsBefore) {
  pass(60s);
  send(patient({"a", "b"}, strategy::first));
  plugins_.of("a").health = {};
  dispatcher_->check_health();
  for (int i = 0; i < 5; ++i) send(patient({"a", "b"}, strategy::first));
  EXPECT_EQ(seen("a").size(), 6U);
}

}  // namespace
}  // namespace nip::delivery
