// How the journal goes from segment to segment.
#include <stdlib.h>

#include <filesystem>

#include "unit/bus/journal_fixture.hpp"

namespace nip::bus {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class segments : public journal_fixture {
 protected:
  std::vector<std::uint64_t> sizes() {
    std::vector<std::uint64_t> found;
    for (std::uint64_t n = 1; *disk.exists(segment(n)); ++n)
      found.push_back(disk.contents(segment(n)).size());
    return found;
  }
};

TEST_F(segments, StartSmallAndGrow) {
  how.segment_bytes = 16 << 20;
  open();
  EXPECT_THAT(sizes(), ElementsAre(1 << 20));
  write(text(1, 900 << 10));
  write(text(2, 900 << 10));
  EXPECT_THAT(sizes(), ElementsAre(1 << 20, 8 << 20));
}

TEST_F(segments, WhatIsNotUsedYetIsReadOnceAtOpening) {
  how.segment_bytes = 1 << 20;
  open();
  write(text(1));
  log->close();
  const auto before = disk.bytes_read();
  reopen();
  // Windows overlap, by less than a half.
  EXPECT_LE(disk.bytes_read() - before, sizes()[0] * 3 / 2);
  EXPECT_THAT(scan().seqs, ElementsAre(1u));
}

TEST_F(segments, RecordLargerThanASegmentGetsOneOfItsOwnSize) {
  open();
  write(text(1));
  write(text(2, 300'000), "plan");
  write(text(3), "plan");
  const auto found = sizes();
  ASSERT_GE(found.size(), 2u);
  EXPECT_GT(found[1], 300'000u);
  EXPECT_LT(found[1], 310'000u);
  reopen();
  EXPECT_EQ(scan().messages.size(), 3u);
  EXPECT_EQ((*log->read(seq_t(2)))->record.envelope, text(2, 300'000));
  EXPECT_EQ((*log->read(seq_t(3)))->record.plan, "plan");
}

TEST_F(segments, BatchNeverSpansTwo) {
  how.segment_bytes = 8 << 10;
  open();
  std::vector<std::string> texts;
  for (std::uint64_t n = 1; n <= 200; ++n) texts.push_back(text(n, n % 90));
  std::vector<message_record> all;
  for (const auto& each : texts) all.push_back(message(each, "plan"));
  ASSERT_TRUE(append(all));
  wait_durable(seq_t(200));
  ASSERT_GT(sizes().size(), 4u);
  std::uint64_t messages = 0;
  for (std::uint64_t n = 1; n <= sizes().size(); ++n)
    for (const auto& batch : batches(n)) {
      EXPECT_LE(batch.at.offset + batch.bytes, sizes()[n - 1]);
      EXPECT_EQ(batch.first_seq, messages + 1);
      messages += batch.messages;
    }
  EXPECT_EQ(messages, 200u);
  reopen();
  EXPECT_EQ(scan().messages.size(), 200u);
}

TEST_F(segments, LaterBatchesSayWhatIsDurable) {
  how.segment_bytes = 8 << 10;
  open();
  write_many(1, 40);
  log->close();
  journal::position before{1, journal::segment_header_bytes};
  for (std::uint64_t n = 1; n <= sizes().size(); ++n)
    for (const auto& batch : all_batches(n)) {
      EXPECT_EQ(batch.durable, std::max(before, {n, journal::segment_header_bytes}));
      before = {n, batch.at.offset + batch.bytes};
    }
}

TEST_F(segments, NextOneIsMadeAheadAndFoundAgain) {
  how.prepare_ahead = true;
  open();
  wait([&] { return log->stats().bytes_on_disk == 2 * how.segment_bytes; });
  EXPECT_EQ(log->stats().segments, 1u);
  write(text(1));
  reopen();
  EXPECT_EQ(log->stats().bytes_on_disk, 2 * how.segment_bytes);
  EXPECT_EQ(log->recovery().cut_bytes, 0u);
  write_many(2, 300, 200);
  EXPECT_GE(log->stats().segments, 2u);
  reopen();
  EXPECT_EQ(scan().messages.size(), 301u);
  EXPECT_THAT(damages(), IsEmpty());
}

TEST_F(segments, ReadyOneThatIsTooSmallIsMadeAnew) {
  how.prepare_ahead = true;
  open();
  wait([&] { return log->stats().bytes_on_disk == 2 * how.segment_bytes; });
  write(text(1, 200'000));
  write_many(2, 3);
  reopen();
  EXPECT_EQ(scan().messages.size(), 4u);
  EXPECT_THAT(damages(), IsEmpty());
}

TEST_F(segments, UnfinishedOneIsRemovedAtOpening) {
  open();
  log.reset();
  disk.set_contents("journal/unfinished.tmp", test::bytes(100));
  open();
  EXPECT_FALSE(*disk.exists("journal/unfinished.tmp"));
}

TEST_F(segments, ManyPlansInOneSegmentAreFound) {
  how.segment_bytes = 4 << 20;
  open();
  std::vector<std::string> plans;
  for (int n = 0; n < 6000; ++n) plans.push_back(fmt::format("plan-{}", n));
  std::vector<message_record> all;
  for (const auto& plan : plans) all.push_back(message(R"({"id":"x"})", plan));
  ASSERT_TRUE(append(all));
  wait_durable(seq_t(6000));
  reopen();
  for (std::uint64_t seq : {1u, 4096u, 5999u, 6000u}) {
    auto stored = log->read(seq_t(seq));
    ASSERT_TRUE(stored && *stored);
    EXPECT_EQ((*stored)->record.plan, plans[seq - 1]);
  }
}

TEST(journal_on_disk, KeepsMessagesInRealFiles) {
  std::string directory = (std::filesystem::temp_directory_path() / "nip-journal-XXXXXX").string();
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  posix_file_system files;
  system_clock clock;
  options how;
  how.path = directory + "/made/when/absent";
  how.segment_bytes = 64 << 10;
  constexpr std::uint64_t count = 500;
  for (std::uint64_t round = 1; round <= 2; ++round) {
    auto log = open_journal(how, files, clock, 1);
    ASSERT_TRUE(log) << log.error().detail;
    EXPECT_EQ(open_journal(how, files, clock, 1).error().code, errc::conflict);
    EXPECT_EQ((*log)->recovery().messages, (round - 1) * count);
    EXPECT_EQ((*log)->durable(), seq_t((round - 1) * count));
    std::vector<message_record> one(1);
    one[0].envelope = R"({"id":"a","type":"t","data":"on a real disk"})";
    one[0].plan = "plan";
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_TRUE((*log)->append(0, one, {}));
    (*log)->close();
    collected all;
    ASSERT_TRUE((*log)->scan(seq_t(1), all));
    EXPECT_EQ(all.messages.size(), round * count);
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace nip::bus
