// A batch without records that no sync had followed was taken for one that is on the disk: the next
// opening claimed it, and a power cut then left damage where nothing was lost.
#include "unit/bus/journal_fixture.hpp"

namespace nip::bus {
namespace {

using test::fake_file_system;
using testing::IsEmpty;

using unsynced_claim = journal_fixture;

TEST_F(unsynced_claim, OfAnOpeningThatFailedIsWrittenAgainBeforeALaterOneCountsOnIt) {
  open();
  write_many(1, 3);
  cut_power();
  // What is not known to be synced, the directory, and the announcement: that sync fails.
  disk.fail(fake_file_system::operation::sync, 3);
  ASSERT_FALSE(try_open());
  ASSERT_EQ(all_batches(1).back().records, 0u);
  const auto shown = disk.copy();
  // The next opening writes and syncs. The power goes at each of these operations, and of what was
  // not synced any blocks may be there.
  std::uint64_t opened = 0;
  for (std::uint64_t operations = 0; opened < 3; ++operations)
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      log.reset();
      disk = shown.copy();
      disk.stop_after(operations);
      if (try_open() && seed == 20) ++opened;
      xoshiro random(seed);
      disk.power_cut(
          {.kept = fake_file_system::survival::blocks, .block_bytes = 32, .random = &random});
      open();
      ASSERT_THAT(damages(), IsEmpty()) << "after " << operations << ", seed " << seed;
      ASSERT_EQ(scan().messages.size(), 3u) << "after " << operations << ", seed " << seed;
    }
}

}  // namespace
}  // namespace nip::bus
