// Finding messages: ids out of envelopes, the bounded id index, numbers after damage.
#include <gtest/gtest.h>

#include "bus/journal/envelope_id.hpp"
#include "bus/journal/id_index.hpp"
#include "bus/journal/number_ledger.hpp"
#include "bus/journal/sync_times.hpp"
#include "unit/bus/journal_fixture.hpp"

namespace nip::bus::journal {
namespace {

TEST(envelope_id, IsFoundWhereverItStands) {
  envelope_id_reader reader;
  EXPECT_EQ(reader.read(R"({"id":"a","type":"t"})"), "a");
  EXPECT_EQ(reader.read(R"({ "type":"t", "data":{"id":"inner"}, "id": "b" })"), "b");
  EXPECT_EQ(reader.read(R"({"id":"q\"uo\u0041te"})"), "q\"uoAte");
  EXPECT_EQ(reader.read(R"({"id":""})"), "");
  EXPECT_EQ(reader.read(R"({"type":"t"})"), "");
  EXPECT_EQ(reader.read("not json"), "");
  EXPECT_EQ(reader.read(R"({"id":"torn)"), "");
}

TEST(id_index, GivesTheNewestFirst) {
  id_index ids;
  const auto hash = id_index::hash(default_tenant, "a");
  const id_index::entry entries[] = {{hash, 3}, {hash, 9}, {hash, 5}, {hash + 1, 7}};
  ids.add(entries);
  EXPECT_EQ(ids.find(hash), (std::vector{seq_t(9), seq_t(5), seq_t(3)}));
  EXPECT_NE(hash, id_index::hash(tenant_id(2), "a"));
  EXPECT_TRUE(ids.complete());
}

TEST(id_index, ReplacesTheOldestOfAFullBucketAndSaysThatItIsNotCompleteAnyMore) {
  id_index ids;
  for (std::uint64_t seq = 1; seq <= 9; ++seq) {
    EXPECT_TRUE(ids.complete());
    const id_index::entry entry{42, seq};
    ids.add({&entry, 1});
  }
  EXPECT_FALSE(ids.complete());
  EXPECT_EQ(ids.find(42).size(), 8u);
  EXPECT_EQ(ids.find(42).back(), seq_t(2));
}

TEST(number_ledger, CountsWhatAGapMayHaveHiddenForEveryTenant) {
  number_ledger ledger;
  ledger.see_batch(1, 3);
  ledger.see_message(tenant_id(1), tenant_seq_t(1));
  ledger.see_message(tenant_id(2), tenant_seq_t(1));
  ledger.see_batch(8, 9);  // 3 to 7 are not readable
  ledger.see_message(tenant_id(1), tenant_seq_t(4));
  ledger.lose(1);
  auto numbers = ledger.next();
  EXPECT_EQ(numbers.next_seq(), seq_t(9));
  EXPECT_EQ(numbers.take_tenant_seq(tenant_id(1)), tenant_seq_t(6));
  EXPECT_EQ(numbers.take_tenant_seq(tenant_id(2)), tenant_seq_t(8));
  EXPECT_EQ(numbers.take_tenant_seq(tenant_id(3)), tenant_seq_t(7)) << "may have had six";
}

TEST(sync_times, GiveQuantilesOfTheLastOnes) {
  sync_times times;
  EXPECT_EQ(times.quantile(0.5), nanoseconds(0));
  for (int n = 1; n <= 1000; ++n) times.add(nanoseconds(n));
  EXPECT_EQ(times.count(), 1000u);
  EXPECT_EQ(times.quantile(0.5), nanoseconds(745 + 128));
  EXPECT_EQ(times.quantile(1.0), nanoseconds(1000));
}

class many_messages : public journal_fixture {};

TEST_F(many_messages, AreFoundByIdWhenTheIndexHasForgottenThem) {
  how.segment_bytes = 8 << 20;
  how.pending_bytes_max = 1 << 30;
  open();
  std::vector<std::string> texts;
  std::vector<message_record> all;
  constexpr std::uint64_t count = indexed_ids_max + 60'000;
  for (std::uint64_t n = 1; n <= count; ++n) texts.push_back(fmt::format(R"({{"id":"{}"}})", n));
  for (const auto& each : texts) all.push_back(message(each));
  ASSERT_TRUE(append(std::move(all)));
  wait_durable(seq_t(count));
  for (std::uint64_t n : {std::uint64_t{1}, count / 2, count}) {
    auto found = log->find(default_tenant, std::to_string(n));
    ASSERT_TRUE(found && *found) << n;
    EXPECT_EQ((*found)->message.record.seq, seq_t(n));
  }
  EXPECT_FALSE(*log->find(default_tenant, "never"));
}

}  // namespace
}  // namespace nip::bus::journal
