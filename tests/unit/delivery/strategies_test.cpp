#include <gmock/gmock.h>

#include "unit/delivery/delivery_fixture.hpp"

namespace nip::delivery {
namespace {

using namespace std::chrono_literals;
using router::strategy;
using testing::ElementsAre;
using testing::HasSubstr;

class strategies : public delivery_fixture {
 protected:
  void SetUp() override {
    start();
    for (const char* each : {"a", "b", "c"}) have(each);
  }
};

TEST_F(strategies, AChainGivesEachStepsOutputToTheNext) {
  auto& f = send(to({"a", "b"}, strategy::chain));
  EXPECT_TRUE(seen("a").at(0).wants_reply) << "the step's output is needed";
  answer(seen("a")[0], handled::done, R"({"type":"made-by-a"})");
  ASSERT_EQ(seen("b").size(), 1U);
  EXPECT_EQ(seen("b")[0].message->view().type, "made-by-a");
  EXPECT_EQ(seen("b")[0].attempt, 1);
  EXPECT_FALSE(seen("b")[0].wants_reply);
  answer(seen("b")[0], handled::done, R"({"type":"made-by-b"})");
  EXPECT_THAT(replies_, ElementsAre(R"({"type":"made-by-b"})"));
  EXPECT_EQ(state_of(f), delivery_state::done);
}

TEST_F(strategies, AChainStepWithoutOutputFiltersTheMessageOut) {
  auto& f = send(to({"a", "b"}, strategy::chain));
  answer(seen("a")[0]);
  EXPECT_EQ(state_of(f), delivery_state::done);
  EXPECT_TRUE(seen("b").empty());
}

TEST_F(strategies, AFailedChainStepIsTriedAgainFromItself) {
  auto& f = send(to({"a", "b"}, strategy::chain));
  answer(seen("a")[0], handled::done, R"({"type":"made-by-a"})");
  answer(seen("b")[0], handled::transient, "busy");
  pass(101ms);
  EXPECT_EQ(seen("a").size(), 1U);
  ASSERT_EQ(seen("b").size(), 2U);
  EXPECT_EQ(seen("b")[1].message->view().type, "made-by-a");
  answer(seen("b")[1]);
  EXPECT_EQ(state_of(f), delivery_state::done);
}

TEST_F(strategies, AChainStepThatGivesGarbageIsDead) {
  auto& f = send(to({"a", "b"}, strategy::chain));
  answer(seen("a")[0], handled::done, "garbage");
  EXPECT_EQ(state_of(f), delivery_state::dead);
  EXPECT_THAT(f.deliveries[0]->error, HasSubstr("step 1 of the chain, plugin \"a\""));
}

TEST_F(strategies, FirstTakesTheFirstHealthyOne) {
  send(to({"a", "b"}, strategy::first));
  EXPECT_EQ(seen("a").size(), 1U);
  plugins_.of("a").health = {plugin::health_state::unhealthy, "sick"};
  dispatcher_->check_health();
  send(to({"a", "b"}, strategy::first));
  EXPECT_EQ(seen("b").size(), 1U);
  plugins_.of("a").health = {};
  dispatcher_->check_health();
  send(to({"a", "b"}, strategy::first));
  EXPECT_EQ(seen("a").size(), 2U);
}

TEST_F(strategies, NoAvailableTargetIsAFailedAttemptThatSaysWhy) {
  have("a", false);
  auto& f = send(to({"a", "away"}, strategy::first));
  EXPECT_EQ(state_of(f), delivery_state::backing_off);
  EXPECT_THAT(f.deliveries[0]->error, testing::AllOf(HasSubstr("\"a\" is disabled"),
                                                     HasSubstr("\"away\" is not installed")));
  have("a");
  pass(101ms);
  EXPECT_EQ(seen("a").size(), 1U);
}

TEST_F(strategies, ACandidateThatDidNotStartIsTriedAgainLater) {
  plugins_.of("a").start_failure = "no licence";
  auto& f = send(to({"a", "b"}, strategy::first));
  EXPECT_EQ(state_of(f), delivery_state::backing_off);
  EXPECT_THAT(f.deliveries[0]->error, HasSubstr("plugin \"a\" did not start: no licence"));
  pass(1001ms);
  EXPECT_EQ(seen("b").size(), 1U) << "the next attempt goes to the healthy one";
  plugins_.of("a").start_failure.clear();
  dispatcher_->check_health();
  send(to({"a", "b"}, strategy::first));
  EXPECT_EQ(seen("a").size(), 1U);
}

TEST_F(strategies, BestGoesToTheFasterOneOnceBothAreKnown) {
  for (int i = 0; i < 20; ++i) {
    auto& f = send(to({"a", "b"}, strategy::best));
    const auto* chosen = f.deliveries[0]->to;
    pass(chosen->name() == "a" ? 50ms : 2ms);
    answer(seen(chosen->name()).back());
    EXPECT_EQ(f.deliveries[0]->scores.size(), 2U);
  }
  EXPECT_GE(seen("a").size(), 1U) << "an unseen one is tried";
  EXPECT_GT(seen("b").size(), 15U);
  const auto scores = dispatcher_->scores(to({"a", "b"}, strategy::best));
  EXPECT_GT(scores[0].second.cost_ns, scores[1].second.cost_ns);
}

TEST_F(strategies, BestLeavesOneThatHasGoneSilent) {
  for (const char* each : {"a", "b"}) {
    send(to({each}));
    pass(each == std::string("a") ? 1ms : 20ms);
    answer(seen(each)[0]);
  }
  send(to({"a"}));  // it has something to do, and does not answer
  pass(5ms);
  send(to({"a", "b"}, strategy::best));
  EXPECT_EQ(seen("a").size(), 3U) << "20 ms elsewhere are longer still";
  pass(30ms);
  send(to({"a", "b"}, strategy::best));
  EXPECT_EQ(seen("a").size(), 3U);
  EXPECT_EQ(seen("b").size(), 2U);
}

TEST_F(strategies, LatencyIsKeptByHowMuchItsPluginHadToDo) {
  send(to({"a"}));
  send(to({"a"}));
  pass(10ms);
  answer(seen("a")[0]);
  pass(20ms);
  answer(seen("a")[1]);
  const auto& stats = dispatcher_->targets().find("a")->second->stats_;
  EXPECT_EQ(stats.median_ns(0), 10e6F);
  EXPECT_EQ(stats.median_ns(1), 30e6F);
}

TEST_F(strategies, WeightedFollowsTheSharesAndSticksToAnOrderingKey) {
  for (const char* each : {"a", "b"}) always(each, handled::done);
  auto one = to({"a", "b"}, strategy::weighted);
  one.targets[0].weight = 9;
  for (int i = 0; i < 500; ++i) send(one);
  EXPECT_NEAR(static_cast<double>(seen("a").size()), 450, 30);
  EXPECT_EQ(seen("a").size() + seen("b").size(), 500U);
  seen("a").clear();
  seen("b").clear();
  for (int i = 0; i < 50; ++i) send(one, R"({"type":"t","metadata":{"ordering_key":"k"}})");
  EXPECT_TRUE(seen("a").empty() || seen("b").empty());
}

class plugin_life : public strategies {};

TEST_F(plugin_life, ADisabledPluginHoldsItsQueueAndGoesOnWhenEnabled) {
  have("a", false);
  auto& f = send(to({"a"}));
  pass(1h);
  EXPECT_EQ(state_of(f), delivery_state::queued);
  EXPECT_EQ(plugins_.of("a").created, 0);
  have("a");
  dispatcher_->pump();
  ASSERT_EQ(seen("a").size(), 1U);
  EXPECT_EQ(seen("a")[0].attempt, 1);
}

TEST_F(plugin_life, AReplacedPluginIsDrainedWhileTheNewOneServes) {
  auto& old = send(to({"a"}));
  plugins_.of("a").holds_stop = true;
  have("a");
  EXPECT_TRUE(plugins_.of("a").stopping);
  auto& next = send(to({"a"}));
  EXPECT_EQ(plugins_.of("a").created, 2);
  EXPECT_EQ(plugins_.of("a").alive, 2);
  answer(seen("a")[0]);
  answer(seen("a")[1]);
  EXPECT_EQ(state_of(old), delivery_state::done);
  EXPECT_EQ(state_of(next), delivery_state::done);
  plugins_.of("a").stopping();
  EXPECT_EQ(plugins_.of("a").alive, 2) << "not destroyed inside its own call";
  loop_.drain();
  EXPECT_EQ(plugins_.of("a").alive, 1);
}

TEST_F(plugin_life, OneThatDoesNotStartFailsItsQueueAndIsTriedAgain) {
  plugins_.of("a").start_failure = "no licence";
  auto& f = send(to({"a"}));
  EXPECT_EQ(state_of(f), delivery_state::backing_off);
  EXPECT_THAT(f.deliveries[0]->error, HasSubstr("did not start: no licence"));
  EXPECT_EQ(outcomes_.size(), 1U);
  send(to({"a"}));
  EXPECT_EQ(plugins_.of("a").created, 1) << "not tried again at once";
  plugins_.of("a").start_failure.clear();
  pass(1100ms);
  EXPECT_EQ(plugins_.of("a").created, 2);
  EXPECT_EQ(seen("a").size(), 2U);
}

TEST_F(plugin_life, StopEndsEveryInstanceAndThenSaysSo) {
  send(to({"a"}));
  send(to({"b"}));
  plugins_.of("b").holds_stop = true;
  bool stopped = false;
  dispatcher_->stop([&] { stopped = true; });
  loop_.drain();
  EXPECT_FALSE(stopped);
  plugins_.of("b").stopping();
  loop_.drain();
  EXPECT_TRUE(stopped);
  EXPECT_EQ(plugins_.of("a").alive + plugins_.of("b").alive, 0);
  send(to({"c"}));
  EXPECT_TRUE(seen("c").empty()) << "nothing starts any more";
}

class ordered_delivery : public strategies {};

TEST_F(ordered_delivery, OneKeyRunsOneAtATimeAndARetryHoldsItBack) {
  auto& one = send(to({"a"}), R"({"type":"t"})", 5);
  auto& two = send(to({"a"}), R"({"type":"t"})", 5);
  send(to({"a"}), R"({"type":"t"})", 6);
  ASSERT_EQ(seen("a").size(), 2U) << "another key is not held back";
  EXPECT_EQ(state_of(two), delivery_state::held);
  answer(seen("a")[0], handled::transient, "busy");
  EXPECT_EQ(state_of(two), delivery_state::held);
  pass(101ms);
  ASSERT_EQ(seen("a").size(), 3U);
  EXPECT_EQ(seen("a")[2].seq, one.seq);
  answer(seen("a")[2]);
  ASSERT_EQ(seen("a").size(), 4U);
  EXPECT_EQ(seen("a")[3].seq, two.seq);
}

TEST_F(ordered_delivery, ADeadLetterLetsTheNextGoOn) {
  send(to({"a"}), R"({"type":"t"})", 5);
  auto& two = send(to({"a"}), R"({"type":"t"})", 5);
  answer(seen("a")[0], handled::permanent, "never");
  EXPECT_EQ(state_of(two), delivery_state::running);
}

TEST_F(ordered_delivery, OneThatExpiresInLineLetsTheOthersKeepTheirTurn) {
  send(to({"a"}), R"({"type":"t"})", 5);
  auto brief = to({"a"});
  brief.timeout = 1s;
  auto& two = send(brief, R"({"type":"t"})", 5);
  auto& three = send(to({"a"}), R"({"type":"t"})", 5);
  pass(1100ms);
  EXPECT_EQ(state_of(two), delivery_state::expired);
  EXPECT_EQ(state_of(three), delivery_state::held);
  answer(seen("a")[0]);
  EXPECT_EQ(state_of(three), delivery_state::running);
}

TEST_F(ordered_delivery, ALongLineOfFailuresEndsWithoutADeepStack) {
  always("a", handled::permanent, "never");
  for (int i = 0; i < 20'000; ++i) dispatcher_->launch(board({to({"a"})}, R"({"type":"t"})", {5}));
  dispatcher_->let_in(seq_t(20'001));
  for (int turn = 0; turn < 1000 && dispatcher_->open_deliveries() > 0; ++turn) dispatcher_->pump();
  EXPECT_EQ(closed_.size(), 20'000U);
  EXPECT_TRUE(std::ranges::is_sorted(closed_)) << "by seq";
}

TEST_F(ordered_delivery, NoneStartsWhileAnEarlierMessageMayStillCome) {
  auto& late = board({to({"a"})}, R"({"type":"t"})", {5});
  auto& early = board({to({"a"})}, R"({"type":"t"})", {5});
  std::swap(late.seq, early.seq);
  dispatcher_->launch(late);
  dispatcher_->let_in(early.seq);
  dispatcher_->pump();
  EXPECT_EQ(state_of(late), delivery_state::held);
  EXPECT_EQ(dispatcher_->first_in_lobby(), late.seq);
  dispatcher_->launch(early);
  dispatcher_->let_in(late.seq.next());
  dispatcher_->pump();
  EXPECT_EQ(state_of(early), delivery_state::running);
  EXPECT_EQ(state_of(late), delivery_state::held) << "one at a time";
  EXPECT_EQ(dispatcher_->first_in_lobby(), std::nullopt);
}

TEST_F(ordered_delivery, OneThatExpiresBeforeItsTurnIsKnownIsForgotten) {
  auto brief = to({"a"});
  brief.timeout = 1s;
  auto& one = board({brief}, R"({"type":"t"})", {5});
  dispatcher_->launch(one);
  pass(1100ms);
  EXPECT_EQ(state_of(one), delivery_state::expired);
  dispatcher_->let_in(one.seq.next());
  EXPECT_EQ(state_of(one), delivery_state::expired);
  EXPECT_TRUE(seen("a").empty());
}

TEST_F(ordered_delivery, AResumedOneWaitsOutItsBackoffAndHoldsItsKeyBack) {
  auto& resumed = board_again({to({"a"})}, {5});
  const resumption after{0, 2, clock_.mono() + 500ms};
  dispatcher_->launch(resumed, {&after, 1}, false);
  auto& next = send(to({"a"}), R"({"type":"t"})", 5);
  EXPECT_EQ(state_of(resumed), delivery_state::backing_off);
  EXPECT_EQ(state_of(next), delivery_state::held);
  pass(501ms);
  ASSERT_EQ(seen("a").size(), 1U);
  EXPECT_EQ(seen("a")[0].seq, resumed.seq);
  EXPECT_EQ(seen("a")[0].attempt, 3);
}

}  // namespace
}  // namespace nip::delivery
