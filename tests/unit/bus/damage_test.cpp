// Damage to what was acknowledged: always noticed, reported, kept aside; the rest is served.
#include "unit/bus/journal_fixture.hpp"

namespace nip::bus {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class damage : public journal_fixture {
 protected:
  void write_five_and_close() {
    open();
    write_many(1, 5);
    log.reset();
  }
  void overwrite(std::uint64_t number, std::uint64_t begin, std::uint64_t end, std::byte with) {
    auto content = disk.contents(segment(number));
    std::fill(content.begin() + static_cast<long>(begin), content.begin() + static_cast<long>(end),
              with);
    disk.set_contents(segment(number), content);
  }
};

TEST_F(damage, InTheMiddleIsReportedAndTheRestServed) {
  write_five_and_close();
  const auto hit = batches(1)[1];
  const auto before = disk.contents(segment(1));
  disk.flip(segment(1), hit.at.offset + hit.bytes - 10, 4);
  const auto after = disk.contents(segment(1));
  open();
  EXPECT_THAT(scan().seqs, ElementsAre(1, 3, 4, 5));
  ASSERT_EQ(damages().size(), 1u);
  EXPECT_EQ(damages()[0].file, segment(1));
  EXPECT_GT(damages()[0].offset, hit.at.offset);
  EXPECT_EQ(damages()[0].offset + damages()[0].bytes, hit.at.offset + hit.bytes);
  EXPECT_THAT(damages()[0].reason, HasSubstr("checksum"));
  EXPECT_EQ(log->recovery().cut_bytes, 0u);
  const auto now = disk.contents(segment(1));
  EXPECT_TRUE(std::equal(after.begin(),
                         after.begin() + static_cast<long>(hit.at.offset + hit.bytes), now.begin()))
      << "what is damaged stays as it is";

  const auto copies = *disk.list("journal/quarantine");
  ASSERT_EQ(copies.size(), 1u);
  EXPECT_EQ(disk.contents("journal/quarantine/" + copies[0]),
            test::bytes(after.begin() + static_cast<long>(damages()[0].offset),
                        after.begin() + static_cast<long>(hit.at.offset + hit.bytes)));
}

TEST_F(damage, IsReportedAtEveryOpeningAndCopiedOnce) {
  write_five_and_close();
  disk.flip(segment(1), batches(1)[2].at.offset + 3, 1);
  for (int opening = 0; opening < 3; ++opening) {
    open();
    EXPECT_EQ(damages().size(), 1u);
    EXPECT_EQ(disk.list("journal/quarantine")->size(), 1u);
    EXPECT_THAT(scan().seqs, ElementsAre(1, 2, 4, 5));
  }
  EXPECT_EQ(write(text(6)), 6u);
}

TEST_F(damage, OfOneRecordCostsOnlyThatRecord) {
  open();
  const std::string a = text(1), b = text(2), c = text(3);
  ASSERT_TRUE(append({message(a), message(b), message(c)}));
  log.reset();
  const auto batch = batches(1)[0];
  ASSERT_EQ(batch.messages, 3u);
  disk.flip(segment(1), batch.at.offset + batch.bytes / 2, 1);
  open();
  EXPECT_THAT(scan().seqs, ElementsAre(1, 3));
  EXPECT_EQ(log->recovery().messages, 2u);
}

TEST_F(damage, NumbersAreNotGivenAgainWhateverItHid) {
  open();
  write(text(1));
  ASSERT_TRUE(append({message(text(2), "", tenant_id(5))}));
  wait_durable(seq_t(2));
  ASSERT_TRUE(append({message(text(3), "", tenant_id(6))}));
  wait_durable(seq_t(3));
  write(text(4));
  log.reset();
  for (int i : {1, 2}) disk.flip(segment(1), batches(1).at(1).at.offset + 5, 1 << i);
  open();
  std::vector<message_record> next = {message(text(5), "", tenant_id(5)),
                                      message(text(6), "", tenant_id(6)), message(text(7))};
  ASSERT_TRUE(log->append(0, next, {}));
  EXPECT_EQ(next[0].seq, seq_t(5));
  EXPECT_GE(next[0].tenant_seq, tenant_seq_t(2)) << "tenant 5 had one message, now unreadable";
  EXPECT_GE(next[1].tenant_seq, tenant_seq_t(2));
  EXPECT_EQ(next[2].tenant_seq, tenant_seq_t(3)) << "seen behind the damage";
}

TEST_F(damage, OfAnyBitIsNoticedAndNothingElseIsLost) {
  how.segment_bytes = 8 << 10;
  write_five_and_close();
  const auto sound = disk.copy();
  const auto found_batches = all_batches(1);
  open();
  const auto all = scan();
  log.reset();
  const auto size = sound.contents(segment(1)).size();
  // Of the zeros in the header page and behind the end, some will do.
  const auto end = found_batches.back().at.offset + found_batches.back().bytes;
  auto step = [&](std::uint64_t at) { return (at > 64 && at < 4080) || at > end ? 17u : 1u; };
  for (std::uint64_t offset = 0; offset < size; offset += step(offset)) {
    disk = sound.copy();
    disk.flip(segment(1), offset, 1u << (offset % 8));
    open();
    const bool noticed = !damages().empty() || log->recovery().cut_bytes != 0;
    ASSERT_TRUE(noticed) << "at byte " << offset;
    const auto left = scan();
    for (const auto& line : left.messages)
      ASSERT_THAT(all.messages, testing::Contains(line.substr(0, line.rfind(" [")) + " [plan]"))
          << "at byte " << offset;
    ASSERT_GE(left.messages.size(), all.messages.size() - 1) << "at byte " << offset;
    // Only the closing batch, which nothing says to be durable, may be taken for a torn tail.
    if (offset < found_batches.back().at.offset) {
      ASSERT_FALSE(damages().empty()) << offset;
    }
    log.reset();
  }
}

TEST_F(damage, OfTheLastMessagesIsNotTakenForATornTailOnceTheJournalWasIdle) {
  how.lazy_sync = std::chrono::milliseconds(1);
  open();
  const auto before = all_batches(1).size();
  write(text(1));
  wait([&] {
    return all_batches(1).size() == before + 2;
  });  // that of the message, and one that claims
  const auto hit = batches(1)[0];
  auto content = disk.contents(segment(1));
  disk.power_cut({});
  content[hit.at.offset + hit.bytes - 12] ^= std::byte{1};
  disk.set_contents(segment(1), content);
  open();
  EXPECT_EQ(damages().size(), 1u);
  EXPECT_EQ(log->recovery().cut_bytes, 0u);
}

TEST_F(damage, OfAWholeRangeOfZerosIsNoticed) {
  write_five_and_close();
  const auto all = batches(1);
  overwrite(1, all[1].at.offset, all[3].at.offset, std::byte{0});
  open();
  EXPECT_THAT(scan().seqs, ElementsAre(1, 4, 5));
  ASSERT_EQ(damages().size(), 1u);
  EXPECT_EQ(damages()[0].offset, all[1].at.offset);
  EXPECT_EQ(damages()[0].bytes, all[3].at.offset - all[1].at.offset);
}

TEST_F(damage, OfASegmentHeaderCostsNoMessage) {
  how.segment_bytes = 8 << 10;
  open();
  write_many(1, 60);
  const auto segments = log->stats().segments;
  ASSERT_GE(segments, 3u);
  log.reset();
  disk.flip(segment(2), 30, 1);
  disk.flip(segment(segments), 30, 1);
  open();
  EXPECT_EQ(scan().messages.size(), 60u);
  ASSERT_EQ(damages().size(), 2u);
  EXPECT_EQ(damages()[0].bytes, 4096u);
  EXPECT_EQ(write(text(61), "plan"), 61u);
  reopen();
  EXPECT_EQ(scan().messages.size(), 61u);
}

TEST_F(damage, EndOfASegmentWipedOutIsNoticedByTheNumbers) {
  how.segment_bytes = 8 << 10;
  open();
  write_many(1, 60);
  log.reset();
  const auto first = batches(1);
  overwrite(1, first[first.size() - 2].at.offset, disk.contents(segment(1)).size(), std::byte{0});
  open();
  ASSERT_EQ(damages().size(), 1u);
  EXPECT_THAT(damages()[0].reason, HasSubstr("are missing"));
  EXPECT_EQ(scan().messages.size(), 58u);
}

TEST_F(damage, MissingSegmentInTheMiddleIsReported) {
  how.segment_bytes = 8 << 10;
  open();
  write_many(1, 60);
  log.reset();
  const auto lost = batches(2).size();
  ASSERT_TRUE(disk.remove(segment(2)));
  open();
  ASSERT_EQ(damages().size(), 1u);
  EXPECT_EQ(damages()[0].file, segment(2));
  EXPECT_THAT(damages()[0].reason, HasSubstr("missing"));
  EXPECT_EQ(scan().messages.size(), 60 - lost);
  EXPECT_EQ(write(text(61)), 61u);
}

TEST_F(damage, TruncatedSegmentIsReportedAndNotWrittenToAgain) {
  write_five_and_close();
  const auto hit = batches(1)[3];
  auto content = disk.contents(segment(1));
  content.resize(hit.at.offset + 20);
  disk.set_contents(segment(1), content);
  open();
  EXPECT_THAT(scan().seqs, ElementsAre(1, 2, 3));
  ASSERT_EQ(damages().size(), 1u);
  EXPECT_EQ(damages()[0].offset, content.size());
  EXPECT_GT(write(text(6)), 5u) << "numbers that the lost end may have held are not reused";
  reopen();
  EXPECT_EQ(scan().messages.size(), 4u);
}

TEST_F(damage, SegmentOfANewerFormatIsRefusedWithBothVersions) {
  write_five_and_close();
  auto content = disk.contents(segment(1));
  content[8] = std::byte{2};
  const auto sum = journal::checksum(byte_span(content).first(4088));
  std::memcpy(content.data() + 4088, &sum, sizeof sum);
  disk.set_contents(segment(1), content);
  auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::unsupported);
  EXPECT_THAT(opened.error().detail, HasSubstr("version 2"));
  EXPECT_THAT(opened.error().detail, HasSubstr("version 1"));
  EXPECT_THAT(opened.error().detail, HasSubstr(segment(1)));
  EXPECT_EQ(disk.contents(segment(1)), content);
}

TEST_F(damage, SegmentOfAnotherJournalIsNotServed) {
  write_five_and_close();
  const auto foreign = disk.contents(segment(1));
  how.path = "elsewhere";
  open();
  log.reset();
  how.path = "journal";
  how.segment_bytes = 8 << 10;
  test::fake_file_system other;
  std::swap(disk, other);
  open();
  write_many(1, 60);
  log.reset();
  disk.set_contents(segment(2), foreign);
  open();
  for (const auto& line : scan().messages) EXPECT_THAT(line, HasSubstr("[plan]"));
  EXPECT_FALSE(damages().empty());
}

}  // namespace
}  // namespace nip::bus
