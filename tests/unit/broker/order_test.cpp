// Two shards over one journal: ordered deliveries start by seq, whichever shard took the message.
#include <gmock/gmock.h>

#include "unit/broker/broker_fixture.hpp"

namespace nip::broker {
namespace {

using delivery::plugin_script;
using message::ack_level;
using testing::ElementsAre;
using testing::IsEmpty;

class order_across_shards : public shard_fixture {
 protected:
  void SetUp() override {
    house_ = std::make_unique<shared>(options{}, events_, plugins_);
    const auto first =
        made({{{"id", "r"}, {"to", "echo"}, {"order", "message.data.key"}}}, {"echo"});
    for (unsigned i = 0; i < 2; ++i) house_->peers.push_back(std::make_unique<shared::peer>());
    for (unsigned i = 0; i < 2; ++i) {
      shards_.push_back(std::make_unique<shard>(
          shard_surroundings{i, loops_[i], clock_, random_, timers_}, *house_, first));
      shards_[i]->attach(client_);
      house_->peers[i]->which = shards_[i].get();
      house_->peers[i]->loop = &loops_[i];
    }
    events_.syncs_at_once = false;
    always("echo", handled::done);
  }
  ~order_across_shards() override { shards_.clear(); }

  /// Shard `number` takes a message of the only key and numbers it; nothing runs elsewhere.
  void take(unsigned number, std::optional<ack_level> level = {}) {
    std::string text = R"({"type":"t","data":{"key":"k"}})";
    const auto size = text.size();
    text.append(message::message::padding, '\0');
    submission what;
    what.text = std::string_view(text).substr(0, size);
    what.who = &who_;
    what.level = level;
    what.from = {1, 1, ++ordinal_};
    shards_[number]->submit(what);
    shards_[number]->end_turn();
  }
  void turn(unsigned number) {
    loops_[number].drain();
    shards_[number]->end_turn();
  }
  void settle() {
    for (int i = 0; i < 6; ++i) {
      turn(0);
      turn(1);
    }
  }
  std::vector<std::uint64_t> delivered() {
    std::vector<std::uint64_t> out;
    for (const auto& each : plugins_.of("echo").seen) out.push_back(each.seq.value);
    return out;
  }

  list_executor loops_[2];
  std::vector<std::unique_ptr<shard>> shards_;
};

TEST_F(order_across_shards, AShardThatLagsBehindHoldsLaterMessagesOfTheKeyBack) {
  take(0);
  take(1);
  events_.synced = seq_t(2);
  turn(1);
  turn(1);
  EXPECT_THAT(delivered(), IsEmpty()) << "shard 0 has not launched seq 1 yet";
  settle();
  EXPECT_THAT(delivered(), ElementsAre(1, 2));
}

TEST_F(order_across_shards, TheOtherWayRoundToo) {
  take(1);
  take(0);
  events_.synced = seq_t(2);
  turn(0);
  turn(0);
  EXPECT_THAT(delivered(), IsEmpty());
  settle();
  EXPECT_THAT(delivered(), ElementsAre(1, 2));
}

TEST_F(order_across_shards, BufferedMessagesDoNotOvertakeThoseThatWaitForTheDisk) {
  take(0);
  take(0, ack_level::buffered);
  take(1, ack_level::buffered);
  settle();
  EXPECT_THAT(delivered(), IsEmpty());
  events_.synced = seq_t(3);
  settle();
  EXPECT_THAT(delivered(), ElementsAre(1, 2, 3));
}

TEST_F(order_across_shards, NorThoseThatAreNumberedBetweenALookAtTheShardsAndWhatComesOfIt) {
  std::vector<std::uint64_t> all;
  // Whichever of the two is the key's home: it looks while both shards have nothing to wait for.
  for (const unsigned home : {0U, 1U})
    for (const unsigned other : {0U, 1U}) {
      take(home);
      events_.synced = seq_t(events_.last);
      shards_[home]->end_turn();
      take(other);
      take(home, ack_level::buffered);
      settle();
      events_.synced = seq_t(events_.last);
      settle();
      for (int i = 0; i < 3; ++i) all.push_back(all.size() + 1);
      EXPECT_EQ(delivered(), all) << "home " << home << ", the other " << other;
    }
}

TEST_F(order_across_shards, MessagesOfMemoryWaitForNobody) {
  take(0);
  take(1, ack_level::memory);
  settle();
  EXPECT_EQ(delivered().size(), 1U);
  events_.synced = seq_t(1);
  settle();
  EXPECT_EQ(delivered().size(), 2U);
}

TEST_F(order_across_shards, ManyInTurnComeInTheOrderOfTheirNumbers) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t i = 0; i < 40; ++i) {
    take(i % 3 == 0 ? 1 : 0);
    all.push_back(i + 1);
    if (i % 7 == 0) events_.synced = seq_t(i);
    turn(i % 2);
  }
  events_.synced = seq_t(40);
  settle();
  EXPECT_EQ(delivered(), all);
}

TEST_F(order_across_shards, WhatARestartResumesComesBeforeWhatIsNew) {
  shards_[0]->expect_resumed(seq_t(1), 1);
  events_.last = 1;
  events_.synced = seq_t(1);
  take(1);
  events_.synced = seq_t(2);
  settle();
  EXPECT_THAT(delivered(), IsEmpty()) << "the journal still holds seq 1";
  shards_[0]->note_resumed();
  settle();
  EXPECT_THAT(delivered(), ElementsAre(2));
}

}  // namespace
}  // namespace nip::broker
