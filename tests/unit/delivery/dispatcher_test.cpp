#include "delivery/dispatcher.hpp"

#include <gmock/gmock.h>

#include "unit/delivery/delivery_fixture.hpp"

namespace nip::delivery {
namespace {

using namespace std::chrono_literals;
using bus::outcome_kind;
using router::strategy;
using testing::ElementsAre;
using testing::HasSubstr;

class dispatching : public delivery_fixture {
 protected:
  void SetUp() override {
    start();
    have("p");
  }
};

TEST_F(dispatching, ADoneAttemptEndsTheDeliveryAndClosesTheFlight) {
  auto& f = send(to({"p"}));
  ASSERT_EQ(seen("p").size(), 1U);
  EXPECT_EQ(seen("p")[0].seq, f.seq);
  EXPECT_EQ(seen("p")[0].rule, "r");
  EXPECT_EQ(seen("p")[0].attempt, 1);
  EXPECT_FALSE(seen("p")[0].wants_reply);
  EXPECT_EQ(state_of(f), delivery_state::running);
  EXPECT_TRUE(closed_.empty());
  answer(seen("p")[0]);
  EXPECT_EQ(state_of(f), delivery_state::done);
  ASSERT_EQ(outcomes_.size(), 1U);
  EXPECT_EQ(outcomes_[0].kind, outcome_kind::done);
  EXPECT_THAT(closed_, ElementsAre(f.seq));
  EXPECT_EQ(dispatcher_->open_deliveries(), 0U);
}

TEST_F(dispatching, AFlightWithoutDeliveriesClosesAtOnce) {
  auto& f = board({});
  dispatcher_->launch(f);
  EXPECT_THAT(closed_, ElementsAre(f.seq));
}

TEST_F(dispatching, TransientFailuresAreRetriedWithBackoffUntilTheAttemptsAreUsedUp) {
  always("p", handled::transient, "busy");
  auto one = to({"p"});
  one.retry = {3, 100ms, 10s};
  auto& f = send(one);
  EXPECT_EQ(state_of(f), delivery_state::backing_off);
  ASSERT_EQ(outcomes_.size(), 1U);
  EXPECT_EQ(outcomes_[0].kind, outcome_kind::retry);
  EXPECT_EQ(outcomes_[0].error, "busy");
  EXPECT_GE(outcomes_[0].next, clock_.wall());
  EXPECT_LE(outcomes_[0].next, clock_.wall() + 100ms);
  pass(101ms);
  EXPECT_EQ(seen("p").size(), 2U);
  pass(201ms);
  ASSERT_EQ(seen("p").size(), 3U);
  EXPECT_EQ(seen("p")[2].attempt, 3);
  EXPECT_EQ(state_of(f), delivery_state::dead);
  EXPECT_EQ(outcomes_.back().kind, outcome_kind::dead);
  EXPECT_EQ(f.deliveries[0]->failures.size(), 3U);
  EXPECT_THAT(closed_, ElementsAre(f.seq));
}

TEST_F(dispatching, ARetryThatSucceedsIsDone) {
  auto& f = send(to({"p"}));
  answer(seen("p")[0], handled::transient, "once");
  pass(101ms);
  answer(seen("p").at(1));
  EXPECT_EQ(state_of(f), delivery_state::done);
}

TEST_F(dispatching, ThePluginsWishForAPauseIsKept) {
  send(to({"p"}));
  answer(seen("p")[0], handled::transient, "later", 5s);
  pass(4900ms);
  EXPECT_EQ(seen("p").size(), 1U);
  pass(200ms);
  EXPECT_EQ(seen("p").size(), 2U);
}

TEST_F(dispatching, APermanentFailureIsDeadAtOnce) {
  auto& f = send(to({"p"}));
  answer(seen("p")[0], handled::permanent, "never");
  EXPECT_EQ(state_of(f), delivery_state::dead);
  EXPECT_EQ(f.deliveries[0]->error, "never");
  pass(60s);
  EXPECT_EQ(seen("p").size(), 1U);
}

TEST_F(dispatching, AReplyThatIsNoEnvelopeIsThePluginsFault) {
  auto& f = send(to({"p"}));
  answer(seen("p")[0], handled::done, "garbage");
  EXPECT_EQ(state_of(f), delivery_state::dead);
  EXPECT_THAT(f.deliveries[0]->error, HasSubstr("plugin \"p\""));
}

TEST_F(dispatching, ADeadlineEndsADeliveryThatIsQueued) {
  plugins_.of("p").in_flight_max = 1;
  send(to({"p"}));
  auto one = to({"p"});
  one.timeout = 2s;
  auto& f = send(one);
  EXPECT_EQ(state_of(f), delivery_state::queued);
  pass(2100ms);
  EXPECT_EQ(state_of(f), delivery_state::expired);
  EXPECT_THAT(f.deliveries[0]->error, HasSubstr("after 0 attempts"));
  answer(seen("p")[0]);
  EXPECT_EQ(seen("p").size(), 1U) << "it left the queue";
}

TEST_F(dispatching, ADeadlineEndsADeliveryThatIsBackingOff) {
  auto one = to({"p"});
  one.timeout = 1s;
  auto& f = send(one);
  answer(seen("p")[0], handled::transient, "busy", 1min);
  pass(1100ms);
  EXPECT_EQ(state_of(f), delivery_state::expired);
  EXPECT_THAT(f.deliveries[0]->error, HasSubstr("last error: busy"));
}

TEST_F(dispatching, ADeadlineEndsADeliveryThatIsRunning) {
  auto one = to({"p"});
  one.timeout = 1s;
  auto& f = send(one);
  EXPECT_EQ(seen("p")[0].deadline, clock_.mono() + 1s);
  pass(1100ms);
  EXPECT_EQ(state_of(f), delivery_state::expired);
  EXPECT_THAT(plugins_.of("p").cancelled, ElementsAre(seen("p")[0].token));
}

TEST_F(dispatching, ARulesTimeoutCountsFromAcceptanceUnlessTheFlightIsAgeless) {
  for (const bool ageless : {false, true}) {
    auto one = to({"p"});
    one.timeout = 10s;
    auto& f = board({one});
    clock_.advance(8s);
    f.ageless = ageless;
    dispatcher_->launch(f);
    EXPECT_EQ(f.deliveries[0]->deadline, clock_.mono() + (ageless ? 10s : 2s));
  }
}

TEST_F(dispatching, AWallClockThatJumpsExpiresNothing) {
  auto one = to({"p"});
  one.timeout = 10s;
  auto& f = send(one);
  clock_.jump_wall(-24h);
  pass(9s);
  EXPECT_EQ(state_of(f), delivery_state::running);
  answer(seen("p")[0]);
  EXPECT_EQ(state_of(f), delivery_state::done);
}

TEST_F(dispatching, AnAttemptThatIsNotAnsweredIsGivenUpAndItsLateAnswerIgnored) {
  auto& f = send(to({"p"}));
  const auto first = seen("p")[0];
  pass(30001ms);
  EXPECT_EQ(state_of(f), delivery_state::backing_off);
  EXPECT_THAT(f.deliveries[0]->error, HasSubstr("did not answer within 30s"));
  EXPECT_THAT(plugins_.of("p").cancelled, ElementsAre(first.token));
  auto& p = *dispatcher_->targets().at("p");
  plugin::completion late;
  late.token = first.token;
  dispatcher_->complete(*p.instance_, late);
  EXPECT_EQ(p.stats_.late.value(), 1U);
  EXPECT_EQ(state_of(f), delivery_state::backing_off);
  pass(101ms);
  ASSERT_EQ(seen("p").size(), 2U);
  EXPECT_NE(seen("p")[1].token, first.token);
  EXPECT_EQ(p.in_flight_, 1U);
  answer(seen("p")[1]);
  EXPECT_EQ(state_of(f), delivery_state::done);
  EXPECT_EQ(p.in_flight_, 0U);
}

TEST_F(dispatching, BatchAndConcurrencyLimitsHold) {
  plugins_.of("p").in_flight_max = 10;
  have("p", true, 4);
  for (int i = 0; i < 25; ++i) dispatcher_->launch(board({to({"p"})}));
  dispatcher_->pump();
  EXPECT_THAT(plugins_.of("p").batches, ElementsAre(4U, 4U, 2U));
  answer(seen("p")[0]);
  EXPECT_EQ(seen("p").size(), 11U);
  EXPECT_EQ(dispatcher_->targets().at("p")->in_flight_, 10U);
}

TEST_F(dispatching, ManyMessagesReuseTheirFlightsAndSlots) {
  releases_ = true;
  always("p", handled::done);
  for (int i = 0; i < 10'000; ++i) {
    const auto& f = board({to({"p"})});
    auto& mine = const_cast<flight&>(f);
    dispatcher_->launch(mine);
    dispatcher_->pump();
    if (i == 0) continue;
    ASSERT_LT(static_cast<std::uint32_t>(seen("p").back().token), 2U) << "index into the slab";
  }
  EXPECT_EQ(closed_.size(), 10'000U);
  EXPECT_EQ(dispatcher_->open_deliveries(), 0U);
  EXPECT_EQ(dispatcher_->memory_used(), 0);
  int flights = 0;
  dispatcher_->for_each_flight([&](flight&) { ++flights; });
  EXPECT_EQ(flights, 0);
}

TEST_F(dispatching, GivingUpTheWaitLeavesTheDeliveryRunning) {
  auto& f = send(to({"p"}));
  f.waiting = true;
  dispatcher_->cancel_wait(f);
  EXPECT_FALSE(f.waiting);
  EXPECT_TRUE(plugins_.of("p").cancelled.empty());
  answer(seen("p")[0], handled::done, "{}");
  EXPECT_EQ(state_of(f), delivery_state::done);
  EXPECT_EQ(replies_.size(), 1U);
}

TEST_F(dispatching, ResumedDeliveriesKeepTheirAttemptsAndTheirBackoff) {
  have("q");
  auto& f = board_again({to({"p"}), to({"q"})});
  const resumption only{1, 3, clock_.mono() + 1s};
  dispatcher_->launch(f, {&only, 1}, false);
  dispatcher_->pump();
  EXPECT_TRUE(seen("q").empty());
  pass(1001ms);
  ASSERT_EQ(seen("q").size(), 1U);
  EXPECT_EQ(seen("q")[0].attempt, 4);
  EXPECT_TRUE(seen("p").empty());
}

class admission : public delivery_fixture {};

TEST_F(admission, IsRefusedWhenTheQueueIsFullAndNotOnceOneIsWithdrawn) {
  start({.queue_messages_max = 2});
  have("p");
  const router::plan_ptr plan(new router::plan(generation_id(1), {to({"p"})}, {}));
  const auto what = make(R"({"type":"t"})");
  ASSERT_TRUE(dispatcher_->admit(*plan, *what, false));
  ASSERT_TRUE(dispatcher_->admit(*plan, *what, false));
  const auto refused = dispatcher_->admit(*plan, *what, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::exhausted);
  EXPECT_THAT(refused.error().detail, HasSubstr("plugin \"p\" is full (2 messages"));
  dispatcher_->withdraw(*plan, *what);
  EXPECT_TRUE(dispatcher_->admit(*plan, *what, false));
}

TEST_F(admission, IsRefusedWhenMemoryIsUsedUpByPriority) {
  start({}, 1 << 20);
  const router::plan_ptr plan(new router::plan(generation_id(1), {}, {"t"}));
  const auto filler = make(R"({"type":"t","data":")" + std::string(100 << 10, 'x') + "\"}");
  const auto urgent = make(R"({"type":"t","metadata":{"priority":"critical"},"data":")" +
                           std::string(60 << 10, 'x') + "\"}");
  int count = 0;
  while (dispatcher_->admit(*plan, *filler, false)) ++count;
  EXPECT_GE(count, 7);
  EXPECT_THAT(dispatcher_->admit(*plan, *filler, false).error().detail,
              HasSubstr("memory budget of 1 MiB is used up for messages of priority normal"));
  EXPECT_TRUE(dispatcher_->admit(*plan, *urgent, false));
  dispatcher_->admit_anyway(*filler);
  for (int i = 0; i <= count; ++i) dispatcher_->settle(*filler);
  dispatcher_->settle(*urgent);
  EXPECT_EQ(dispatcher_->memory_used(), 0);
}

}  // namespace
}  // namespace nip::delivery
