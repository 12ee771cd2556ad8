#include <gmock/gmock.h>

#include "unit/broker/broker_fixture.hpp"

namespace nip::broker {
namespace {

using message::ack_level;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

class acceptance : public shard_fixture {
 protected:
  static json to_p() { return {{{"id", "r"}, {"to", "p"}}}; }
  void begin(options chosen = {}) {
    start(chosen, to_p(), {"p"});
    always("p", handled::done);
  }
  error refusal(std::string_view text) {
    client_.refused.clear();
    send(text);
    EXPECT_EQ(client_.refused.size(), 1U);
    return client_.refused.empty() ? error{} : client_.refused[0];
  }
  std::vector<plugin::work>& seen() { return plugins_.of("p").seen; }
};

TEST_F(acceptance, MemoryIsAnsweredAndDeliveredAtOnceAndNeverWritten) {
  begin();
  send(R"({"type":"t"})", ack_level::memory);
  ASSERT_EQ(client_.accepted.size(), 1U);
  EXPECT_EQ(client_.accepted[0].seq, 0U);
  EXPECT_EQ(client_.accepted[0].level, ack_level::memory);
  EXPECT_EQ(seen().size(), 1U);
  EXPECT_THAT(events_.stored, IsEmpty());
  EXPECT_THAT(events_.ended, IsEmpty());
}

TEST_F(acceptance, BufferedIsAnsweredAfterTheAppendAndBeforeTheSync) {
  begin();
  events_.syncs_at_once = false;
  send(R"({"type":"t"})", ack_level::buffered);
  ASSERT_EQ(client_.accepted.size(), 1U);
  EXPECT_EQ(client_.accepted[0].seq, 1U);
  EXPECT_EQ(seen().size(), 1U);
  ASSERT_EQ(events_.stored.size(), 1U);
  EXPECT_EQ(events_.stored[0].flags, bus::buffered);
}

TEST_F(acceptance, FsyncIsNeitherAnsweredNorDeliveredNorSeenBeforeItIsDurable) {
  begin();
  ASSERT_TRUE(shard_->subscribe({.topic = {}, .filter = {}, .who = &who_, .to = {1, 1, 0}}));
  events_.syncs_at_once = false;
  send(R"({"type":"t"})");
  EXPECT_THAT(client_.accepted, IsEmpty());
  EXPECT_THAT(seen(), IsEmpty());
  EXPECT_THAT(client_.events, IsEmpty());
  events_.synced = seq_t(1);
  turn();
  ASSERT_EQ(client_.accepted.size(), 1U);
  EXPECT_EQ(client_.accepted[0].level, ack_level::fsync);
  EXPECT_EQ(seen().size(), 1U);
  EXPECT_THAT(client_.events, ElementsAre("1 t"));
  EXPECT_EQ(events_.ended.size(), 1U);
}

TEST_F(acceptance, DurableMessagesAreAnsweredInOrderAndOnlyAsFarAsTheyAre) {
  begin();
  events_.syncs_at_once = false;
  for (int i = 0; i < 3; ++i) submit(R"({"type":"t"})");
  turn();
  events_.synced = seq_t(2);
  turn();
  EXPECT_THAT(client_.order, ElementsAre("accepted 1", "accepted 2"));
  events_.synced = seq_t(3);
  turn();
  EXPECT_EQ(client_.order.back(), "accepted 3");
}

TEST_F(acceptance, ARulesAckIsAFloor) {
  start({}, {{{"id", "r"}, {"to", "p"}, {"ack", "fsync"}}}, {"p"});
  send(R"({"type":"t"})", ack_level::memory);
  ASSERT_EQ(client_.accepted.size(), 1U);
  EXPECT_EQ(client_.accepted[0].level, ack_level::fsync);
}

TEST_F(acceptance, RefusalsSayWhyAndLeaveNothing) {
  begin();
  EXPECT_EQ(refusal("{").code, errc::parse);
  EXPECT_EQ(refusal(R"({"data":1})").code, errc::invalid_argument);
  EXPECT_EQ(refusal(R"({"type":"t","metadata":{"tenant":"acme"}})").code, errc::forbidden);
  client_.refused.clear();
  send(R"({"type":"t"})", ack_level::replicated);
  EXPECT_EQ(client_.refused.at(0).code, errc::unsupported);
  EXPECT_THAT(events_.stored, IsEmpty());
  EXPECT_EQ(shard_->open_messages(), 0U);
  EXPECT_EQ(shard_->deliveries().memory_used(), 0);
}

TEST_F(acceptance, TheOwnTenantMayBeNamed) {
  begin();
  send(R"({"type":"t","metadata":{"tenant":"default"}})");
  EXPECT_EQ(client_.accepted.size(), 1U);
}

TEST_F(acceptance, UnmatchedMessagesAreKeptRefusedOrBuriedAsThePolicySays) {
  start({}, json::array());
  send(R"({"type":"t"})");
  EXPECT_EQ(client_.accepted.size(), 1U);
  EXPECT_EQ(shard_->open_messages(), 0U);
  EXPECT_EQ(refusal(R"({"type":"t","metadata":{"mandatory":true}})").code, errc::unroutable);
  options chosen;
  chosen.on_unrouted = unrouted::refuse;
  start(chosen, json::array());
  EXPECT_EQ(refusal(R"({"type":"t"})").code, errc::unroutable);
  chosen.on_unrouted = unrouted::dead_letter;
  start(chosen, json::array());
  send(R"({"type":"t"})");
  const auto letters = house_->dead.list(default_tenant, {0, 0}, 10);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].reason, "unrouted");
}

TEST_F(acceptance, AFailedAppendRefusesTheTurnButWhatNeedsNoJournal) {
  begin();
  events_.refuses = error{errc::storage_full, "full", {}};
  submit(R"({"type":"t"})");
  submit(R"({"type":"t"})", ack_level::memory);
  submit(R"({"type":"t"})", ack_level::buffered);
  turn();
  EXPECT_EQ(client_.refused.size(), 2U);
  EXPECT_EQ(client_.refused[0].code, errc::storage_full);
  EXPECT_EQ(client_.accepted.size(), 1U);
  EXPECT_EQ(seen().size(), 1U);
  EXPECT_EQ(shard_->open_messages(), 0U);
  EXPECT_EQ(shard_->deliveries().memory_used(), 0);
  events_.refuses.reset();
  send(R"({"type":"t"})");
  EXPECT_EQ(client_.accepted.size(), 2U);
}

TEST_F(acceptance, DrainingRefusesWhatIsNewAndEndsOnceNothingIsOpen) {
  begin();
  holds("p");
  send(R"({"type":"t"})");
  std::optional<std::size_t> left;
  shard_->drain(clock_.mono() + 10s, [&](std::size_t open) { left = open; });
  EXPECT_EQ(refusal(R"({"type":"t"})").code, errc::unavailable);
  EXPECT_FALSE(left);
  answer("p", "");
  turn();
  EXPECT_EQ(left, 0U);
}

TEST_F(acceptance, DrainingGivesUpAtItsDeadline) {
  begin();
  holds("p");
  send(R"({"type":"t"})");
  std::optional<std::size_t> left;
  shard_->drain(clock_.mono() + 10s, [&](std::size_t open) { left = open; });
  pass(10001ms);
  EXPECT_EQ(left, 1U);
}

class repeats : public acceptance {};

TEST_F(repeats, GetTheFirstOnesAnswerAndNoSecondDelivery) {
  begin();
  send(R"({"id":"x","type":"t"})");
  send(R"({"id":"x","type":"t"})");
  ASSERT_EQ(client_.accepted.size(), 2U);
  EXPECT_FALSE(client_.accepted[0].duplicate);
  EXPECT_TRUE(client_.accepted[1].duplicate);
  EXPECT_EQ(client_.accepted[1].seq, client_.accepted[0].seq);
  EXPECT_EQ(client_.accepted[1].id, "x");
  EXPECT_EQ(seen().size(), 1U);
}

TEST_F(repeats, WaitUntilTheFirstOneIsDurable) {
  begin();
  events_.syncs_at_once = false;
  submit(R"({"id":"x","type":"t"})");
  submit(R"({"id":"x","type":"t"})");
  turn();
  send(R"({"id":"x","type":"t"})");
  EXPECT_THAT(client_.accepted, IsEmpty());
  events_.synced = seq_t(1);
  turn();
  EXPECT_EQ(client_.accepted.size(), 3U);
  EXPECT_EQ(events_.stored.size(), 1U);
}

TEST_F(repeats, TakeThePlaceOfAFirstOneThatWasRefused) {
  begin();
  events_.refuses = error{errc::exhausted, "later", {}};
  submit(R"({"id":"x","type":"t"})");
  submit(R"({"id":"x","type":"t"})");
  shard_->end_turn();
  EXPECT_EQ(client_.refused.size(), 1U);
  events_.refuses.reset();
  turn();
  ASSERT_EQ(client_.accepted.size(), 1U);
  EXPECT_FALSE(client_.accepted[0].duplicate);
  EXPECT_EQ(client_.accepted[0].ordinal, 2U);
}

TEST_F(repeats, TheTransportsKeyCountsAndIsKeptInTheJournal) {
  begin();
  send(R"({"type":"t"})", {}, {}, "order-1");
  send(R"({"type":"t","data":5})", {}, {}, "order-1");
  send(R"({"type":"t"})", {}, {}, "order-2");
  ASSERT_EQ(client_.accepted.size(), 3U);
  EXPECT_TRUE(client_.accepted[1].duplicate);
  EXPECT_FALSE(client_.accepted[2].duplicate);
  EXPECT_EQ(events_.stored.size(), 2U);
  EXPECT_TRUE(events_.stored[0].flags & bus::keyed);
  EXPECT_THAT(events_.stored[0].envelope, HasSubstr("order-1"));
}

TEST_F(repeats, TheEnvelopesOwnKeyGoesBeforeTheTransports) {
  begin();
  send(R"({"type":"t","metadata":{"idempotency_key":"own"}})", {}, {}, "a");
  send(R"({"type":"t","metadata":{"idempotency_key":"own"}})", {}, {}, "b");
  EXPECT_TRUE(client_.accepted.at(1).duplicate);
}

}  // namespace
}  // namespace nip::broker
