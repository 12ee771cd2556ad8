#include "plugin/native/slots.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace nip::plugin::native {

namespace {

inbox* const someone = reinterpret_cast<inbox*>(0x10);
inbox* const somebody_else = reinterpret_cast<inbox*>(0x20);

}  // namespace

TEST(slots, ClosedOnceAndReused) {
  slots table(2);
  const auto token = table.open({someone, 7});
  ASSERT_TRUE(token);
  EXPECT_EQ(table.in_use(), 1U);
  EXPECT_TRUE(table.close(*token));
  EXPECT_EQ(table.in_use(), 0U);
  EXPECT_FALSE(table.claim(*token)) << "a token of an earlier use is not open";
  EXPECT_NE(table.open({someone, 8}), token);
}

TEST(slots, FullTableOpensNothing) {
  slots table(2);
  const auto first = table.open({someone, 1});
  ASSERT_TRUE(table.open({someone, 2}));
  EXPECT_FALSE(table.open({someone, 3}));
  table.park(*first, nullptr);
  ASSERT_TRUE(table.claim(*first));
  EXPECT_TRUE(table.open({someone, 3}));
}

TEST(slots, ClaimWhileRunningBeatsTheOwner) {
  slots table(1);
  const auto token = table.open({someone, 7});
  const auto who = table.claim(*token);
  ASSERT_TRUE(who);
  EXPECT_EQ(who->token, 7U);
  EXPECT_FALSE(table.is_running(*token));
  EXPECT_FALSE(table.park(*token, nullptr));
  EXPECT_TRUE(table.open({someone, 8})) << "the owner's park gave the slot back";
}

TEST(slots, FindsByWaiterOnlyWhileOpen) {
  slots table(4);
  const auto mine = table.open({someone, 7});
  table.open({somebody_else, 7});
  EXPECT_EQ(table.find({someone, 7}), mine);
  EXPECT_FALSE(table.find({someone, 8}));
  table.close(*mine);
  EXPECT_FALSE(table.find({someone, 7}));
}

TEST(slots, ClaimAnyTakesOnlyOnesOwnParked) {
  slots table(4);
  table.park(*table.open({someone, 1}), nullptr);
  table.park(*table.open({somebody_else, 2}), nullptr);
  table.park(*table.open({someone, 3}), nullptr);
  EXPECT_EQ(table.claim_any(someone)->token, 1U);
  EXPECT_EQ(table.claim_any(someone)->token, 3U);
  EXPECT_FALSE(table.claim_any(someone));
  EXPECT_EQ(table.in_use(), 1U);
}

TEST(slots, MadeUpTokensAreNotOpen) {
  slots table(2);
  table.open({someone, 1});
  for (const std::uint64_t token : {0ULL, 1ULL, 99ULL, ~0ULL, 1ULL << 32, 4ULL << 32 | 1ULL})
    EXPECT_FALSE(table.claim(token)) << token;
}

TEST(slots, RacingClaimersWinExactlyOnce) {
  constexpr std::uint32_t rounds = 20'000;
  slots table(8);
  std::atomic<std::uint64_t> current{0};
  std::atomic<std::uint32_t> won{0};
  std::atomic<bool> over{false};
  const auto rival = [&] {
    while (!over.load())
      if (table.claim(current.load())) won.fetch_add(1);
  };
  std::thread first(rival);
  std::thread second(rival);
  std::uint32_t closed = 0;
  for (std::uint32_t i = 0; i < rounds; ++i) {
    const auto token = table.open({someone, i});
    ASSERT_TRUE(token);
    current.store(*token);
    if (i % 2 == 0) {
      closed += table.close(*token) ? 1 : 0;
    } else {
      table.park(*token, nullptr);
      if (table.claim(*token)) ++closed;
    }
  }
  over.store(true);
  first.join();
  second.join();
  EXPECT_EQ(closed + won.load(), rounds);
  EXPECT_EQ(table.in_use(), 0U);
}

}  // namespace nip::plugin::native
