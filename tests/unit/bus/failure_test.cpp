// Disks that fail or fill up: no acknowledgement afterwards, no retry, no loss.
#include "unit/bus/journal_fixture.hpp"

namespace nip::bus {
namespace {

using test::fake_file_system;
using testing::HasSubstr;
using testing::IsEmpty;

class failing_disk : public journal_fixture {
 protected:
  void append_and_wait_for_failure() {
    ASSERT_TRUE(append({message(text(2), "plan")}));
    wait([&] { return !failures.empty(); });
    EXPECT_EQ(failures.size(), 1u);
    EXPECT_EQ(failures[0].code, errc::io);
    EXPECT_THAT(failures[0].detail, HasSubstr(segment(1)));
    EXPECT_EQ(log->durable(), seq_t(1));
    auto refused = append({message(text(3))});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::io);
  }
  /// Appends small messages until one is refused; how many were taken.
  std::uint64_t fill() {
    const std::string envelope = text(1, 1000);
    for (std::uint64_t taken = 0;; ++taken) {
      auto done = append({message(envelope, "plan")});
      if (done) continue;
      EXPECT_EQ(done.error().code, errc::storage_full) << done.error().detail;
      return taken;
    }
  }
};

TEST_F(failing_disk, FailedSyncStopsEverythingAndIsNotRepeated) {
  open();
  write(text(1), "plan");
  disk.fail(fake_file_system::operation::sync, 1);
  append_and_wait_for_failure();
  const auto syncs = disk.count(fake_file_system::operation::sync);
  const auto writes = disk.count(fake_file_system::operation::write);
  log->close();
  EXPECT_EQ(disk.count(fake_file_system::operation::sync), syncs);
  EXPECT_EQ(disk.count(fake_file_system::operation::write), writes);
  EXPECT_EQ(failures.size(), 1u);
  EXPECT_EQ(scan().messages.size(), 1u);
}

TEST_F(failing_disk, FailedWriteStopsEverything) {
  open();
  write(text(1), "plan");
  disk.fail(fake_file_system::operation::write, 1);
  append_and_wait_for_failure();
}

TEST_F(failing_disk, NoSpaceForABatchWhoseSpaceWasThereIsAFailedWrite) {
  open();
  write(text(1), "plan");
  disk.fail(fake_file_system::operation::write, 1, errc::storage_full);
  append_and_wait_for_failure();
}

TEST_F(failing_disk, WhatThePageCacheShowsAfterAFailedSyncIsWrittenAgain) {
  open();
  write(text(1), "plan");
  disk.fail(fake_file_system::operation::sync, 1);
  append_and_wait_for_failure();
  reopen();  // the fake still shows the second message, which no disk has
  ASSERT_EQ(scan().messages.size(), 2u);
  cut_power();
  open();
  EXPECT_EQ(scan().messages.size(), 2u) << "what was served once stays";
}

TEST_F(failing_disk, FailureWhileASegmentIsMadeIsTold) {
  how.segment_bytes = 8 << 10;
  open();
  disk.fail(fake_file_system::operation::rename, 1);
  for (std::uint64_t n = 1; failures.empty(); ++n) {
    ASSERT_LT(n, 100u);
    if (!append({message(text(n, 300))})) break;
    wait([&] { return log->durable() >= last_seq || !failures.empty(); });
  }
  wait([&] { return !failures.empty(); });
  const auto durable = log->durable().value;
  EXPECT_GT(durable, 3u);
  reopen();
  EXPECT_GE(scan().messages.size(), durable);
  EXPECT_THAT(damages(), IsEmpty());
}

TEST_F(failing_disk, OpeningFailsWithTheReason) {
  disk.fail(fake_file_system::operation::sync, 1);
  auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::io);
  EXPECT_TRUE(try_open()) << "and leaves nothing in the way of the next attempt";
}

TEST_F(failing_disk, FullDiskRefusesReadsOnAndGoesOnOnceThereIsRoom) {
  how.segment_bytes = 32 << 10;
  open();
  disk.set_capacity(3 * how.segment_bytes + 1000);
  const auto taken = fill();
  ASSERT_GT(taken, 30u);
  EXPECT_GT(log->stats().refused_full, 0u);
  EXPECT_TRUE(failures.empty());
  EXPECT_GT(scan().messages.size(), 20u);
  disk.set_capacity(UINT64_MAX);
  wait_durable(seq_t(taken));
  EXPECT_EQ(log->appends_synced(0), taken) << "what found no room counts once it is on the disk";
  write(text(1));
  EXPECT_EQ(scan().messages.size(), taken + 1);
  EXPECT_TRUE(failures.empty());
}

TEST_F(failing_disk, BudgetIsKeptAndEverythingTakenIsWritten) {
  how.segment_bytes = 32 << 10;
  how.disk_bytes_max = 100 << 10;
  open();
  std::uint64_t taken = 0;
  for (auto more = fill(); more != 0; more = fill()) {
    taken += more;
    wait_durable(seq_t(taken));
  }
  EXPECT_GE(taken, 72u);
  EXPECT_LE(log->stats().bytes_on_disk, how.disk_bytes_max);
  reopen();
  EXPECT_EQ(scan().messages.size(), taken);
  EXPECT_FALSE(append({message(text(1, 5000))}));
}

TEST_F(failing_disk, RecordLargerThanTheBudgetIsRefusedAtOnce) {
  how.disk_bytes_max = 200 << 10;
  open();
  auto refused = append({message(text(1, 300 << 10))});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::storage_full);
  write(text(1, 100 << 10));
}

TEST_F(failing_disk, RecordLargerThanTheFormatAllowsIsRefused) {
  open();
  auto refused = append({message(text(1, 33 << 20))});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::too_large);
  EXPECT_EQ(write(text(1)), 1u);
}

}  // namespace
}  // namespace nip::bus
