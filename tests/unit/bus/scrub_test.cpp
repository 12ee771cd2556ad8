// The scrub: damage in segments that nobody reads is found, at the rate and as often as asked for.
#include <gmock/gmock.h>

#include "bus/journal/journal_bus.hpp"
#include "unit/bus/journal_fixture.hpp"
#include "unit/bus/test_ledger.hpp"

namespace nip::bus {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A journal without threads of its own, by a clock that the test moves.
class scrub : public journal_fixture {
 protected:
  scrub() {
    how.segment_bytes = 8 << 10;
    how.writer_thread = false;
    how.scrub_bytes_per_second = 1'000'000;
    how.scrub_interval = 24h;
  }
  ~scrub() override { log.reset(); }

  void start() {
    log.reset();
    auto opened = open_journal(how, disk, time, shards, &book);
    ASSERT_TRUE(opened) << opened.error().detail;
    log = std::move(*opened);
    log->on_damage([this](const recovery_report::damage& each) { heard.push_back(each); });
  }
  journal::journal_bus& stepped() { return dynamic_cast<journal::journal_bus&>(*log); }
  /// A few full segments, all behind the checkpoint of the next start.
  void fill() {
    start();
    for (std::uint64_t n = 1; n <= 60; ++n) {
      std::vector<message_record> one{message(text(n, 300), "plan")};
      ASSERT_TRUE(log->append(0, one, {}));
      time.advance(100ms);
      stepped().step();
      ASSERT_EQ(log->durable(), one[0].seq);
    }
    ASSERT_GT(log->stats().checkpoints, 2u);
  }
  void pass(nanoseconds all, nanoseconds step = 100ms) {
    for (nanoseconds gone{}; gone < all; gone += step) {
      time.advance(step);
      stepped().step();
    }
  }
  /// A byte in the middle of the second batch of a segment.
  std::uint64_t harm(std::uint64_t number) {
    const auto at = batches(number)[1].at.offset + journal::batch_header_bytes + 100;
    disk.flip(segment(number), at, 1);
    return at;
  }

  manual_clock time;
  test_ledger book;
  std::vector<recovery_report::damage> heard;
};

TEST_F(scrub, FindsDamageThatAnOpeningDoesNotRead) {
  fill();
  log.reset();
  const auto at = harm(1);
  start();
  ASSERT_GT(log->recovery().checkpoint, 1u);
  ASSERT_THAT(damages(), IsEmpty());
  pass(5s);
  ASSERT_THAT(heard, SizeIs(1));
  EXPECT_EQ(heard[0].file, segment(1));
  EXPECT_LE(heard[0].offset, at);
  EXPECT_GT(heard[0].offset + heard[0].bytes, at);
  EXPECT_EQ(heard[0].reason, "record checksum does not match");
  EXPECT_EQ(log->stats().damaged_ranges, 1u);
  const auto aside = *disk.list("journal/quarantine");
  ASSERT_THAT(aside, SizeIs(1));
  EXPECT_THAT(aside[0], HasSubstr(journal::segment_name(1)));
  EXPECT_EQ(scan().messages.size(), 59u) << "the rest is served";
}

TEST_F(scrub, FindsZerosWhereRecordsWereAndBytesThatAreNoBatch) {
  fill();
  log.reset();
  auto content = disk.contents(segment(1));
  const auto last = batches(1).back();
  std::fill(content.begin() + static_cast<long>(last.at.offset), content.end(), std::byte{0});
  disk.set_contents(segment(1), content);
  content = disk.contents(segment(2));
  const auto second = batches(2)[1];
  std::fill_n(content.begin() + static_cast<long>(second.at.offset), second.bytes, std::byte{7});
  disk.set_contents(segment(2), content);
  start();
  pass(5s);
  ASSERT_THAT(heard, SizeIs(2));
  EXPECT_EQ(heard[0].reason, "zeros where records were synced");
  EXPECT_EQ(heard[0].offset, last.at.offset);
  EXPECT_EQ(heard[1].reason, "bytes that are no batch where records were synced");
  EXPECT_EQ(heard[1].offset, second.at.offset);
  EXPECT_EQ(heard[1].bytes, second.bytes);
  EXPECT_EQ(scan().messages.size(), 58u);
}

TEST_F(scrub, FindsAHeaderThatIsNotWhatWasWritten) {
  fill();
  disk.flip(segment(2), 30, 1);
  pass(25h, 1min);
  ASSERT_THAT(heard, SizeIs(1));
  EXPECT_EQ(heard[0].offset, 0u);
  EXPECT_EQ(heard[0].bytes, journal::segment_header_bytes);
}

TEST_F(scrub, TellsWhatTheDiskCannotRead) {
  fill();
  log.reset();
  start();
  const auto third = batches(1)[2];
  disk.fail_reads(segment(1), third.at.offset, third.at.offset + 100);
  pass(5s);
  ASSERT_THAT(heard, SizeIs(1));
  EXPECT_EQ(heard[0].file, segment(1));
  EXPECT_THAT(heard[0].reason, HasSubstr("injected fault"));
  EXPECT_FALSE(*disk.exists("journal/quarantine")) << "there is nothing to copy";
  EXPECT_GT(log->stats().scrubbed_segments, 1u) << "the others are read all the same";
  EXPECT_TRUE(*log->read(seq_t(60)));
}

TEST_F(scrub, ReadsNoFasterThanAskedForAndNotAtAllWhenSwitchedOff) {
  fill();
  log.reset();
  how.scrub_bytes_per_second = 1000;
  start();
  pass(10s);
  EXPECT_GT(log->stats().scrubbed_bytes, 4000u);
  // One segment is the least that it reads here.
  EXPECT_LE(log->stats().scrubbed_bytes, 10'000u + how.segment_bytes);
  how.scrub_bytes_per_second = 0;
  start();
  pass(10s);
  EXPECT_EQ(log->stats().scrubbed_bytes, 0u);
}

TEST_F(scrub, ReadsEachSegmentOncePerInterval) {
  fill();
  log.reset();
  start();
  pass(10min, 1s);
  const auto once = log->stats();
  EXPECT_EQ(once.scrubbed_segments, once.segments - 1) << "all but the one that is written to";
  harm(2);
  pass(23h, 1min);
  EXPECT_EQ(log->stats().scrubbed_bytes, once.scrubbed_bytes);
  EXPECT_THAT(heard, IsEmpty());
  pass(2h, 1min);
  EXPECT_EQ(log->stats().scrubbed_segments, 2 * once.scrubbed_segments);
  EXPECT_THAT(heard, SizeIs(1));
}

TEST_F(scrub, TellsTheSameDamageOnceNorWhatOpeningFound) {
  fill();
  log.reset();
  const auto checkpoints = *disk.list("journal");
  for (const auto& name : checkpoints)
    if (name.starts_with("checkpoint-")) {
      ASSERT_TRUE(disk.remove("journal/" + name));
    }
  harm(1);
  start();
  ASSERT_THAT(damages(), SizeIs(1)) << "without a checkpoint everything is read";
  harm(2);
  pass(72h, 1min);
  ASSERT_THAT(heard, SizeIs(1));
  EXPECT_EQ(heard[0].file, segment(2));
  EXPECT_EQ(log->stats().damaged_ranges, 2u);
  EXPECT_GT(log->stats().scrubbed_segments, 3 * (log->stats().segments - 1) - 1);
}

TEST_F(scrub, KeepsADamagedSegmentFromRetention) {
  fill();
  log.reset();
  harm(1);
  start();
  pass(5s);
  ASSERT_THAT(heard, SizeIs(1));
  log.reset();
  heard.clear();
  how.retention_bytes = 1;
  how.scrub_bytes_per_second = 0;
  start();
  for (std::uint64_t seq = 1; seq <= 60; ++seq) {
    const std::vector<outcome_record> ended{outcome(seq)};
    ASSERT_TRUE(log->append(0, {}, ended));
  }
  for (std::uint64_t n = 61; n <= 160; ++n) {
    std::vector<message_record> one{message(text(n, 300), "plan")};
    const std::vector<outcome_record> ended{outcome(n - 1)};
    ASSERT_TRUE(log->append(0, one, ended));
    time.advance(2s);
    stepped().step();
  }
  EXPECT_GT(log->stats().segments_removed, 2u);
  EXPECT_TRUE(*disk.exists(segment(1))) << "its new table says that it is damaged";
  EXPECT_FALSE(*disk.exists(segment(2)));
  EXPECT_EQ(log->stats().segments_damaged, 1u);
}

}  // namespace
}  // namespace nip::bus
