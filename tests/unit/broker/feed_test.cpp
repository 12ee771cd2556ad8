#include "broker/feed.hpp"

#include <gmock/gmock.h>

namespace nip::broker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using point = feed_start::point;

constexpr mono_time start{1'000'000'000};
const feed_member one{0, subscription_id(1)}, two{1, subscription_id(9)};

class feed_test : public testing::Test {
 protected:
  static feed made(std::string name = "work", feed::bounds most = {4, 6, 30s}) {
    feed out({default_tenant, std::move(name), "", ""}, most);
    out.start_at(seq_t(1));
    return out;
  }
  /// The tenant's seq is ten times the journal's, so that they are not taken for each other.
  static void offer(feed& to, std::uint64_t seq, mono_time now = start) {
    to.offer(seq_t(seq), {tenant_seq_t(seq * 10), nullptr}, now);
  }
  static std::vector<std::uint64_t> given(feed& by, feed_member to) {
    std::vector<std::uint64_t> out;
    auto pages = by.take_pages();
    for (const auto& each : pages[to]) out.push_back(each.seq.value);
    return out;
  }
  static void acknowledge(feed& of, std::vector<std::uint64_t> seqs) {
    std::vector<tenant_seq_t> out;
    for (const auto each : seqs) out.push_back(tenant_seq_t(each));
    of.acknowledge(out);
  }
};

TEST_F(feed_test, GivesUpToAWindowAndMoreWhenSomeHasBeenPassedOn) {
  auto f = made();
  EXPECT_FALSE(f.has_room()) << "nobody is there";
  f.add_member(one);
  for (std::uint64_t seq = 1; f.has_room(); ++seq) offer(f, seq);
  EXPECT_THAT(given(f, one), ElementsAre(10, 20, 30, 40));
  EXPECT_EQ(f.next(), seq_t(5));
  f.taken(one, 2);
  EXPECT_TRUE(f.has_room());
}

TEST_F(feed_test, SharesTheWorkAmongItsMembers) {
  auto f = made();
  f.add_member(one);
  f.add_member(two);
  for (std::uint64_t seq = 1; seq <= 4; ++seq) offer(f, seq);
  auto pages = f.take_pages();
  EXPECT_EQ(pages[one].size(), 2U);
  EXPECT_EQ(pages[two].size(), 2U);
}

TEST_F(feed_test, TheFloorIsTheLowestThatIsNotDone) {
  auto f = made();
  f.add_member(one);
  for (std::uint64_t seq = 1; seq <= 4; ++seq) offer(f, seq);
  acknowledge(f, {20, 30});
  EXPECT_EQ(f.floor(), seq_t(1));
  EXPECT_TRUE(f.take_moved());
  acknowledge(f, {10});
  EXPECT_EQ(f.floor(), seq_t(4));
  acknowledge(f, {40, 40, 77});
  EXPECT_EQ(f.floor(), seq_t(5));
  EXPECT_FALSE(f.is_done(seq_t(2))) << "below the floor nothing is kept";
}

TEST_F(feed_test, AnAckUpToCoversWhatThisMemberWasGiven) {
  auto f = made();
  f.add_member(one);
  f.add_member(two);
  for (std::uint64_t seq = 1; seq <= 4; ++seq) offer(f, seq);
  f.acknowledge_up_to(one, tenant_seq_t(40));
  EXPECT_EQ(f.unacknowledged(), 2U);
  f.acknowledge_up_to(two, tenant_seq_t(20));
  EXPECT_EQ(f.unacknowledged(), 1U);
}

TEST_F(feed_test, StopsWhenTooMuchIsUnacknowledged) {
  auto f = made("work", {100, 3, 30s});
  f.add_member(one);
  for (std::uint64_t seq = 1; f.has_room(); ++seq) offer(f, seq);
  EXPECT_EQ(f.unacknowledged(), 3U);
  f.taken(one, 3);
  EXPECT_FALSE(f.has_room());
  acknowledge(f, {10});
  EXPECT_TRUE(f.has_room());
}

TEST_F(feed_test, WhatAMemberLeavesBehindGoesToOthers) {
  auto f = made();
  f.add_member(one);
  offer(f, 1);
  offer(f, 2);
  acknowledge(f, {10});
  f.take_pages();
  f.remove_member(one);
  EXPECT_EQ(f.next_due(), mono_time::never()) << "nobody is there";
  f.add_member(two);
  f.look_at_clock(start);
  EXPECT_THAT(given(f, two), ElementsAre(20));
  EXPECT_EQ(f.redelivered(), 1U);
}

TEST_F(feed_test, ARejectedEventComesAgainAfterItsDelay) {
  auto f = made();
  f.add_member(one);
  offer(f, 1);
  f.take_pages();
  f.taken(one, 1);
  f.reject(one, tenant_seq_t(10), start + 5s);
  EXPECT_EQ(f.next_due(), start + 5s);
  f.look_at_clock(start + 4s);
  EXPECT_THAT(given(f, one), IsEmpty());
  f.look_at_clock(start + 5s);
  EXPECT_THAT(given(f, one), ElementsAre(10));
}

TEST_F(feed_test, SilenceGivesAnEventAgain) {
  auto f = made();
  f.add_member(one);
  offer(f, 1);
  f.take_pages();
  f.taken(one, 1);
  EXPECT_EQ(f.next_due(), start + 30s);
  f.look_at_clock(start + 30s);
  EXPECT_THAT(given(f, one), ElementsAre(10));
  acknowledge(f, {10});
  EXPECT_EQ(f.next_due(), mono_time::never());
}

TEST_F(feed_test, WithoutANameNothingWaitsForAnAck) {
  auto f = made("");
  f.add_member(one);
  for (std::uint64_t seq = 1; seq <= 4; ++seq) offer(f, seq);
  EXPECT_EQ(f.unacknowledged(), 0U);
  EXPECT_FALSE(f.has_room());
  f.taken(one, 4);
  EXPECT_TRUE(f.has_room());
}

TEST_F(feed_test, ComesBackFromItsImageWithoutWhatWasDone) {
  auto f = made("work");
  f.add_member(one);
  for (std::uint64_t seq = 1; seq <= 4; ++seq) offer(f, seq);
  acknowledge(f, {10, 30});
  const auto again = feed::restore(default_tenant, f.image(), {4, 6, 30s});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->what(), f.what());
  EXPECT_EQ(again->next(), seq_t(2));
  EXPECT_TRUE(again->is_done(seq_t(3)));
  EXPECT_FALSE(again->is_done(seq_t(4)));
  EXPECT_FALSE(feed::restore(default_tenant, "garbage", {}));
  EXPECT_FALSE(feed::restore(default_tenant, f.image().substr(5), {}));
}

TEST(feed_start_test, ReadsEveryForm) {
  EXPECT_EQ(parse_feed_start("")->at, point::latest);
  EXPECT_EQ(parse_feed_start(R"("now")")->at, point::latest);
  EXPECT_EQ(parse_feed_start(R"("earliest")")->at, point::earliest);
  EXPECT_EQ(parse_feed_start("17")->seq, tenant_seq_t(17));
  EXPECT_EQ(parse_feed_start(R"({"seq":17})")->at, point::seq);
  EXPECT_EQ(parse_feed_start(R"("2026-01-02T03:04:05Z")")->at, point::time);
  EXPECT_EQ(parse_feed_start(R"({"time":"2026-01-02T03:04:05Z"})")->time,
            *parse_rfc3339("2026-01-02T03:04:05Z"));
  for (const auto* bad : {R"("yesterday")", "-1", "1.5", "true", "[]", "{}", R"({"seq":"x"})"})
    EXPECT_EQ(parse_feed_start(bad).error().code, errc::invalid_argument) << bad;
}

}  // namespace
}  // namespace nip::broker
