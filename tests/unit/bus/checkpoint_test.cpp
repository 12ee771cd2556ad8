// The ledger at opening is the fold of everything durable, from whichever checkpoint it starts.
#include "bus/journal/checkpoint.hpp"

#include <set>

#include "unit/bus/journal_fixture.hpp"
#include "unit/bus/test_ledger.hpp"

namespace nip::bus {
namespace {

using test::fake_file_system;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class checkpoints : public journal_fixture {
 protected:
  checkpoints() {
    how.segment_bytes = 8 << 10;
    follower = &book;
  }
  ~checkpoints() override { log.reset(); }

  static std::string path(std::uint64_t segment) {
    return "journal/" + journal::checkpoint_name(segment);
  }
  std::vector<std::uint64_t> on_disk() {
    std::vector<std::uint64_t> found;
    const auto names = *disk.list("journal");
    for (const auto& name : names)
      if (auto segment = journal::parse_checkpoint_name(name)) found.push_back(*segment);
    return found;
  }
  /// One turn at random: messages, outcomes of earlier ones, now and then a note.
  void turn(random_source& random) {
    std::vector<message_record> messages;
    for (std::uint64_t i = random.below(4); i > 0; --i)
      messages.push_back(message(text(random.below(1000), random.below(300)),
                                 fmt::format("plan-{}", random.below(3)),
                                 tenant_id(1 + static_cast<std::uint32_t>(random.below(3)))));
    std::vector<outcome_record> outcomes;
    for (std::uint64_t i = random.below(6); i > 0 && last_seq; --i)
      outcomes.push_back(outcome(1 + random.below(last_seq.value),
                                 random.below(3) ? outcome_kind::done : outcome_kind::retry));
    const std::string bytes = fmt::format("{}", random.next());
    std::vector<note> notes(random.below(2));
    for (note& each : notes) {
      each.kind = note_kind::cursor;
      each.bytes = bytes;
    }
    ASSERT_TRUE(log->append(0, messages, outcomes, notes));
    if (messages.empty()) return;
    last_seq = messages.back().seq;
    wait_durable(last_seq);
  }
  std::string fold_of_everything() {
    test_ledger all;
    struct passed_on final : visitor {
      explicit passed_on(ledger& to) : to_(to) {}
      bool on_message(const message_record& m) override { return to_.on_message(m), true; }
      bool on_outcome(const outcome_record& o) override { return to_.on_outcome(o), true; }
      bool on_note(const note& n) override { return to_.on_note(n), true; }
      ledger& to_;
    } every(all);
    EXPECT_TRUE(log->scan(seq_t(1), every));
    return all.state();
  }

  test_ledger book;
};

TEST_F(checkpoints, AreWrittenAfterEachSealedSegmentAndTheLastTwoKept) {
  open();
  EXPECT_THAT(on_disk(), IsEmpty());
  write_many(1, 100, 100);
  const auto segments = log->stats().segments;
  ASSERT_GT(segments, 3u);
  EXPECT_THAT(on_disk(), ElementsAre(segments - 2, segments - 1));
  EXPECT_EQ(log->stats().checkpoints, segments - 1);
}

TEST_F(checkpoints, AnyOfThemAndTheRestGiveWhatEverythingGives) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    log.reset();
    disk = fake_file_system();
    last_seq = {};
    xoshiro random(seed);
    std::map<std::uint64_t, test::bytes> all;
    open();
    for (int i = 0; i < 150; ++i) {
      turn(random);
      // The keeper may remove one in this moment.
      for (auto segment : on_disk())
        if (auto content = disk.contents_if_there(path(segment)))
          all.try_emplace(segment, *std::move(content));
      if (random.below(25) != 0) continue;
      reopen();
      ASSERT_EQ(book.state(), fold_of_everything()) << "seed " << seed << " turn " << i;
    }
    log.reset();
    ASSERT_THAT(all, SizeIs(testing::Ge(3u)));
    const auto last = disk.copy();
    for (const auto& [segment, content] : all) {
      disk = last.copy();
      for (auto each : on_disk()) ASSERT_TRUE(disk.remove(path(each)));
      disk.set_contents(path(segment), content);
      open();
      ASSERT_EQ(log->recovery().checkpoint, segment);
      ASSERT_EQ(book.state(), fold_of_everything()) << "seed " << seed << " from " << segment;
      ASSERT_THAT(damages(), IsEmpty());
      std::vector<message_record> next = {message(text(1), "", tenant_id(2))};
      ASSERT_TRUE(log->append(0, next, {}));
      ASSERT_EQ(next[0].seq, last_seq.next());
      // Without any checkpoint the numbers are the same.
      log.reset();
      disk = last.copy();
      for (auto each : on_disk()) ASSERT_TRUE(disk.remove(path(each)));
      open();
      std::vector<message_record> same = {message(text(1), "", tenant_id(2))};
      ASSERT_TRUE(log->append(0, same, {}));
      ASSERT_EQ(same[0].tenant_seq, next[0].tenant_seq);
      log.reset();
    }
  }
}

TEST_F(checkpoints, LetOpeningReadOnlyWhatCameAfter) {
  how.segment_bytes = 64 << 10;
  open();
  write_many(1, 800, 300);
  std::vector<outcome_record> done;
  for (std::uint64_t seq = 1; seq <= 800; ++seq) done.push_back(outcome(seq));
  ASSERT_TRUE(append({}, done));
  write_many(801, 200, 300);
  ASSERT_GT(log->stats().segments, 5u);
  const auto before = disk.bytes_read();
  reopen();
  EXPECT_LT(log->recovery().bytes_read, how.segment_bytes);
  EXPECT_EQ(log->recovery().messages, 1000u);
  EXPECT_LT(disk.bytes_read() - before, 5 * how.segment_bytes);
  EXPECT_LT(book.records, 200u);
  EXPECT_EQ(book.open.size(), 200u);
}

TEST_F(checkpoints, ThatAreDamagedAreNotUsed) {
  open();
  write_many(1, 100, 100);
  log.reset();
  const auto state = book.state();
  const auto before = disk.copy();
  const auto both = on_disk();
  ASSERT_THAT(both, SizeIs(2));
  const auto size = disk.contents(path(both[1])).size();
  for (std::size_t at = 0; at < size; at += at < 100 ? 1 : 111) {
    disk = before.copy();
    disk.flip(path(both[1]), at, 1u << (at % 8));
    open();
    ASSERT_EQ(log->recovery().checkpoint, both[0]) << "byte " << at;
    ASSERT_EQ(book.open.size(), 100u);
    log.reset();
  }
  disk = before.copy();
  for (auto each : both) disk.flip(path(each), 50, 1);
  open();
  EXPECT_EQ(log->recovery().checkpoint, 0u);
  EXPECT_EQ(book.open.size(), 100u);
  EXPECT_EQ(book.state(), fold_of_everything());
}

TEST_F(checkpoints, OfAnotherVersionOfTheLedgerAreNotUsed) {
  open();
  write_many(1, 100, 100);
  log.reset();
  book.refuses_restore = true;
  open();
  EXPECT_EQ(log->recovery().checkpoint, 0u);
  EXPECT_EQ(book.state(), fold_of_everything());
}

TEST_F(checkpoints, OfAnotherJournalAreNotUsed) {
  open();
  write_many(1, 100, 100);
  log.reset();
  const auto foreign = disk.contents(path(on_disk().back()));
  const auto name = path(on_disk().back());
  how.path = "elsewhere";
  open();
  log.reset();
  how.path = "journal";
  disk = fake_file_system();
  open();
  write_many(1, 100, 100);
  log.reset();
  disk.set_contents(name, foreign);
  open();
  EXPECT_LT(log->recovery().checkpoint, *journal::parse_checkpoint_name(name.substr(8)));
  EXPECT_EQ(book.state(), fold_of_everything());
}

TEST_F(checkpoints, ThatCannotBeWrittenAreWrittenLater) {
  open();
  disk.fail_names("checkpoint");
  write_many(1, 100, 100);
  EXPECT_THAT(on_disk(), IsEmpty());
  EXPECT_GT(log->stats().upkeep_failures, 0u);
  disk.fail_names("");
  const auto segments = log->stats().segments;
  for (std::uint64_t n = 101; log->stats().segments == segments; ++n) write(text(n, 100), "plan");
  EXPECT_THAT(on_disk(), ElementsAre(segments));
  reopen();
  EXPECT_EQ(book.state(), fold_of_everything());
}

TEST_F(checkpoints, PowerCutAtAnyOperationLosesNothingAndRepeatsNothing) {
  using enum fake_file_system::survival;
  std::uint64_t cuts = 0;
  for (std::uint64_t step = 0;; ++step) {
    log.reset();
    disk = fake_file_system();
    last_seq = {};
    open();
    write_many(1, 5, 300);
    disk.stop_after(step);
    std::uint64_t acknowledged = 5;
    std::set<std::uint64_t> done;
    for (std::uint64_t n = 6; n <= 60 && failures.empty(); ++n) {
      std::vector<outcome_record> outcomes;
      if (n % 2) outcomes.push_back(outcome(n / 2));
      if (!append({message(text(n, 300), "plan")}, outcomes)) break;
      wait([&] { return log->durable() >= last_seq || !failures.empty(); });
      if (log->durable() < last_seq) break;
      acknowledged = n;
      if (n % 2) done.insert(n / 2);
    }
    const bool finished = !disk.stopped();
    xoshiro random(step);
    disk.power_cut(fake_file_system::cut::in_turn(step, random));
    log.reset();
    ++cuts;
    open();
    ASSERT_THAT(damages(), IsEmpty()) << "step " << step;
    ASSERT_GE(scan().messages.size(), acknowledged) << "step " << step;
    ASSERT_EQ(book.state(), fold_of_everything()) << "step " << step;
    for (auto seq : done) ASSERT_FALSE(book.wanted(seq_t(seq))) << "step " << step;
    if (finished) break;
  }
  EXPECT_GT(cuts, 100u);
}

TEST_F(checkpoints, WithoutALedgerThereAreNone) {
  follower = nullptr;
  open();
  write_many(1, 100, 100);
  EXPECT_THAT(on_disk(), IsEmpty());
}

}  // namespace
}  // namespace nip::bus
