// A journal that an earlier release wrote (journal_v1/, format version 1) is read for good.
#include <fstream>

#include "unit/bus/journal_fixture.hpp"
#include "unit/bus/test_ledger.hpp"

namespace nip::bus {
namespace {

using testing::IsEmpty;

class version_1 : public journal_fixture {
 protected:
  version_1() {
    how.segment_bytes = 8 << 10;
    EXPECT_TRUE(disk.make_directories("journal"));
    for (std::uint64_t number = 1; number <= 6; ++number) {
      const auto name = journal::segment_name(number);
      std::ifstream in(NIP_SOURCE_DIR "/tests/unit/bus/journal_v1/" + name, std::ios::binary);
      const std::string content{std::istreambuf_iterator<char>(in), {}};
      EXPECT_EQ(content.size(), 8u << 10) << name;
      const auto bytes = std::as_bytes(std::span(content));
      disk.set_contents(segment(number), {bytes.begin(), bytes.end()});
    }
  }
  ~version_1() override { log.reset(); }

  /// 50 messages in two openings: every fifth of tenant 2; of each ten eight are done, one is dead
  /// after a retry, one has a reply.
  void check() {
    const auto all = scan();
    ASSERT_EQ(all.messages.size(), 50u);
    EXPECT_EQ(all.outcomes.size(), 5u * 11);
    EXPECT_TRUE(all.messages[0].starts_with(R"(1/1:1 {"id":"m-1","type":"t")"));
    EXPECT_TRUE(all.messages[0].ends_with("[plan-odd]"));
    EXPECT_TRUE(all.messages[49].starts_with(R"(50/2:10 {"id":"m-50")"));
    EXPECT_TRUE(all.messages[49].ends_with("[plan-even]"));
    EXPECT_THAT(all.outcomes, testing::Contains(R"(19.0 3#2 sink "gone" )"));
    auto found = log->find(default_tenant, "m-29");
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->outcomes.size(), 2u);
    EXPECT_EQ((*found)->outcomes[0]->record.text, "\"away\"");
    EXPECT_THAT(damages(), IsEmpty());
  }
};

TEST_F(version_1, IsReadAndGoneOnWith) {
  open();
  check();
  EXPECT_EQ(log->recovery().cut_bytes, 0u);
  // Version 1 did not say whether it was closed, so as many numbers are left out as after a crash.
  EXPECT_EQ(write(text(51), "plan"), 51u + journal::unwritten_messages_max);
  reopen();
  EXPECT_EQ(scan().messages.size(), 51u);
}

TEST_F(version_1, FillsALedger) {
  test_ledger book;
  follower = &book;
  open();
  check();
  EXPECT_EQ(book.open.size(), 5u) << "the dead ones";
  EXPECT_TRUE(book.wanted(seq_t(9)));
  log.reset();
}

}  // namespace
}  // namespace nip::bus
