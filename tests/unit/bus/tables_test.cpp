// Tables of sealed segments: they say what reading everything says, and are only derived.
#include "bus/journal/table.hpp"

#include <map>

#include "unit/bus/journal_fixture.hpp"

namespace nip::bus {
namespace {

using test::fake_file_system;
using testing::Contains;
using testing::IsEmpty;

class tables : public journal_fixture {
 protected:
  tables() { how.segment_bytes = 8 << 10; }

  static std::string table(std::uint64_t number) {
    return "journal/" + journal::table_name(number);
  }
  static std::int64_t accepted_at(std::uint64_t seq) {
    return 1'000'000 + 1000 * static_cast<std::int64_t>(seq);
  }

  /// Messages and outcomes at random: every message gets up to three, some of them much later.
  void write_history(std::uint64_t messages, std::uint64_t seed) {
    xoshiro random(seed);
    for (std::uint64_t n = 1; n <= messages; ++n) {
      auto record = message(text(n % 50, random.below(200)), fmt::format("plan-{}", n % 3),
                            tenant_id(1 + n % 2));
      record.accepted_at = {accepted_at(n)};
      std::vector<outcome_record> outcomes;
      for (std::uint64_t i = random.below(4); i > 0 && n > 1; --i)
        outcomes.push_back(outcome(1 + random.below(n - 1),
                                   random.below(2) ? outcome_kind::done : outcome_kind::retry));
      ASSERT_TRUE(append({record}, outcomes));
      wait_durable(seq_t(n));
    }
  }
  std::vector<std::string> outcomes_of(std::uint64_t seq) {
    std::vector<std::string> lines;
    auto found = log->outcomes(seq_t(seq));
    EXPECT_TRUE(found) << found.error().detail;
    collected as_text;
    for (const auto& each : *found) as_text.on_outcome(each->record);
    return as_text.outcomes;
  }
  /// Every way of looking something up says what a scan says.
  void check_lookups() {
    const auto all = scan();
    std::map<std::string, std::uint64_t> newest;  // "tenant id"
    for (std::size_t i = 0; i < all.seqs.size(); ++i) {
      const auto seq = all.seqs[i];
      auto read = log->read(seq_t(seq));
      ASSERT_TRUE(read && *read) << seq;
      collected one;
      one.on_message((*read)->record);
      EXPECT_EQ(one.messages[0], all.messages[i]);
      std::vector<std::string> expected;
      for (const auto& line : all.outcomes)
        if (line.starts_with(fmt::format("{}.", seq))) expected.push_back(line);
      ASSERT_EQ(outcomes_of(seq), expected) << seq;
      newest[fmt::format("{} m-{}", 1 + seq % 2, seq % 50)] = seq;
      for (std::int64_t off : {-1, 0})
        ASSERT_EQ(*log->first_since({accepted_at(seq) + off}), seq_t(seq));
    }
    for (const auto& [key, seq] : newest) {
      auto found = log->find(tenant_id(key[0] == '1' ? 1 : 2), key.substr(2));
      ASSERT_TRUE(found && *found) << key;
      EXPECT_EQ((*found)->message.record.seq, seq_t(seq)) << key;
      EXPECT_EQ((*found)->message.record.plan, fmt::format("plan-{}", seq % 3));
      EXPECT_EQ((*found)->outcomes.size(), outcomes_of(seq).size());
    }
    EXPECT_FALSE(*log->find(default_tenant, "m-nobody"));
    EXPECT_FALSE(*log->first_since({accepted_at(all.seqs.back()) + 1}));
  }
};

TEST_F(tables, AreMadeOfSealedSegmentsAndSayWhatReadingEverythingSays) {
  open();
  write_history(200, 1);
  ASSERT_GT(log->stats().segments, 4u);
  for (std::uint64_t n = 1; n < log->stats().segments; ++n) EXPECT_TRUE(*disk.exists(table(n)));
  EXPECT_FALSE(*disk.exists(table(log->stats().segments)));
  check_lookups();
  reopen();
  check_lookups();
  EXPECT_EQ(log->stats().upkeep_failures, 0u);
}

TEST_F(tables, LookUpsReadLittleOfSealedSegments) {
  how.segment_bytes = 1 << 20;
  open();
  std::vector<std::string> texts;
  for (std::uint64_t n = 1; n <= 9000; ++n) texts.push_back(text(n, 200));
  for (std::uint64_t n = 0; n < 9000; n += 100) {
    std::vector<message_record> some;
    for (std::uint64_t i = 0; i < 100; ++i) some.push_back(message(texts[n + i], "plan"));
    ASSERT_TRUE(append(some));
    wait_durable(seq_t(n + 100));
  }
  ASSERT_GT(log->stats().segments, 2u);
  const auto cost = [&](auto look_up) {
    const auto before = disk.bytes_read();
    look_up();
    return disk.bytes_read() - before;
  };
  EXPECT_LT(cost([&] { EXPECT_TRUE(*log->find(default_tenant, "m-5")); }), 300u << 10);
  EXPECT_LT(cost([&] { EXPECT_TRUE(*log->read(seq_t(100))); }), 200u << 10);
  EXPECT_LT(cost([&] { EXPECT_FALSE(*log->find(default_tenant, "none")); }), 60u << 10);
}

TEST_F(tables, AreMadeAgainWhenTheyAreMissingOrUnsound) {
  open();
  write_history(60, 2);
  log.reset();
  const auto sound = disk.contents(table(1));
  ASSERT_TRUE(disk.remove(table(1)));
  open();
  EXPECT_EQ(disk.contents(table(1)), sound);
  log.reset();
  const auto before = disk.copy();
  for (std::size_t at = 0; at < sound.size(); at += 97) {
    disk = before.copy();
    disk.flip(table(1), at, 1u << (at % 8));
    open();
    ASSERT_NO_FATAL_FAILURE(check_lookups()) << "byte " << at;
    // What the lookups came by is made anew when the next segment is sealed.
    if (at < 2 * journal::table_block_bytes) {
      write(text(1, how.segment_bytes));
      write(text(2));
      ASSERT_EQ(disk.contents(table(1)), sound) << "byte " << at;
    }
    log.reset();
  }
}

TEST_F(tables, OfAnotherSegmentFileDoNotCount) {
  open();
  write_history(60, 3);
  log.reset();
  const auto second = disk.contents(table(2));
  disk.set_contents(table(1), second);
  open();
  check_lookups();
  EXPECT_NE(disk.contents(table(1)), second);
}

TEST_F(tables, ThatCannotBeWrittenCostNothingButTime) {
  open();
  disk.fail_names(".table");
  write_history(60, 4);
  EXPECT_TRUE(failures.empty());
  EXPECT_GT(log->stats().upkeep_failures, 0u);
  check_lookups();
  reopen();
  check_lookups();
}

TEST_F(tables, SegmentWithATableIsNotWrittenToAnyMore) {
  open();
  write_history(40, 5);
  log.reset();
  // As after a power cut right behind the sealing: nothing stands in the last segment yet.
  std::uint64_t last = 1;
  while (*disk.exists(segment(last + 1))) ++last;
  auto content = disk.contents(segment(last));
  std::fill(content.begin() + journal::segment_header_bytes, content.end(), std::byte{0});
  disk.set_contents(segment(last), content);
  const auto sealed = disk.contents(segment(last - 1));
  open();
  const auto served = scan().messages.size();
  write(text(1), "plan");
  EXPECT_EQ(disk.contents(segment(last - 1)), sealed);
  reopen();
  EXPECT_EQ(scan().messages.size(), served + 1);
  EXPECT_THAT(damages(), IsEmpty());
}

TEST(table_sections, FindEveryKeyAmongManyAndNoneThatIsNotThere) {
  xoshiro random(7);
  fake_file_system disk;
  journal::table_header header{.journal_id = 1, .segment = 2, .stamp = 3, .summary = {}};
  journal::table_contents contents;
  for (std::uint64_t n = 0; n < 5000; ++n)
    contents.ids.push_back({n % 10 == 0 ? n / 1000 : random.next(), {4096, 4096 + 8 * n}});
  for (std::uint64_t n = 0; n < 300; ++n) contents.plans.push_back({n, {8 * n, 8 * n}});
  const auto bytes = journal::encode_table(header, contents);
  disk.set_contents("t", {bytes.view().begin(), bytes.view().end()});
  auto file = *disk.open("t", open_mode::read);
  for (const auto& each : contents.ids) {
    const auto found = journal::find_places(*file, header, journal::table_section::ids, each.key);
    ASSERT_TRUE(found) << found.error().detail;
    EXPECT_THAT(*found, Contains(each.at));
    EXPECT_TRUE(std::is_sorted(found->rbegin(), found->rend()));
    EXPECT_EQ(found->size(), each.key < 5 ? 100u : 1u);
  }
  for (int n = 0; n < 1000; ++n)
    EXPECT_THAT(*journal::find_places(*file, header, journal::table_section::ids, random.next()),
                IsEmpty());
  EXPECT_EQ(journal::find_places(*file, header, journal::table_section::plans, 299)->size(), 1u);
  EXPECT_THAT(*journal::find_places(*file, header, journal::table_section::plans, 300), IsEmpty());
}

}  // namespace
}  // namespace nip::bus
