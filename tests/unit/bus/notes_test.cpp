// Small records of other rooms: stored as they are, synced when they ask for it.
#include <atomic>

#include "unit/bus/journal_fixture.hpp"

namespace nip::bus {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class notes : public journal_fixture {};

TEST_F(notes, ComeBackInOrderWithEverythingTheyHad) {
  open();
  write(text(1));
  const note two[] = {{.kind = note_kind::cursor, .tenant = tenant_id(3), .at = {7}, .bytes = "c"},
                      {.kind = note_kind::audit, .bytes = ""}};
  ASSERT_TRUE(log->append(1, {}, {}, two));
  std::vector<message_record> one = {message(text(2))};
  const note scheduled[] = {{.kind = note_kind::schedule, .bytes = "later"}};
  ASSERT_TRUE(log->append(0, one, {}, scheduled));
  reopen();
  EXPECT_THAT(scan().notes, ElementsAre("19/3 7 c", "17/1 0 ", "18/1 0 later"));
  EXPECT_THAT(scan(2).notes, ElementsAre("18/1 0 later"))
      << "as outcomes: those behind the message";
  EXPECT_THAT(damages(), IsEmpty());
}

TEST_F(notes, AreSyncedAndTheirShardWokenWhenTheyAskForIt) {
  open();
  write(text(1));
  const auto before = log->stats().syncs;
  const note lazy[] = {{.kind = note_kind::cursor, .bytes = "lazy"}};
  const auto written = log->stats().bytes_written;
  ASSERT_TRUE(log->append(0, {}, {}, lazy));
  wait([&] { return log->stats().bytes_written > written; });
  EXPECT_EQ(log->stats().syncs, before);
  EXPECT_EQ(log->appends_synced(0), 1u) << "the message; the lazy note only waits";
  std::atomic<int> wakes = 0;
  log->on_durable(2, [&] { ++wakes; });
  const note urgent[] = {{.kind = note_kind::audit, .sync = true, .bytes = "urgent"}};
  ASSERT_TRUE(log->append(2, {}, {}, urgent));
  wait([&] { return wakes == 1; });
  EXPECT_EQ(log->stats().syncs, before + 1);
  EXPECT_EQ(log->appends_synced(0), 2u);
  EXPECT_EQ(log->appends_synced(1), 0u);
  EXPECT_EQ(log->appends_synced(2), 1u);
  cut_power();
  open();
  EXPECT_THAT(scan().notes, SizeIs(2));
}

TEST_F(notes, OverTheBoundOfARecordAreRefused) {
  open();
  const std::string large(33 << 20, 'x');
  const note one[] = {{.kind = note_kind::audit, .bytes = large}};
  const auto refused = log->append(0, {}, {}, one);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::too_large);
}

}  // namespace
}  // namespace nip::bus
