#include <gmock/gmock.h>

#include "unit/broker/broker_fixture.hpp"

namespace nip::broker {
namespace {

using message::ack_level;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

class replies : public shard_fixture {
 protected:
  void begin(json rule = {{"id", "r"}, {"to", "p"}}) { start({}, json::array({rule}), {"p", "q"}); }
};

TEST_F(replies, GoToTheWaitingCallerWithTheRequestsIdentity) {
  begin();
  always("p", handled::done, R"({"type":"answer","data":7})");
  send(R"({"id":"ask","type":"t"})", {}, 5s);
  EXPECT_THAT(client_.order, ElementsAre("accepted 1", "reply 1"));
  const auto reply = json::parse(client_.replies.at(0));
  EXPECT_EQ(reply["data"], 7);
  EXPECT_EQ(reply["correlation_id"], "ask");
  EXPECT_EQ(reply["source"], "p");
  EXPECT_EQ(reply["metadata"]["causation_id"], "ask");
  EXPECT_THAT(events_.ended.at(0).reply, HasSubstr("answer"));
}

TEST_F(replies, ALateOneIsKeptAndTheDeliveryGoesOn) {
  begin();
  holds("p");
  send(R"({"id":"ask","type":"t"})", {}, 1s);
  pass(1001ms);
  ASSERT_EQ(client_.endings.size(), 1U);
  EXPECT_EQ(client_.endings[0].first, no_reply::late);
  EXPECT_THAT(plugins_.of("p").cancelled, IsEmpty());
  answer("p", R"({"type":"answer"})");
  EXPECT_THAT(client_.replies, IsEmpty());
  const auto state = shard_->state_of(default_tenant, "ask");
  EXPECT_EQ(state["state"], "done");
  EXPECT_EQ(state["reply"]["type"], "answer");
}

TEST_F(replies, NoneAndFailureAreToldApart) {
  begin();
  always("p", handled::done);
  send(R"({"type":"t"})", {}, 5s);
  EXPECT_EQ(client_.endings.at(0).first, no_reply::none);
  always("p", handled::permanent, "broken");
  send(R"({"type":"t"})", {}, 5s);
  EXPECT_EQ(client_.endings.at(1).first, no_reply::failed);
  EXPECT_THAT(client_.endings[1].second, HasSubstr("plugin \"p\": dead: broken"));
  EXPECT_EQ(house_->dead.size(), 1U);
  EXPECT_EQ(house_->dead.list(default_tenant, {0, 0}, 1).at(0).reason, "permanent");
}

TEST_F(replies, TheFirstOneAnswersAndGatherWaitsForAll) {
  begin({{"id", "r"}, {"to", {"p", "q"}}});
  always("p", handled::done, R"({"type":"from-p"})");
  always("q", handled::done, R"({"type":"from-q"})");
  send(R"({"type":"t"})", {}, 5s);
  ASSERT_EQ(client_.replies.size(), 1U);
  EXPECT_THAT(client_.replies[0], HasSubstr("from-p"));
  begin({{"id", "r"}, {"to", {"p", "q"}}, {"gather", true}});
  send(R"({"type":"t"})", {}, 5s);
  ASSERT_EQ(client_.replies.size(), 2U);
  const auto all = json::parse(client_.replies[1]);
  ASSERT_EQ(all["data"].size(), 2U);
  EXPECT_EQ(all["data"][1]["type"], "from-q");
}

TEST_F(replies, WithoutACallerTheyGoToTheReplyTopic) {
  begin({{"id", "r"}, {"to", "p"}, {"when", "message.type == 'ask'"}});
  always("p", handled::done, R"({"type":"answer"})");
  ASSERT_TRUE(shard_->subscribe({.topic = "answers", .filter = {}, .who = &who_, .to = {1, 1, 0}}));
  send(R"({"type":"ask","metadata":{"reply_to":"answers"}})");
  EXPECT_THAT(client_.events, ElementsAre("1 answer"));
}

TEST_F(replies, TheLogSaysWhatBecameOfWhichMessageUnderWhichGeneration) {
  start({}, {{{"id", "r"}, {"to", "p"}, {"retry", {{"attempts", 2}, {"backoff", "1ms"}}}}}, {"p"});
  always("p", handled::transient, "busy");
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  send(R"({"id":"m-1","type":"t","metadata":{"traceparent":")" + trace + R"("}})");
  pass(10ms);
  std::istringstream lines(lines_.str());
  std::vector<std::string> texts;
  for (std::string line; std::getline(lines, line);) {
    const auto said = json::parse(line);
    EXPECT_EQ(said["message_id"], "m-1") << line;
    EXPECT_EQ(said["traceparent"], trace) << line;
    EXPECT_EQ(said["generation"], 1) << line;
    texts.push_back(said["level"].get<std::string>() + " " + said["text"].get<std::string>());
  }
  EXPECT_THAT(texts, testing::ElementsAre(
                         testing::HasSubstr("accepted type \"t\", seq 1, ack fsync"),
                         testing::HasSubstr("attempt 1 of 2 failed"),
                         testing::StartsWith("warning dead letter, exhausted, after 2 attempts")));
}

TEST_F(replies, AForgottenSessionHearsNothingMore) {
  begin();
  holds("p");
  send(R"({"id":"ask","type":"t"})", {}, 5s);
  shard_->forget({1, 1, 0});
  answer("p", R"({"type":"answer"})");
  EXPECT_THAT(client_.order, ElementsAre("accepted 1"));
  EXPECT_EQ(shard_->state_of(default_tenant, "ask")["state"], "done");
}

class emissions : public shard_fixture {
 protected:
  /// The plugin emits this for each message, caused by it, and is done.
  void emits(const std::string& name, std::string envelope) {
    plugins_.of(name).on_work = [envelope](plugin::host& host, plugin::instance& from,
                                           const plugin::work& what) {
      host.publish(from, {envelope, what.message, ack_level::memory, 0});
      host.complete(from, {.token = what.token});
    };
  }
};

TEST_F(emissions, WalkAsNewMessagesWithCauseAndHops) {
  start({},
        {{{"id", "a"}, {"to", "p"}, {"when", "message.type == 'first'"}},
         {{"id", "b"}, {"to", "q"}, {"when", "message.type == 'second'"}}},
        {"p", "q"});
  emits("p", R"({"type":"second"})");
  always("q", handled::done);
  send(R"({"id":"cause","type":"first"})");
  ASSERT_EQ(plugins_.of("q").seen.size(), 1U);
  const auto& view = plugins_.of("q").seen[0].message->view();
  EXPECT_EQ(view.causation_id, "cause");
  EXPECT_EQ(view.correlation_id, "cause");
  EXPECT_EQ(view.hops, 1);
  EXPECT_NE(view.id, "cause");
}

TEST_F(emissions, ALoopEndsAsADeadLetter) {
  start({}, {{{"id", "a"}, {"to", "p"}}}, {"p"});
  emits("p", R"({"type":"again"})");
  send(R"({"type":"first"})");
  EXPECT_EQ(plugins_.of("p").seen.size(), delivery::hops_max + 1U);
  const auto letters = house_->dead.list(default_tenant, {0, 0}, 10);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].reason, "loop");
  EXPECT_EQ(shard_->open_messages(), 0U);
}

TEST_F(emissions, GarbageIsRefusedAndCounted) {
  start({}, {{{"id", "a"}, {"to", "p"}}}, {"p"});
  emits("p", "garbage");
  send(R"({"type":"first"})");
  EXPECT_EQ(plugins_.of("p").seen.size(), 1U);
  EXPECT_EQ(shard_->counters().emitted.value(), 1U);
}

class state : public shard_fixture {};

TEST_F(state, IsKnownWhileOpenAndForAWhileAfter) {
  start({}, {{{"id", "r"}, {"to", {"p", "q"}}, {"strategy", "best"}}}, {"p", "q"});
  holds("p");
  send(R"({"id":"x","type":"t"})");
  EXPECT_EQ(shard_->state_of(default_tenant, "x")["state"], "delivering");
  EXPECT_TRUE(shard_->state_of(default_tenant, "y").is_null());
  EXPECT_TRUE(shard_->state_of(tenant_id(2), "x").is_null());
  answer("p", "");
  EXPECT_EQ(shard_->state_of(default_tenant, "x")["state"], "done");
  const auto told = shard_->explanation_of(default_tenant, "x");
  ASSERT_EQ(told["deliveries"][0]["candidates"].size(), 2U);
  EXPECT_TRUE(told["deliveries"][0]["candidates"][0].contains("score"));
  EXPECT_EQ(told["deliveries"][0]["attempts_made"][0]["outcome"], "done");
  EXPECT_EQ(told["generation"], 1);
}

TEST_F(state, FinishedMessagesAreRememberedWithinABound) {
  options chosen;
  chosen.delivery.remembered_max = 10;
  start(chosen, json::array());
  for (int i = 0; i < 50; ++i) send(R"({"id":"m)" + std::to_string(i) + R"(","type":"t"})");
  EXPECT_TRUE(shard_->state_of(default_tenant, "m39").is_null());
  EXPECT_FALSE(shard_->state_of(default_tenant, "m40").is_null());
  EXPECT_EQ(shard_->deliveries().memory_used(), 0);
}

}  // namespace
}  // namespace nip::broker
