#include "broker/history.hpp"

#include <gtest/gtest.h>

#include "broker_fixture.hpp"

namespace nip::broker {
namespace {

using nlohmann::json;

std::string numbered(int number, std::size_t filling = 0) {
  return R"({"id":"m)" + std::to_string(number) + R"(","type":"t","data":")" +
         std::string(filling, 'x') + R"("})";
}

class message_history : public shard_fixture {
 protected:
  void start_with(std::uint32_t messages, std::uint64_t bytes, json rules = json::array()) {
    options chosen;
    chosen.delivery.remembered_max = messages;
    chosen.remembered_bytes_max = bytes;
    chosen.timing_sample = 0;
    start(chosen, std::move(rules), {"p", "q"});
    always("p", handled::done);
    always("q", handled::done);
  }
  bool knows(int number) {
    return !shard_->state_of(default_tenant, "m" + std::to_string(number)).is_null();
  }
  std::size_t flights() {
    std::size_t count = 0;
    shard_->deliveries().for_each_flight([&](const delivery::flight&) { ++count; });
    return count;
  }
};

TEST_F(message_history, AMessageThatWentWellIsToldAsIfItsFlightWereThere) {
  start_with(10, 1 << 20, {{{"id", "r"}, {"to", {"p", "q"}}}});
  send(R"({"id":"m1","type":"t","data":{"n":[1,2]}})");
  EXPECT_EQ(flights(), 0U);
  const auto state = shard_->state_of(default_tenant, "m1");
  EXPECT_EQ(state["state"], "done");
  EXPECT_EQ(state["message"]["data"], (json{{"n", {1, 2}}}));
  ASSERT_EQ(state["deliveries"].size(), 2U);
  EXPECT_EQ(state["deliveries"][1], (json{{"rule", "r"},
                                          {"slot", 1},
                                          {"strategy", "all"},
                                          {"state", "done"},
                                          {"attempts", 1},
                                          {"target", "q"}}));
  const auto told = shard_->explanation_of(default_tenant, "m1");
  EXPECT_EQ(told["deliveries"][0]["attempts_made"][0]["plugin"], "p");
  EXPECT_EQ(told["generation"], 1);
}

TEST_F(message_history, AMessageWithAStoryKeepsItsFlight) {
  start_with(10, 1 << 20, {{{"id", "r"}, {"to", {"p", "q"}}, {"strategy", "best"}}});
  send(numbered(1));
  EXPECT_EQ(flights(), 1U);
  EXPECT_TRUE(
      shard_->explanation_of(default_tenant, "m1")["deliveries"][0]["candidates"][0].contains(
          "score"));
}

TEST_F(message_history, AnIdWithEscapesIsFound) {
  start_with(10, 1 << 20);
  send(R"({"id":"a\u0041\n","type":"t"})");
  send(R"({"id":"b\u0042","type":"t"})");
  EXPECT_FALSE(shard_->state_of(default_tenant, "bB").is_null());
}

TEST_F(message_history, TheNewestOfEqualIdsIsFound) {
  start_with(10, 1 << 20);
  send(R"({"id":"m1","type":"old"})", message::ack_level::memory);
  clock_.advance(std::chrono::minutes(11));  // beyond the idempotency window
  send(R"({"id":"m1","type":"new"})", message::ack_level::memory);
  EXPECT_EQ(shard_->explanation_of(default_tenant, "m1")["type"], "new");
}

TEST_F(message_history, HoldsAtMostItsMessages) {
  start_with(10, 1 << 20);
  for (int i = 0; i < 50; ++i) send(numbered(i));
  EXPECT_FALSE(knows(39));
  for (int i = 40; i < 50; ++i) EXPECT_TRUE(knows(i)) << i;
}

TEST_F(message_history, HoldsAtMostItsBytesWhateverTheSizesAre) {
  start_with(1000, 4096);
  for (int i = 0; i < 400; ++i) {
    send(numbered(i, static_cast<std::size_t>(i * 37 % 900)));
    ASSERT_TRUE(knows(i)) << i;
    // What is known at all is known without a hole, and says what was sent.
    int oldest = i;
    while (oldest > 0 && knows(oldest - 1)) --oldest;
    for (int j = 0; j < oldest; ++j) ASSERT_FALSE(knows(j)) << j << " of " << i;
    for (int j = oldest; j <= i; ++j)
      ASSERT_EQ(shard_->state_of(default_tenant, "m" + std::to_string(j))["message"]["data"],
                std::string(static_cast<std::size_t>(j * 37 % 900), 'x'));
  }
}

TEST_F(message_history, AMessageLargerThanAllOfItIsForgottenAtOnce) {
  start_with(1000, 512);
  send(numbered(1));
  send(numbered(2, 2000));
  EXPECT_FALSE(knows(2));
  EXPECT_EQ(flights(), 0U);
}

TEST_F(message_history, OfNoSizeRemembersNothing) {
  start_with(0, 0, {{{"id", "r"}, {"to", {"p", "q"}}, {"strategy", "best"}}});
  send(numbered(1));
  EXPECT_FALSE(knows(1));
  EXPECT_EQ(flights(), 0U);
}

TEST_F(message_history, StoriesAndNotesShareOneBound) {
  start_with(
      10, 1 << 20,
      {{{"id", "r"}, {"when", "message.type == \"s\""}, {"to", {"p", "q"}}, {"strategy", "best"}}});
  for (int i = 0; i < 40; ++i)
    send(R"({"id":"m)" + std::to_string(i) + R"(","type":")" + (i % 3 == 0 ? "s" : "t") + R"("})");
  int known = 0;
  for (int i = 0; i < 40; ++i) known += knows(i) ? 1 : 0;
  EXPECT_EQ(known, 10);
  EXPECT_TRUE(knows(30));
}

}  // namespace
}  // namespace nip::broker
