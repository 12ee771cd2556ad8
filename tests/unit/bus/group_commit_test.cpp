// Many shards, one writer: what is synced together, who is woken, and what never asks for a sync.
#include <atomic>
#include <future>
#include <thread>

#include "unit/bus/journal_fixture.hpp"

namespace nip::bus {
namespace {

class group_commit : public journal_fixture {
 protected:
  /// Holds the writer in its next sync until release().
  void hold_next_sync() {
    disk.before_sync([this](const std::string&) {
      if (held_.exchange(true)) return;
      reached_.set_value();
      released_.get_future().wait();
    });
  }
  void wait_until_held() { reached_.get_future().wait(); }
  void release() { released_.set_value(); }

 private:
  std::atomic<bool> held_ = false;
  std::promise<void> reached_;
  std::promise<void> released_;
};

TEST_F(group_commit, WhatComesDuringASyncIsSyncedTogetherByTheNext) {
  open();
  std::array<std::atomic<int>, shards> wakes{};
  std::promise<void> all;
  for (unsigned shard = 0; shard < shards; ++shard)
    log->on_durable(shard, [&, shard] {
      ++wakes[shard];
      if (shard == shards - 1) all.set_value();
    });
  hold_next_sync();
  const std::string envelope = text(1);
  ASSERT_TRUE(append({message(envelope)}, {}, 0));
  wait_until_held();
  for (int turn = 0; turn < 10; ++turn)
    for (unsigned shard = 0; shard < shards; ++shard)
      ASSERT_TRUE(append({message(envelope)}, {}, shard));
  EXPECT_EQ(log->durable(), seq_t(0));
  release();
  all.get_future().wait();
  EXPECT_EQ(log->durable(), seq_t(41));
  log->close();
  EXPECT_EQ(log->stats().messages, 41u);
  EXPECT_EQ(wakes[0], 2);
  for (unsigned shard = 1; shard < shards; ++shard) EXPECT_EQ(wakes[shard], 1);
  // One for the first message, one for the forty, one for the closing mark.
  EXPECT_LE(log->stats().syncs, 2u);
}

TEST_F(group_commit, OutcomesAndBufferedMessagesDoNotAskForASync) {
  open();
  write(text(1));
  const auto before = log->stats();
  ASSERT_TRUE(append({}, {outcome(1)}));
  wait([&] { return log->stats().bytes_written > before.bytes_written; });
  write_unsynced(text(2));
  EXPECT_EQ(log->stats().syncs, before.syncs);
  EXPECT_EQ(log->durable(), seq_t(1));
  write(text(3));
  EXPECT_EQ(log->stats().syncs, before.syncs + 1);
  EXPECT_EQ(log->durable(), seq_t(3));
}

TEST_F(group_commit, LazyRecordsAreSyncedAfterAWhileByThemselves) {
  how.lazy_sync = std::chrono::milliseconds(1);
  open();
  auto record = message("{}");
  record.flags = buffered;
  ASSERT_TRUE(append({record}));
  wait_durable(seq_t(1));
  const auto syncs = log->stats().syncs;
  ASSERT_TRUE(append({}, {outcome(1)}));
  wait([&] { return log->stats().syncs > syncs; });
  cut_power();
  open();
  EXPECT_EQ(scan().outcomes.size(), 1u);
}

TEST_F(group_commit, TooMuchWaitingIsRefusedAndLeavesNothingBehind) {
  how.pending_bytes_max = 10'000;
  open();
  hold_next_sync();
  ASSERT_TRUE(append({message(text(1))}));
  wait_until_held();
  const std::string large = text(2, 4000);
  ASSERT_TRUE(append({message(large)}));
  ASSERT_TRUE(append({message(large)}));
  auto refused = append({message(large)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::exhausted);
  EXPECT_EQ(log->stats().refused_full, 1u);
  release();
  wait_durable(seq_t(3));
  EXPECT_EQ(write(text(4)), 4u) << "a refused message takes no number";
}

TEST_F(group_commit, OneAppendLargerThanTheBoundIsTakenWhenNothingWaits) {
  how.pending_bytes_max = 1000;
  open();
  write(text(1, 5000));
  EXPECT_EQ(scan().messages.size(), 1u);
}

TEST_F(group_commit, ShardsAppendFromTheirOwnThreads) {
  constexpr int turns = 300;
  how.segment_bytes = 32 << 10;
  how.prepare_ahead = true;
  how.lazy_sync = std::chrono::milliseconds(1);
  open();
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    for (std::uint64_t last = 0; !stop;) {
      const auto found = scan();
      EXPECT_GE(found.messages.size(), last);
      last = found.messages.size();
      EXPECT_TRUE(log->find(default_tenant, "m-2-7"));
      (void)log->stats();
    }
  });
  std::vector<std::thread> threads;
  for (unsigned shard = 0; shard < shards; ++shard)
    threads.emplace_back([this, shard] {
      seq_t last;
      for (int turn = 0; turn < turns; ++turn) {
        const std::string envelope = fmt::format(R"({{"id":"m-{}-{}"}})", shard, turn);
        std::vector<message_record> records(1 + turn % 3,
                                            message(envelope, "plan", tenant_id(shard + 1)));
        std::vector<outcome_record> outcomes;
        if (last) outcomes.assign(2, outcome(last.value));
        ASSERT_TRUE(log->append(shard, records, outcomes));
        for (std::size_t i = 1; i < records.size(); ++i)
          ASSERT_EQ(records[i].seq, records[i - 1].seq.next());
        ASSERT_GT(records[0].seq, last);
        last = records.back().seq;
      }
    });
  for (auto& thread : threads) thread.join();
  wait_durable(seq_t(shards * turns * 2));
  stop = true;
  reader.join();
  const auto all = scan();
  ASSERT_EQ(all.seqs.size(), shards * turns * 2u);
  for (std::size_t i = 0; i < all.seqs.size(); ++i) ASSERT_EQ(all.seqs[i], i + 1);
  reopen();
  EXPECT_EQ(scan().messages, all.messages);
  EXPECT_EQ(scan().outcomes.size(), shards * (turns - 1) * 2u);
}

}  // namespace
}  // namespace nip::bus
