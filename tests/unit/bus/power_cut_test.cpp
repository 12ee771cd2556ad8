// What a power cut leaves of writes that were not synced, and what recovery makes of it.
#include "unit/bus/journal_fixture.hpp"

namespace nip::bus {
namespace {

using test::fake_file_system;
using testing::ElementsAre;
using testing::IsEmpty;

class power_cut : public journal_fixture {
 protected:
  /// Three durable messages, then two that are written and not synced.
  void write_three_and_two() {
    open();
    write_many(1, 3);
    write_unsynced(text(4));
    write_unsynced(text(5));
  }
  /// Opens a copy of `before` after a power cut that left what `left` says.
  void open_after(const fake_file_system& before, const fake_file_system::cut& left) {
    log.reset();
    disk = before.copy();
    disk.power_cut(left);
    open();
  }
  /// The messages are text(1) to text(n) for some n, which is returned.
  std::uint64_t check_prefix(const collected& found) {
    for (std::size_t i = 0; i < found.messages.size(); ++i)
      EXPECT_EQ(found.messages[i], fmt::format("{0}/1:{0} {1} [plan]", i + 1, text(i + 1)));
    return found.messages.size();
  }
};

TEST_F(power_cut, DroppedWritesNeverWereAndNumbersGoOn) {
  write_three_and_two();
  cut_power();
  open();
  EXPECT_EQ(check_prefix(scan()), 3u);
  EXPECT_EQ(log->recovery().cut_bytes, 0u);
  EXPECT_THAT(damages(), IsEmpty());
  EXPECT_EQ(write(text(4)), 4 + journal::unwritten_messages_max);
  EXPECT_EQ(scan().messages.size(), 4u);
}

TEST_F(power_cut, NumbersOfLostMessagesAreNotGivenAgainNorAfterASecondCut) {
  write_three_and_two();  // 4 and 5 may have been acknowledged at level buffered, and delivered
  cut_power();
  open();
  const auto dropped = write(text(6));
  EXPECT_GT(dropped, 5u);
  write_unsynced(text(7));
  cut_power();
  open();
  cut_power();
  open();
  EXPECT_GT(write(text(8)), dropped + 1);
}

TEST_F(power_cut, OfAJournalThatWasClosedLeavesNoNumberOut) {
  open();
  write_many(1, 3);
  log.reset();
  disk.power_cut({});
  open();
  EXPECT_EQ(write(text(4)), 4u);
}

TEST_F(power_cut, TornTailIsCutBackToTheLastWholeBatchAtEveryByte) {
  write_three_and_two();
  const auto before = disk.copy();
  const auto unsynced = before.unsynced_bytes();
  ASSERT_GT(unsynced, 300u);
  const auto first = batches(1)[3].bytes;
  for (std::uint64_t kept = 0; kept <= unsynced; ++kept) {
    open_after(before, {.kept = fake_file_system::survival::prefix, .bytes_kept = kept});
    // A batch may end in zero padding: then it is whole a few bytes before its end.
    const std::uint64_t whole = check_prefix(scan()) - 3;
    const std::uint64_t least = kept == unsynced ? 2 : kept >= first ? 1 : 0;
    ASSERT_GE(whole, least) << "at byte " << kept;
    ASSERT_LE(whole, kept + 7 >= unsynced ? 2u : kept + 7 >= first ? 1u : 0u) << "at byte " << kept;
    ASSERT_THAT(damages(), IsEmpty()) << "at byte " << kept;
    if (whole == 2 || kept == 0) {
      ASSERT_EQ(log->recovery().cut_bytes, 0u);
    }
    const auto next = 4 + whole;
    const auto given = write(text(next), "plan");
    ASSERT_GE(given, next);  // a number that stood in a cut header is not given again
    log.reset();
    open();
    ASSERT_EQ(scan().messages.size(), next);
    ASSERT_EQ(log->recovery().cut_bytes, 0u);
  }
}

TEST_F(power_cut, AnySubsetOfBlocksLeavesEveryAcknowledgedMessage) {
  open();
  write_many(1, 8, 0);
  for (std::uint64_t n = 9; n < 30; ++n) write_unsynced(text(n));
  const auto before = disk.copy();
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    xoshiro random(seed);
    open_after(before, {.kept = fake_file_system::survival::blocks,
                        .block_bytes = seed % 2 ? 512u : 4096u,
                        .random = &random});
    const auto kept = check_prefix(scan());
    ASSERT_GE(kept, 8u) << "seed " << seed;
    ASSERT_THAT(damages(), IsEmpty()) << "seed " << seed;
    // What is served now is served for good, and nothing cut comes back.
    write(R"({"id":"new"})");
    cut_power();
    open();
    const auto again = scan();
    ASSERT_EQ(again.messages.size(), kept + 1) << "seed " << seed;
    ASSERT_TRUE(again.messages.back().ends_with(R"({"id":"new"} [])")) << "seed " << seed;
  }
}

TEST_F(power_cut, BatchBehindATornOneDoesNotComeBack) {
  open();
  write_many(1, 3);
  // As much larger as the batch that the next opening writes.
  write_unsynced(text(4, journal::batch_header_bytes));
  write_unsynced(text(5));
  const auto torn = batches(1)[3];
  const auto behind = batches(1)[4];
  auto content = disk.contents(segment(1));
  const auto stale =
      test::bytes(content.begin() + static_cast<long>(behind.at.offset),
                  content.begin() + static_cast<long>(behind.at.offset + behind.bytes));
  std::fill_n(content.begin() + static_cast<long>(torn.at.offset), torn.bytes, std::byte{0});
  disk.power_cut({});
  disk.set_contents(segment(1), content);
  open();
  EXPECT_EQ(check_prefix(scan()), 3u);
  EXPECT_EQ(log->recovery().cut_bytes, torn.bytes + behind.bytes);

  // The next batch ends exactly where the stale one begins; even when its bytes reappear there,
  // it is one of an earlier opening.
  write(text(4));
  ASSERT_EQ(batches(1)[3].at.offset + batches(1)[3].bytes, behind.at.offset);
  log.reset();
  content = disk.contents(segment(1));
  std::copy(stale.begin(), stale.end(), content.begin() + static_cast<long>(behind.at.offset));
  disk.set_contents(segment(1), content);
  open();
  EXPECT_EQ(scan().messages.size(), 4u);
}

TEST_F(power_cut, CutNumbersThatCanStillBeReadAreNotGivenAgain) {
  write_three_and_two();
  auto content = disk.contents(segment(1));
  const auto torn = batches(1)[4];
  content[torn.at.offset + torn.bytes - 20] ^= std::byte{1};
  disk.power_cut({});
  disk.set_contents(segment(1), content);
  open();
  EXPECT_EQ(check_prefix(scan()), 4u);
  std::vector<message_record> next = {message(text(6))};
  ASSERT_TRUE(log->append(0, next, {}));
  EXPECT_EQ(next[0].seq, seq_t(6 + journal::unwritten_messages_max));
  EXPECT_EQ(next[0].tenant_seq, tenant_seq_t(6 + journal::unwritten_messages_max));
}

TEST_F(power_cut, InTheMiddleOfMakingASegmentLosesNothing) {
  how.segment_bytes = 8 << 10;
  open();
  // Every write and sync from here on is a place to cut: the workload rolls through segments.
  const auto start = disk.copy();
  log.reset();
  std::uint64_t faults = 0;
  for (auto what : {fake_file_system::operation::write, fake_file_system::operation::sync,
                    fake_file_system::operation::rename}) {
    for (int nth = 1; nth < 40; ++nth) {
      disk = start.copy();
      open();
      disk.fail(what, nth);
      std::uint64_t acknowledged = 0;
      for (std::uint64_t n = 1; n <= 30 && failures.empty(); ++n) {
        if (!append({message(text(n, 300), "plan")})) break;
        wait([&] { return log->durable() >= last_seq || !failures.empty(); });
        if (log->durable() >= last_seq) acknowledged = n;
      }
      faults += failures.empty() ? 0 : 1;
      cut_power();
      open();
      ASSERT_GE(scan().messages.size(), acknowledged) << "operation " << nth;
      ASSERT_THAT(damages(), IsEmpty());
    }
  }
  EXPECT_GT(faults, 40u);
}

TEST_F(power_cut, RepairCanBeCutShortToo) {
  write_three_and_two();
  auto content = disk.contents(segment(1));
  content[batches(1)[3].at.offset + 100] ^= std::byte{1};
  disk.power_cut({});
  disk.set_contents(segment(1), content);
  const auto broken = disk.copy();
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    log.reset();
    disk = broken.copy();
    disk.fail(fake_file_system::operation::sync, 1);
    ASSERT_FALSE(try_open());
    xoshiro random(seed);
    disk.power_cut(
        {.kept = fake_file_system::survival::blocks, .block_bytes = 64, .random = &random});
    open();
    ASSERT_EQ(check_prefix(scan()), 3u) << "seed " << seed;
    ASSERT_THAT(damages(), IsEmpty());
  }
}

}  // namespace
}  // namespace nip::bus
