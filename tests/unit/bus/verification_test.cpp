// What verify and repair say of a journal's folder: what is damaged, and nothing else.
#include "bus/maintenance/verification.hpp"

#include "bus/maintenance/inspection.hpp"
#include "bus/maintenance/mending.hpp"
#include "unit/bus/disk_journal.hpp"

namespace nip::bus::maintenance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class verification_of : public disk_journal {
 protected:
  verification_of() {
    open();
    write(1, 400);
  }
  verification verify() {
    auto from = snapshot::take(how.path);
    EXPECT_TRUE(from) << from.error().detail;
    auto seen = verify_journal(**from, how.path);
    EXPECT_TRUE(seen) << seen.error().detail;
    return std::move(*seen);
  }
};

TEST_F(verification_of, SoundJournalIsSoundWhileItIsOpenAndAfterwards) {
  const auto live = verify();
  EXPECT_THAT(live.damaged, IsEmpty());
  EXPECT_EQ(live.found.report.messages, 400u);
  EXPECT_GT(live.tables, 1u);
  EXPECT_EQ(live.checkpoints, 2u);
  EXPECT_TRUE(*journal_holder(how.path));
  close();
  EXPECT_THAT(verify().damaged, IsEmpty());
  EXPECT_FALSE(*journal_holder(how.path));
}

TEST_F(verification_of, FlippedByteInASealedSegmentHasAPlace) {
  close();
  flip(segment(1), 5000);
  const auto seen = verify();
  ASSERT_EQ(seen.damaged.size(), 1u);
  EXPECT_EQ(seen.damaged[0].file, segment(1));
  EXPECT_LE(seen.damaged[0].offset, 5000u);
  EXPECT_GT(seen.damaged[0].offset + seen.damaged[0].bytes, 5000u);
  EXPECT_THAT(seen.damaged[0].reason, HasSubstr("checksum"));
}

TEST_F(verification_of, FlippedByteInATableIsInItsBlock) {
  close();
  flip(table(1), journal::table_block_bytes + 77);
  const auto seen = verify();
  ASSERT_EQ(seen.damaged.size(), 1u);
  EXPECT_EQ(seen.damaged[0].file, table(1));
  EXPECT_EQ(seen.damaged[0].offset, journal::table_block_bytes);
  EXPECT_EQ(seen.damaged[0].bytes, journal::table_block_bytes);
}

TEST_F(verification_of, CutTableIsDamageFromItsEndOn) {
  close();
  const auto bytes = std::filesystem::file_size(table(1));
  std::filesystem::resize_file(table(1), bytes - 10);
  const auto seen = verify();
  ASSERT_EQ(seen.damaged.size(), 1u);
  EXPECT_EQ(seen.damaged[0].offset, bytes - 10);
  EXPECT_EQ(seen.damaged[0].bytes, 10u);
}

TEST_F(verification_of, FlippedByteInACheckpointIsFound) {
  close();
  std::string name;
  const auto names = *files.list(how.path);
  for (const auto& each : names)
    if (each.starts_with("checkpoint-")) name = each;
  flip(how.path + "/" + name, 100);
  const auto seen = verify();
  ASSERT_EQ(seen.damaged.size(), 1u);
  EXPECT_EQ(seen.damaged[0].file, how.path + "/" + name);
  EXPECT_EQ(seen.checkpoints, 1u);
}

TEST_F(verification_of, MissingTableIsNoDamage) {
  close();
  ASSERT_TRUE(files.remove(table(1)));
  const auto seen = verify();
  EXPECT_THAT(seen.damaged, IsEmpty());
  EXPECT_EQ(seen.tables_missing, 1u);
}

TEST_F(verification_of, FolderWithoutAJournalIsSaid) {
  EXPECT_EQ(snapshot::take(folder.path()).error().code, errc::not_found);
  EXPECT_EQ(snapshot::take(folder.in("nothing")).error().code, errc::not_found);
}

TEST_F(verification_of, RepairDoesWhatItShowedAndThenNothing) {
  close();
  flip(segment(1), 5000);
  flip(table(2), journal::table_block_bytes + 8);
  ASSERT_TRUE(files.remove(table(3)));
  ASSERT_TRUE(files.open(how.path + "/unfinished.tmp", open_mode::create));
  const std::string damaged = bytes_in(segment(1));
  const auto plan = plan_mending(files, how.path);
  ASSERT_TRUE(plan) << plan.error().detail;
  EXPECT_THAT(plan->unfinished, ElementsAre("unfinished.tmp"));
  EXPECT_THAT(plan->unsound, ElementsAre(journal::table_name(2)));
  EXPECT_EQ(plan->seen.found.report.quarantined.size(), 1u);
  EXPECT_TRUE(*files.exists(how.path + "/unfinished.tmp")) << "planning changes nothing";
  ASSERT_TRUE(mend(files, how.path, *plan));
  EXPECT_FALSE(*files.exists(how.path + "/unfinished.tmp"));
  EXPECT_TRUE(*files.exists(how.path + "/quarantine/" + journal::table_name(2)));
  EXPECT_TRUE(*files.exists(table(2)));
  EXPECT_TRUE(*files.exists(table(3)));
  EXPECT_EQ(bytes_in(segment(1)), damaged) << "what cannot be read stays where it is";
  const auto again = plan_mending(files, how.path);
  ASSERT_TRUE(again);
  EXPECT_THAT(again->unsound, IsEmpty());
  EXPECT_THAT(again->tables, IsEmpty());
  EXPECT_EQ(again->seen.damaged.size(), 1u) << "the damaged range is still told";
}

TEST_F(verification_of, RepairCutsTheTornTail) {
  close();
  const auto seen = verify();
  const auto end = seen.found.tail;
  {
    std::fstream last(segment(end.segment), std::ios::binary | std::ios::in | std::ios::out);
    last.seekp(static_cast<std::streamoff>(end.offset));
    last << "torn";
  }
  EXPECT_THAT(verify().damaged, IsEmpty());
  EXPECT_EQ(verify().found.report.cut_bytes, 4u);
  const auto plan = plan_mending(files, how.path);
  ASSERT_TRUE(plan);
  ASSERT_TRUE(mend(files, how.path, *plan));
  EXPECT_EQ(verify().found.report.cut_bytes, 0u);
  EXPECT_EQ(verify().found.tail, end);
}

TEST_F(verification_of, InspectionCountsWhatWasWritten) {
  auto from = snapshot::take(how.path);
  ASSERT_TRUE(from);
  const auto found = survey_whole(**from, how.path);
  ASSERT_TRUE(found);
  std::uint64_t messages = 0;
  std::uint64_t outcomes = 0;
  std::uint64_t next = 1;
  for (std::size_t i = 0; i <= found->last; ++i) {
    const auto tally = tally_segment(**from, *found, i);
    ASSERT_TRUE(tally);
    EXPECT_EQ(tally->use, i < found->last ? segment_use::sealed : segment_use::active);
    EXPECT_EQ(tally->first, next);
    next = tally->last + 1;
    messages += tally->messages;
    outcomes += tally->outcomes;
  }
  EXPECT_EQ(messages, 400u);
  EXPECT_EQ(outcomes, 200u);
  std::size_t shown = 0;
  const auto more =
      show_records(**from, *found, 0, [&](const placed_record&) { return ++shown < 5; });
  ASSERT_TRUE(more);
  EXPECT_FALSE(*more);
  EXPECT_EQ(shown, 5u);
}

}  // namespace
}  // namespace nip::bus::maintenance
