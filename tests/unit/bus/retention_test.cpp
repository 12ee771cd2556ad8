// What retention takes away: finished messages past bytes or age, and nothing else.
#include <set>

#include "unit/bus/journal_fixture.hpp"
#include "unit/bus/test_ledger.hpp"

namespace nip::bus {
namespace {

using test::fake_file_system;
using testing::IsEmpty;

class retention : public journal_fixture {
 protected:
  retention() {
    how.segment_bytes = 8 << 10;
    how.retention_bytes = 20 << 10;
    follower = &book;
  }
  ~retention() override { log.reset(); }

  /// Messages first to last, each done by the next one, but those in `open`.
  std::uint64_t write_finished(std::uint64_t first, std::uint64_t last,
                               const std::set<std::uint64_t>& open_ones = {}) {
    for (std::uint64_t n = first; n <= last && failures.empty(); ++n) {
      std::vector<outcome_record> outcomes;
      if (n > 1 && !open_ones.contains(n - 1)) outcomes.push_back(outcome(n - 1));
      for (auto open : open_ones)
        if (n > open && n % 10 == 0) outcomes.push_back(retry_of(open, n));
      if (!append({message(text(n, 300), fmt::format("plan-{}", n % 3))}, outcomes)) return n - 1;
      wait([&] { return log->durable() >= last_seq || !failures.empty(); });
      if (log->durable() < last_seq) return n - 1;
    }
    return last;
  }
  static outcome_record retry_of(std::uint64_t seq, std::uint64_t at) {
    static std::map<std::uint64_t, std::string> texts;
    auto record = outcome(seq, outcome_kind::retry);
    record.text = texts[at] = fmt::format("\"at {}\"", at);
    return record;
  }
  std::vector<std::uint64_t> segments_there() {
    std::vector<std::uint64_t> found;
    const auto names = *disk.list("journal");
    for (const auto& name : names)
      if (auto number = journal::parse_segment_name(name)) found.push_back(*number);
    return found;
  }
  void drop_checkpoints() {
    const auto names = *disk.list("journal");
    for (const auto& name : names)
      if (name.starts_with("checkpoint-")) {
        ASSERT_TRUE(disk.remove("journal/" + name));
      }
  }

  test_ledger book;
};

TEST_F(retention, RemovesTheOldestAndKeepsTheBytesAskedFor) {
  open();
  write_finished(1, 300);
  EXPECT_GT(log->stats().segments_removed, 5u);
  EXPECT_LE(log->stats().bytes_on_disk, 64u << 10);
  const auto left = scan();
  EXPECT_GT(left.seqs.front(), 200u);
  EXPECT_EQ(left.seqs.back(), 300u);
  EXPECT_FALSE(*log->read(seq_t(1)));
  EXPECT_FALSE(*log->find(default_tenant, "m-1"));
  EXPECT_TRUE(*log->find(default_tenant, "m-299"));
  reopen();
  EXPECT_THAT(damages(), IsEmpty());
  EXPECT_EQ(scan().messages, left.messages);
  EXPECT_EQ(write(text(301), "plan"), 301u);
}

TEST_F(retention, KeepsWhatIsNotFinishedInLittleSpaceWithItsOutcomes) {
  how.segment_bytes = 32 << 10;
  how.retention_bytes = 64 << 10;
  open();
  const std::set<std::uint64_t> open_ones = {3, 147, 148, 350};
  write_finished(1, 900, open_ones);
  EXPECT_GT(log->stats().segments_removed, 3u);
  EXPECT_GE(log->stats().segments_shrunk, 3u);
  EXPECT_LE(log->stats().bytes_on_disk, 230u << 10);
  reopen();  // the ledger is now the fold of everything
  ASSERT_EQ(book.open.size(), 5u) << "and the last one";
  EXPECT_EQ(book.open.at(3).size(), 1u + 90);
  for (int round = 0; round < 3; ++round) {
    for (auto seq : open_ones) {
      auto found = log->find(default_tenant, fmt::format("m-{}", seq));
      ASSERT_TRUE(found && *found) << seq;
      EXPECT_EQ((*found)->message.record.seq, seq_t(seq));
      EXPECT_EQ((*found)->message.record.plan, fmt::format("plan-{}", seq % 3));
      EXPECT_EQ((*found)->outcomes.size(), book.open.at(seq).size() - 1) << seq;
      ASSERT_TRUE(*log->read(seq_t(seq)));
    }
    EXPECT_FALSE(*log->read(seq_t(146)));
    log.reset();
    if (round == 1) drop_checkpoints();  // then everything that is left is read
    const auto before = book.open;
    open();
    EXPECT_EQ(book.open, before) << "nothing is lost, nothing comes back";
  }
}

TEST_F(retention, TakesWhatWasKeptOnceItIsFinished) {
  open();
  write_finished(1, 200, {3});
  ASSERT_TRUE(*log->read(seq_t(3)));
  ASSERT_TRUE(append({}, {outcome(3)}));
  write_finished(201, 400, {});
  EXPECT_FALSE(*log->read(seq_t(3)));
  EXPECT_GT(segments_there().front(), 5u);
}

TEST_F(retention, AsksTheLedgerForWhatIsWantedAndNotForEveryNumber) {
  std::uint64_t looked_at = 0;
  for (int life = 0; life < 3; ++life) {  // each leaves numbers out behind it
    open();
    const auto first = life == 0 ? 1 : last_seq.value + 1 + journal::unwritten_messages_max;
    write_finished(first, first + 120);
    ASSERT_TRUE(failures.empty());
    looked_at += log->stats().segments_removed + log->stats().segments_shrunk;
    disk.power_cut({});
    log.reset();
  }
  EXPECT_GT(looked_at, 5u);
  EXPECT_LT(book.asked, 1000u);
}

TEST_F(retention, OfAgeFollowsTheWallClock) {
  how.retention_bytes = 0;
  how.retention_age = std::chrono::hours(1);
  manual_clock hands;
  auto opened = open_journal(how, disk, hands, shards, follower);
  ASSERT_TRUE(opened);
  log = std::move(*opened);
  write_finished(1, 100);
  EXPECT_EQ(log->stats().segments_removed, 0u);
  hands.advance(std::chrono::hours(2));
  write_finished(101, 160);
  EXPECT_GT(log->stats().segments_removed, 2u);
  EXPECT_GT(scan().seqs.front(), 50u);
  log.reset();
}

TEST_F(retention, WithoutALedgerRemovesNothing) {
  follower = nullptr;
  open();
  write_finished(1, 200);
  EXPECT_EQ(log->stats().segments_removed, 0u);
  EXPECT_EQ(scan().messages.size(), 200u);
}

TEST_F(retention, KeepsDamagedSegmentsAndSaysSo) {
  open();
  write_finished(1, 20);
  log.reset();
  const auto hit = batches(1)[1];
  disk.flip(segment(1), hit.at.offset + hit.bytes - 10, 4);
  const auto damaged = disk.contents(segment(1));
  ASSERT_TRUE(disk.remove("journal/000000000001.table"));
  open();
  write_finished(21, 200);
  EXPECT_EQ(log->stats().segments_damaged, 1u);
  EXPECT_EQ(disk.contents(segment(1)), damaged);
}

TEST_F(retention, MakesRoomInAFullBudget) {
  how.disk_bytes_max = 96 << 10;
  open();
  EXPECT_EQ(write_finished(1, 500), 500u);
  EXPECT_LE(log->stats().bytes_on_disk, how.disk_bytes_max);
}

TEST_F(retention, PowerCutAtAnyOperationLosesNothingWantedAndRepeatsNothing) {
  using enum fake_file_system::survival;
  const std::set<std::uint64_t> open_ones = {3, 22, 51};
  open();
  write_finished(1, 60, open_ones);
  log.reset();
  const auto start = disk.copy();
  for (std::uint64_t step = 0;; ++step) {
    log.reset();
    disk = start.copy();
    open();
    disk.stop_after(step);
    const auto acknowledged = write_finished(61, 120, open_ones);
    const bool finished = !disk.stopped();
    xoshiro random(step);
    disk.power_cut(fake_file_system::cut::in_turn(step, random));
    log.reset();
    if (step % 2) drop_checkpoints();
    open();
    if (step % 2 == 0) {
      ASSERT_THAT(damages(), IsEmpty()) << "step " << step;
    }
    for (auto seq : open_ones) ASSERT_TRUE(book.wanted(seq_t(seq))) << "step " << step;
    for (const auto& [seq, lines] : book.open) {
      ASSERT_TRUE(open_ones.contains(seq) || seq >= acknowledged) << seq << " step " << step;
      ASSERT_TRUE(*log->read(seq_t(seq))) << seq << " step " << step;
      std::set<std::string> once(lines.begin(), lines.end());
      ASSERT_EQ(once.size(), lines.size()) << seq << " step " << step;
    }
    ASSERT_GE(scan().seqs.back(), acknowledged);
    if (finished) break;
  }
}

}  // namespace
}  // namespace nip::bus
