// Small parts: ids out of envelopes, numbers after damage, how long syncs took.
#include <gtest/gtest.h>

#include "bus/journal/envelope_id.hpp"
#include "bus/journal/number_ledger.hpp"
#include "bus/journal/sync_times.hpp"

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

}  // namespace
}  // namespace nip::bus::journal
