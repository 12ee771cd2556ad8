// A segment whose name was not durable when its process was killed took what the next one wrote
// with it when the power went.
#include "unit/bus/journal_fixture.hpp"

namespace nip::bus {
namespace {

using operation = test::fake_file_system::operation;

class name_after_kill : public journal_fixture {};

TEST_F(name_after_kill, IsMadeDurableBeforeAnythingIsWrittenToTheSegment) {
  const auto start = disk.copy();
  bool named = false;
  for (int nth = 1; nth <= 8; ++nth) {
    log.reset();
    disk = start.copy();
    disk.fail(operation::sync, nth);
    if (try_open()) break;
    named |= disk.exists(segment(1)).value();
    open();
    write(text(1));
    cut_power();
    open();
    ASSERT_EQ(scan().messages.size(), 1U) << "sync " << nth;
  }
  EXPECT_TRUE(named);
}

}  // namespace
}  // namespace nip::bus
