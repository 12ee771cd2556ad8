// A segment file whose blocks still show, behind the tail and through a torn write, the sound
// records of an earlier use: none of them is ever taken for its own.
#include <gmock/gmock.h>

#include "unit/bus/journal_fixture.hpp"

namespace nip::bus {
namespace {

using testing::IsEmpty;

class worn_segment : public journal_fixture {
 protected:
  worn_segment() { how.segment_bytes = 8 << 10; }

  /// Segment 1 is full; segment 3 has some messages that are synced and some that are not.
  void SetUp() override {
    open();
    while (log->stats().segments < 3) write(text(++written_, 30), "plan");
    for (int i = 0; i < 3; ++i) write(text(++written_, 30), "plan");
    synced_ = written_;
    const auto last = batches(3).back();
    synced_end_ = last.at.offset + last.bytes;
    for (int i = 0; i < 4; ++i) write_unsynced(text(++written_, 30));
    const auto tail = batches(3).back();
    tail_ = tail.at.offset + tail.bytes;
    before_ = disk.copy();
    old_ = disk.contents(segment(1));
    new_ = disk.contents(segment(3));
    const auto stale = batches(1).back();
    ASSERT_GT(stale.at.offset, tail_) << "whole batches stand behind the tail";
  }
  /// Everything behind the tail shows the earlier use, and so does what `shows` says of the blocks
  /// that were written and not synced.
  template <class Shows>
  void open_worn(std::uint64_t block_bytes, Shows&& shows) {
    log.reset();
    auto content = new_;
    for (auto at = synced_end_; at < content.size();) {
      const auto end =
          std::min<std::uint64_t>((at / block_bytes + 1) * block_bytes, content.size());
      for (auto i = at; i < end; ++i)
        if (i >= tail_ || shows(at / block_bytes)) content[i] = old_[i];
      at = end;
    }
    disk = before_.copy();
    disk.power_cut({});
    disk.set_contents(segment(3), content);
    open();
  }
  /// How many messages there are: text(1) and so on, each once.
  std::uint64_t check_prefix() {
    const auto found = scan();
    for (std::size_t i = 0; i < found.messages.size(); ++i)
      EXPECT_EQ(found.messages[i], fmt::format("{0}/1:{0} {1} [plan]", i + 1, text(i + 1, 30)));
    return found.messages.size();
  }

  std::uint64_t written_ = 0;
  std::uint64_t synced_ = 0;
  std::uint64_t synced_end_ = 0;
  std::uint64_t tail_ = 0;
  test::fake_file_system before_;
  test::bytes old_;
  test::bytes new_;
};

TEST_F(worn_segment, BehindTheTailIsCut) {
  open_worn(512, [](std::uint64_t) { return false; });
  EXPECT_EQ(check_prefix(), written_);
  EXPECT_THAT(damages(), IsEmpty());
  EXPECT_GT(log->recovery().cut_bytes, 0u);
  log.reset();
  open();
  EXPECT_EQ(log->recovery().cut_bytes, 0u) << "it was overwritten";
}

TEST_F(worn_segment, InAnySubsetOfTheUnsyncedBlocksLeavesThePrefixAndNoGhost) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    xoshiro random(seed);
    const std::uint64_t block = seed % 3 == 0 ? 4096 : seed % 3 == 1 ? 512 : 64;
    std::map<std::uint64_t, bool> drawn;
    open_worn(block, [&](std::uint64_t number) {
      const auto [at, fresh] = drawn.try_emplace(number);
      if (fresh) at->second = random.below(4) == 0;
      return at->second;
    });
    const auto kept = check_prefix();
    ASSERT_GE(kept, synced_) << "seed " << seed;
    ASSERT_LE(kept, written_) << "seed " << seed;
    ASSERT_THAT(damages(), IsEmpty()) << "seed " << seed;
    write(R"({"id":"new"})");
    cut_power();
    open();
    ASSERT_EQ(scan().messages.size(), kept + 1) << "seed " << seed;
  }
}

}  // namespace
}  // namespace nip::bus
