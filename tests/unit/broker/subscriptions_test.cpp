#include "broker/subscriptions.hpp"

#include <gmock/gmock.h>

#include "unit/broker/broker_fixture.hpp"

namespace nip::broker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class subscribing : public shard_fixture {
 protected:
  void SetUp() override {
    chosen_.subscription_buffer_max = 3;
    chosen_.subscriptions_max = 4;
    start(chosen_, {{{"id", "r"}, {"to", "topic:orders.eu"}, {"when", "message.type == 'order'"}}});
  }
  subscription_id add(std::string topic, std::string filter = {}, std::uint64_t credit = 100,
                      overflow on_overflow = overflow::gap, caller to = {1, 1, 0}) {
    const auto made =
        shard_->subscribe({std::move(topic), std::move(filter), credit, on_overflow, &who_, to});
    EXPECT_TRUE(made) << made.error().detail;
    return made.value_or(subscription_id{});
  }
  void say(int count) {
    for (int i = 0; i < count; ++i) submit(R"({"type":"m)" + std::to_string(i) + R"("})");
    turn();
  }
  options chosen_;
};

TEST_F(subscribing, TopicsComeFromRulesAndFromTheMessage) {
  add("orders.*");
  add("orders.us");
  add("");
  send(R"({"type":"order"})");
  send(R"({"type":"own","metadata":{"topic":"orders.us"}})");
  EXPECT_THAT(client_.events, ElementsAre("1 order", "3 order", "1 own", "2 own", "3 own"));
}

TEST_F(subscribing, FiltersAreEvaluatedOnTheMessage) {
  add("", "message.data.n > 3");
  send(R"({"type":"a","data":{"n":4}})");
  send(R"({"type":"b","data":{"n":3}})");
  send(R"({"type":"c"})");
  EXPECT_THAT(client_.events, ElementsAre("1 a"));
}

TEST_F(subscribing, BadWishesAreRefused) {
  EXPECT_EQ(shard_->subscribe({.topic = "a..b", .filter = {}, .who = &who_, .to = {}}).error().code,
            errc::invalid_argument);
  EXPECT_EQ(
      shard_->subscribe({.topic = {}, .filter = "message.", .who = &who_, .to = {}}).error().code,
      errc::parse);
  for (int i = 0; i < 4; ++i) add("");
  EXPECT_EQ(shard_->subscribe({.topic = {}, .filter = {}, .who = &who_, .to = {}}).error().code,
            errc::exhausted);
  EXPECT_EQ(shard_->unsubscribe(subscription_id(99)).error().code, errc::not_found);
  EXPECT_EQ(shard_->add_credit(subscription_id(99), 1).error().code, errc::not_found);
}

TEST_F(subscribing, NoMoreThanTheCreditIsGivenAndTheRestWaits) {
  const auto sub = add("", "", 1);
  say(3);
  EXPECT_THAT(client_.events, ElementsAre("1 m0"));
  ASSERT_TRUE(shard_->add_credit(sub, 5));
  turn();
  EXPECT_THAT(client_.events, ElementsAre("1 m0", "1 m1", "1 m2"));
  EXPECT_THAT(client_.gaps, IsEmpty());
}

TEST_F(subscribing, AnOverflowIsToldAsAGapBehindWhatWasKept) {
  const auto sub = add("", "", 0);
  say(5);
  EXPECT_THAT(client_.gaps, IsEmpty()) << "not before what was buffered";
  ASSERT_TRUE(shard_->add_credit(sub, 100));
  turn();
  EXPECT_THAT(client_.events, ElementsAre("1 m0", "1 m1", "1 m2"));
  EXPECT_THAT(client_.gaps, ElementsAre(Pair(2U, false)));
  say(1);
  EXPECT_EQ(client_.events.back(), "1 m0");
  EXPECT_EQ(shard_->counters().missed.value(), 2U);
}

TEST_F(subscribing, ACutEndsTheSubscriptionAtOnce) {
  const auto sub = add("", "", 0, overflow::cut);
  say(5);
  EXPECT_THAT(client_.events, IsEmpty());
  EXPECT_THAT(client_.gaps, ElementsAre(Pair(2U, true)));
  EXPECT_FALSE(shard_->add_credit(sub, 1));
  EXPECT_EQ(house_->peers[0]->subscriptions.load(), 0U) << "other shards stop sending";
}

TEST_F(subscribing, ForgettingASessionEndsOnlyItsOwn) {
  add("", "", 100, overflow::gap, {1, 1, 0});
  add("", "", 100, overflow::gap, {1, 2, 0});
  shard_->forget({1, 1, 0});
  say(1);
  EXPECT_THAT(client_.events, ElementsAre("2 m0"));
  EXPECT_EQ(house_->peers[0]->subscriptions.load(), 1U);
}

TEST_F(subscribing, ForgettingASessionLeavesNoTraceOfIt) {
  const auto first = add("", "", 100, overflow::gap, {1, 1, 0});
  add("", "", 100, overflow::gap, {1, 1, 0});
  ASSERT_TRUE(shard_->unsubscribe(first));
  shard_->forget({1, 1, 0});
  shard_->forget({1, 1, 0});
  shard_->forget({7, 1, 0});
  EXPECT_EQ(house_->peers[0]->subscriptions.load(), 0U);
  add("", "", 100, overflow::gap, {1, 1, 0});
  say(1);
  EXPECT_THAT(client_.events, ElementsAre("3 m0"));
}

TEST_F(subscribing, AnEndedSubscriptionHearsNothingMore) {
  const auto sub = add("");
  submit(R"({"type":"t"})");
  ASSERT_TRUE(shard_->unsubscribe(sub));
  turn();
  EXPECT_THAT(client_.events, IsEmpty());
}

/// The subscriptions of a shard without the shard.
class filtering : public ::testing::Test {
 protected:
  subscription_id add(std::string filter) {
    const auto made = live_.add({.topic = {}, .filter = std::move(filter), .who = &who_, .to = {}});
    EXPECT_TRUE(made) << made.error().detail;
    return made.value_or(subscription_id{});
  }
  sighting seen(std::string json) {
    json.reserve(json.size() + message::message::padding);
    const auto parsed = codec_.parse(json);
    EXPECT_TRUE(parsed) << parsed.error().detail;
    message::acceptance filled;
    filled.id = "00000000-0000-7000-8000-000000000000";
    filled.tenant = default_tenant;
    return {message::make_message(pool_, *parsed, filled), nullptr, tenant_seq_t(++last_)};
  }
  std::size_t heard() {
    client_.events.clear();
    live_.flush(client_, given_, missed_);
    return client_.events.size();
  }

  options chosen_;
  message::codec codec_;
  buffer_pool pool_;
  message::principal who_;
  fake_client client_;
  observability::counter given_;
  observability::counter missed_;
  silent_listener feeds_;
  subscriptions live_{chosen_, codec_, feeds_};
  std::uint64_t last_ = 0;
};

TEST_F(filtering, EqualFiltersAreEvaluatedOnceAMessage) {
  for (int i = 0; i < 1000; ++i) add("message.data.n > 3");
  for (int i = 0; i < 1000; ++i) add("message.data.n > 4");
  live_.offer(seen(R"({"type":"a","data":{"n":4}})"));
  EXPECT_EQ(live_.evaluations(), 2U);
  EXPECT_EQ(heard(), 1000U);
  live_.offer(seen(R"({"type":"a","data":{"n":5}})"));
  EXPECT_EQ(live_.evaluations(), 4U);
  EXPECT_EQ(heard(), 2000U);
}

TEST_F(filtering, FiltersThatNobodyUsesAnyMoreAreWeededOut) {
  const auto stays = "message.data.n > 3";
  add(stays);
  for (int i = 0; i < 5000; ++i) {
    const auto id = add("message.data.order == " + std::to_string(i));
    ASSERT_TRUE(live_.remove(id));
    ASSERT_LE(live_.filters(), subscriptions::filters_kept + 1);
  }
  live_.offer(seen(R"({"type":"a","data":{"n":4}})"));
  EXPECT_EQ(heard(), 1U) << "who is still there hears as before";
}

TEST_F(filtering, FiltersInUseAreKept) {
  for (int i = 0; i < 3000; ++i) add("message.data.n == " + std::to_string(i));
  EXPECT_EQ(live_.filters(), 3000U);
  live_.offer(seen(R"({"type":"a","data":{"n":2999}})"));
  EXPECT_EQ(heard(), 1U);
}

}  // namespace
}  // namespace nip::broker
