#include "broker/dead_letters.hpp"

#include <gtest/gtest.h>

namespace nip::broker {
namespace {

dead_letter letter(std::uint64_t seq, std::string error = "timeout after 5003 ms",
                   tenant_id tenant = default_tenant) {
  dead_letter out;
  out.seq = seq_t(seq);
  out.tenant_seq = tenant_seq_t(seq);
  out.tenant = tenant;
  out.rule = "r";
  out.target = "p";
  out.reason = "exhausted";
  out.error = std::move(error);
  out.at = wall_time{static_cast<std::int64_t>(seq)};
  return out;
}

TEST(dead_letter_fingerprint, MasksDigitsAndTellsTheRestApart) {
  EXPECT_EQ(fingerprint_of(letter(1, "timeout after 5003 ms")),
            fingerprint_of(letter(2, "timeout after 7 ms")));
  EXPECT_NE(fingerprint_of(letter(1, "timeout after 5003 ms")),
            fingerprint_of(letter(1, "timeout after ms")));
  auto other = letter(1);
  other.target = "q";
  EXPECT_NE(fingerprint_of(letter(1)), fingerprint_of(other));
  other = letter(1);
  other.reason = "expired";
  EXPECT_NE(fingerprint_of(letter(1)), fingerprint_of(other));
}

TEST(dead_letter_list, IsPagedInOrderAndByTenant) {
  dead_letters all(100);
  for (std::uint64_t seq = 1; seq <= 5; ++seq) all.add(letter(seq));
  all.add(letter(6, "x", tenant_id(2)));
  auto second = letter(2);
  second.delivery = 1;
  all.add(second);
  const auto first = all.list(default_tenant, {0, 0}, 3);
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[2].seq, seq_t(2));
  EXPECT_EQ(first[2].delivery, 1);
  const auto rest = all.list(default_tenant, {2, 1}, 100);
  ASSERT_EQ(rest.size(), 3U);
  EXPECT_EQ(rest[0].seq, seq_t(3));
  EXPECT_EQ(all.of_message(default_tenant, tenant_seq_t(2)).size(), 2U);
  EXPECT_TRUE(all.of_message(default_tenant, tenant_seq_t(6)).empty());
}

TEST(dead_letter_list, GroupsAreCountedWithTheNewestExampleAndTheLargestFirst) {
  dead_letters all(100);
  all.add(letter(1, "alone"));
  all.add(letter(2, "timeout after 1 ms"));
  all.add(letter(3, "timeout after 2 ms"));
  const auto groups = groups_of(all.list(default_tenant, {0, 0}, 9));
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0]["count"], 2);
  EXPECT_EQ(groups[0]["newest"]["seq"], 3);
  EXPECT_EQ(groups[0]["first_at"], format_rfc3339(wall_time{2}));
  EXPECT_EQ(groups[0]["last_at"], format_rfc3339(wall_time{3}));
  EXPECT_EQ(groups[1]["count"], 1);
}

TEST(dead_letter_list, KeepsTheNewestUpToItsBoundAndCountsTheRest) {
  dead_letters all(3);
  for (std::uint64_t seq = 1; seq <= 5; ++seq) all.add(letter(seq));
  EXPECT_EQ(all.size(), 3U);
  EXPECT_EQ(all.forgotten(), 2U);
  EXPECT_EQ(all.list(default_tenant, {0, 0}, 9).front().seq, seq_t(3));
}

TEST(dead_letter_list, OneThatIsTakenIsTakenOnceUntilItIsGivenBack) {
  dead_letters all(10);
  EXPECT_FALSE(all.take({1, 0}));
  all.add(letter(1));
  EXPECT_TRUE(all.take({1, 0}));
  EXPECT_FALSE(all.take({1, 0}));
  EXPECT_TRUE(to_json(all.list(default_tenant, {0, 0}, 1)[0])["leaving"]);
  all.give_back({1, 0});
  EXPECT_TRUE(all.take({1, 0}));
}

TEST(dead_letter_list, ARepeatedDeliveryReplacesItsLetterAndARemovedOneIsGone) {
  dead_letters all(10);
  all.add(letter(1, "first"));
  all.add(letter(1, "second"));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all.list(default_tenant, {0, 0}, 9)[0].error, "second");
  all.remove(seq_t(1), 0);
  all.remove(seq_t(1), 0);
  EXPECT_EQ(all.size(), 0U);
}

}  // namespace
}  // namespace nip::broker
