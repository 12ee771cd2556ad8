#include <gmock/gmock.h>

#include "unit/broker/house_fixture.hpp"

namespace nip::broker {
namespace {

using namespace std::chrono_literals;
using bus::outcome_kind;
using testing::ElementsAre;
using testing::IsEmpty;

using recovery = house_fixture;

TEST_F(recovery, ResumesExactlyTheDeliveriesThatAreNotDoneUnderTheirOldPlan) {
  always("echo", handled::done);
  put_up();
  send(R"({"id":"x","type":"t"})");
  ASSERT_EQ(seen("fraud").size(), 1U);
  tear_down();
  put_up({{{"id", "other"}, {"to", "echo"}}});
  EXPECT_EQ(whole_->resumed(), 1U);
  EXPECT_THAT(seen("echo"), IsEmpty());
  ASSERT_EQ(seen("fraud").size(), 1U);
  EXPECT_EQ(seen("fraud")[0].rule, "r");
  EXPECT_EQ(seen("fraud")[0].slot, 1);
  EXPECT_EQ(seen("fraud")[0].message->view().id, "x");
}

TEST_F(recovery, WhatIsDoneStaysDoneAndItsKeyIsStillKnown) {
  always("echo", handled::done);
  always("fraud", handled::done);
  put_up();
  send(R"({"id":"x","type":"t"})");
  tear_down();
  put_up();
  EXPECT_EQ(whole_->resumed(), 0U);
  send(R"({"id":"x","type":"t"})");
  EXPECT_TRUE(client_.accepted.back().duplicate);
  EXPECT_EQ(client_.accepted.back().seq, 1U);
  EXPECT_THAT(seen("echo"), IsEmpty());
}

TEST_F(recovery, ARetryKeepsItsAttemptsAndItsBackoff) {
  always("echo", handled::transient, "busy");
  put_up({{{"id", "r"}, {"to", "echo"}, {"retry", {{"backoff", "10s"}, {"max_backoff", "10s"}}}}});
  send(R"({"type":"t"})");
  ASSERT_EQ(events_.ended.size(), 1U);
  const auto due = events_.ended[0].record.next_at - clock_.wall();
  tear_down();
  put_up();
  EXPECT_THAT(seen("echo"), IsEmpty());
  pass_time(due + 2ms);
  ASSERT_GE(seen("echo").size(), 1U);
  EXPECT_EQ(seen("echo")[0].attempt, 2);
}

TEST_F(recovery, DeadLettersComeBackAndMayBeRedriven) {
  always("echo", handled::permanent, "no");
  always("fraud", handled::done);
  put_up();
  send(R"({"id":"x","type":"t"})");
  tear_down();
  put_up();
  const auto letters = dead();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0]["error"], "no");
  EXPECT_EQ(letters[0]["reason"], "permanent");
  EXPECT_EQ(letters[0]["target"], "echo");
  always("echo", handled::done);
  EXPECT_EQ(redrive()["redriven"], 1);
  EXPECT_EQ(seen("echo").size(), 1U);
  EXPECT_THAT(seen("fraud"), IsEmpty());
  EXPECT_EQ(dead().size(), 0U);
  tear_down();
  put_up();
  EXPECT_EQ(whole_->resumed(), 0U);
  EXPECT_EQ(dead().size(), 0U);
}

TEST_F(recovery, ARedriveThatDidNotFinishIsResumedAlsoWhenTheOtherDeliveryEndedLast) {
  always("echo", handled::permanent, "no");
  put_up();
  holds("fraud");
  send(R"({"id":"x","type":"t"})");
  // The other delivery is done after the dead one.
  plugin::completion said;
  said.token = seen("fraud").at(0).token;
  hosts_.at("fraud").first->complete(*hosts_.at("fraud").second, said);
  settle();
  holds("echo");
  EXPECT_EQ(redrive()["redriven"], 1);
  tear_down();
  clock_.advance(1h);
  put_up();
  EXPECT_EQ(whole_->resumed(), 1U);
  EXPECT_EQ(seen("echo").size(), 1U);
  EXPECT_THAT(seen("fraud"), IsEmpty());
  EXPECT_EQ(dead().size(), 0U);
}

TEST_F(recovery, OutcomesThatFitNoDeliveryAreLeftAlone) {
  put_up();
  send(R"({"id":"x","type":"t"})");
  for (const auto kind : {outcome_kind::done, outcome_kind::dead, outcome_kind::retry,
                          outcome_kind::redriven, outcome_kind::purged}) {
    bus::outcome_record record;
    record.seq = seq_t(1);
    record.delivery = 77;
    record.kind = kind;
    events_.ended.push_back({record.seq, kind, {}, {}, {}, record});
  }
  tear_down();
  put_up();
  EXPECT_EQ(whole_->resumed(), 1U);
  EXPECT_EQ(seen("echo").size() + seen("fraud").size(), 2U);
}

TEST_F(recovery, AnUnroutedDeadLetterIsRoutedAnewByARedrive) {
  put_up(json::array());
  events_.stored.push_back({seq_t(1),
                            R"({"id":"x","type":"t","timestamp":"2026-11-22T02:10:07Z"})",
                            R"({"deliveries":[],"dead":"unrouted"})",
                            0,
                            {}});
  events_.stored[0].record.seq = seq_t(1);
  events_.stored[0].record.tenant_seq = tenant_seq_t(1);
  events_.last = 1;
  tear_down();
  put_up();
  ASSERT_EQ(dead().size(), 1U);
  EXPECT_EQ(redrive()["redriven"], 1);
  ASSERT_EQ(seen("echo").size(), 1U);
  EXPECT_EQ(seen("echo")[0].message->view().causation_id, "x");
  EXPECT_EQ(dead().size(), 0U);
}

class durable_subscription : public recovery {
 protected:
  void SetUp() override {
    always("echo", handled::done);
    put_up({{{"id", "r"}, {"to", "echo"}}});
  }
  subscription_id join(std::string name, std::string from = {}, std::string filter = {}) {
    subscription wish;
    wish.who = &who_;
    wish.name = std::move(name);
    wish.from = std::move(from);
    wish.filter = std::move(filter);
    wish.to = {1, 1, 0};
    const auto made = whole_->at(0).subscribe(wish);
    EXPECT_TRUE(made) << made.error().detail;
    settle();
    return *made;
  }
  std::vector<std::string> heard() { return std::exchange(client_.events, {}); }
  void acknowledge(subscription_id sub, std::uint64_t seq) {
    ASSERT_TRUE(whole_->at(0).acknowledge(sub, {tenant_seq_t(seq)}));
    settle();
    pass_time(60ms);
  }
};

TEST_F(durable_subscription, BeginsWhereItSaysAndGoesOnLiveWithoutAGap) {
  send(R"({"type":"a"})");
  send(R"({"type":"b"})");
  join("", R"("earliest")");
  send(R"({"type":"c"})");
  EXPECT_THAT(heard(), ElementsAre("1 a", "1 b", "1 c"));
  join("", "2");
  EXPECT_THAT(heard(), ElementsAre("2 b", "2 c"));
}

TEST_F(durable_subscription, HearsOnlyWhatItsFilterWants) {
  send(R"({"type":"a"})");
  join("w", R"("earliest")", "message.type != \"a\"");
  send(R"({"type":"b"})");
  EXPECT_THAT(heard(), ElementsAre("1 b"));
}

TEST_F(durable_subscription, GoesOnBehindItsCursorAfterARestart) {
  auto sub = join("w", R"("earliest")");
  send(R"({"type":"a"})");
  send(R"({"type":"b"})");
  send(R"({"type":"c"})");
  EXPECT_THAT(heard(), ElementsAre("1 a", "1 b", "1 c"));
  acknowledge(sub, 1);
  acknowledge(sub, 3);
  tear_down();
  put_up({{{"id", "r"}, {"to", "echo"}}});
  join("w");
  EXPECT_THAT(heard(), ElementsAre("1 b")) << "only that was not acknowledged";
}

TEST_F(durable_subscription, MembersShareTheWork) {
  join("w");
  join("w");
  for (int i = 0; i < 4; ++i) send(R"({"type":"a"})");
  EXPECT_THAT(heard(), testing::UnorderedElementsAre("1 a", "1 a", "2 a", "2 a"));
}

TEST_F(durable_subscription, WhatALeavingMemberHadGoesToTheOther) {
  const auto first = join("w");
  send(R"({"type":"a"})");
  EXPECT_THAT(heard(), ElementsAre("1 a"));
  join("w");
  ASSERT_TRUE(whole_->at(0).unsubscribe(first));
  settle();
  EXPECT_THAT(heard(), ElementsAre("2 a"));
}

TEST_F(durable_subscription, ANackGivesAgainAfterItsDelay) {
  const auto sub = join("w");
  send(R"({"type":"a"})");
  heard();
  ASSERT_TRUE(whole_->at(0).reject(sub, tenant_seq_t(1), 2s));
  settle();
  pass_time(1900ms);
  EXPECT_THAT(heard(), IsEmpty());
  pass_time(200ms);
  EXPECT_THAT(heard(), ElementsAre("1 a"));
}

TEST_F(durable_subscription, AnotherDefinitionUnderTheSameNameIsRefused) {
  join("w");
  join("w", {}, "true");
  ASSERT_EQ(client_.endings_by_feed.size(), 1U);
  EXPECT_EQ(client_.endings_by_feed[0].code, errc::conflict);
}

TEST_F(durable_subscription, WhatTheSessionCannotTakeComesAgain) {
  const auto sub = join("w");
  client_.takes = 0;
  send(R"({"type":"a"})");
  EXPECT_THAT(heard(), IsEmpty());
  client_.takes = SIZE_MAX;
  ASSERT_TRUE(whole_->at(0).add_credit(sub, 1));
  settle();
  EXPECT_THAT(heard(), ElementsAre("1 a"));
}

TEST_F(durable_subscription, IsListedAndEnded) {
  join("w");
  json items;
  whole_->list_subscriptions(0, who_, [&](result<json> said) { items = said.value()["items"]; });
  settle();
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0]["members"], 1);
  bool ended = false;
  whole_->end_subscription(0, who_, "w", [&](result<json> said) { ended = said.has_value(); });
  settle();
  EXPECT_TRUE(ended);
  EXPECT_EQ(client_.endings_by_feed.size(), 1U);
  whole_->end_subscription(0, who_, "w", [&](result<json> said) { ended = said.has_value(); });
  settle();
  EXPECT_FALSE(ended);
  tear_down();
  put_up({{{"id", "r"}, {"to", "echo"}}});
  whole_->list_subscriptions(0, who_, [&](result<json> said) { items = said.value()["items"]; });
  settle();
  EXPECT_EQ(items.size(), 0U);
}

TEST_F(durable_subscription, AnAckToALiveSubscriptionIsRefused) {
  subscription wish;
  wish.who = &who_;
  wish.to = {1, 1, 0};
  const auto live = whole_->at(0).subscribe(wish);
  ASSERT_TRUE(live);
  EXPECT_EQ(whole_->at(0).acknowledge(*live, {tenant_seq_t(1)}).error().code,
            errc::invalid_argument);
}

}  // namespace
}  // namespace nip::broker
