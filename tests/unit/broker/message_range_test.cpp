#include "broker/message_range.hpp"

#include <gtest/gtest.h>

namespace nip::broker {
namespace {

TEST(range_bound_text, IsASeqOrATime) {
  EXPECT_EQ(parse_bound("from", "17")->seq, 17U);
  EXPECT_EQ(parse_bound("from", "1970-01-01T00:00:01Z")->time, wall_time{1'000'000'000});
  EXPECT_FALSE(parse_bound("from", "")->seq);
  const auto bad = parse_bound("to", "-1");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().detail.find("to: expected a seq"), std::string::npos);
  EXPECT_FALSE(parse_bound("to", "99999999999999999999"));
}

TEST(message_range_place, HoldsBothEndsInclusive) {
  const message_range range{{2, {}}, {4, {}}};
  EXPECT_EQ(range.place(tenant_seq_t(1), {}), placing::before);
  EXPECT_EQ(range.place(tenant_seq_t(2), {}), placing::within);
  EXPECT_EQ(range.place(tenant_seq_t(4), {}), placing::within);
  EXPECT_EQ(range.place(tenant_seq_t(5), {}), placing::behind);
  EXPECT_EQ(range.begin(), seq_t(2));
}

TEST(message_range_place, AnEarlierTimeMayStillFollowALaterOne) {
  const message_range range{{{}, wall_time{10}}, {{}, wall_time{20}}};
  EXPECT_EQ(range.place(tenant_seq_t(1), {9}), placing::before);
  EXPECT_EQ(range.place(tenant_seq_t(1), {20}), placing::within);
  EXPECT_EQ(range.place(tenant_seq_t(1), {21}), placing::before);
  EXPECT_EQ(range.begin(), seq_t(1));
}

TEST(stored_filter_over_envelopes, KeepsWhatIsTrueAndNothingThatCannotBeRead) {
  stored_filter filter({}, "default");
  ASSERT_TRUE(filter.use("message.data.n > 1 && message.tenant == 'default'"));
  ASSERT_TRUE(filter.read(R"({"type":"t","data":{"n":2}})"));
  EXPECT_TRUE(filter.passes());
  ASSERT_TRUE(filter.read(R"({"type":"t","data":{"n":1}})"));
  EXPECT_FALSE(filter.passes());
  ASSERT_TRUE(filter.read(R"({"type":"t"})"));
  EXPECT_FALSE(filter.passes());
  EXPECT_FALSE(filter.read("{"));
  EXPECT_FALSE(filter.use("message."));
}

}  // namespace
}  // namespace nip::broker
