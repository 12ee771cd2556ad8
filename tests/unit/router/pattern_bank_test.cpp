#include "router/index/pattern_bank.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace nip::router {
namespace {

/// `count` patterns of one path: number i finds the text "i".
pattern_bank of_numbers(std::uint32_t count, const pattern_bounds& bounds = {}) {
  pattern_bank out(bounds);
  for (std::uint32_t i = 0; i < count; ++i) out.add(1, fmt::format("^{}$", i));
  out.finish();
  return out;
}

/// Which of them find it, asked one after the other.
std::vector<std::uint32_t> finding(const pattern_bank& in, std::string_view text,
                                   pattern_answers& answers) {
  answers.next();
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < in.size(); ++i)
    if (in.found_in(i, text, answers)) out.push_back(i);
  return out;
}

using numbers = std::vector<std::uint32_t>;

TEST(pattern_bank, FindsTheSameInSetsAsOneByOne) {
  const auto bank = of_numbers(3000);
  EXPECT_EQ(bank.sets(), 3U);
  EXPECT_EQ(bank.alone(), 0U);
  pattern_answers answers(bank);
  EXPECT_EQ(finding(bank, "0", answers), numbers({0}));
  EXPECT_EQ(finding(bank, "1024", answers), numbers({1024}));
  EXPECT_EQ(finding(bank, "2999", answers), numbers({2999}));
  EXPECT_EQ(finding(bank, "x", answers), numbers());
  EXPECT_EQ(bank.failures(), 0U);
}

TEST(pattern_bank, FewPatternsOfAPathNeedNoSet) {
  EXPECT_EQ(of_numbers(pattern_bank::alone_first).sets(), 0U);
  EXPECT_EQ(of_numbers(pattern_bank::alone_first + 1).sets(), 1U);
}

TEST(pattern_bank, EachPathHasSetsOfItsOwn) {
  pattern_bank bank;
  for (std::uint32_t i = 0; i < 20; ++i) bank.add(i % 2, fmt::format("{}", i));
  bank.finish();
  EXPECT_EQ(bank.sets(), 2U);
  pattern_answers answers(bank);
  answers.next();
  for (std::uint32_t i = 0; i < 20; ++i)
    EXPECT_EQ(bank.found_in(i, i % 2 == 0 ? "6" : "17", answers),
              i == 6 || i == 7 || i == 17 || i == 1)
        << i;
}

TEST(pattern_bank, BeyondItsBoundsPatternsAreAskedOneByOne) {
  const auto bank = of_numbers(100, {.patterns_per_set_max = 10, .sets_max = 4});
  EXPECT_EQ(bank.sets(), 4U);
  EXPECT_EQ(bank.alone(), 60U);
  pattern_answers answers(bank);
  EXPECT_EQ(finding(bank, "7", answers), numbers({7}));
  EXPECT_EQ(finding(bank, "99", answers), numbers({99}));
}

TEST(pattern_bank, ASetThatNeedsTooMuchMemoryBecomesSeveral) {
  const auto whole = of_numbers(512);
  ASSERT_EQ(whole.sets(), 1U);
  const auto halved = of_numbers(512, {.set_bytes_max = 48 << 10});
  EXPECT_GT(halved.sets(), 1U);
  EXPECT_EQ(halved.alone(), 0U);
  pattern_answers answers(halved);
  for (const std::uint32_t each : {0U, 255U, 256U, 511U})
    EXPECT_EQ(finding(halved, std::to_string(each), answers), numbers({each}));
  EXPECT_EQ(halved.failures(), 0U);
}

TEST(pattern_bank, WithoutMemoryForASetItsPatternsAreAskedOneByOneAndCounted) {
  const auto bank = of_numbers(12, {.set_bytes_max = 1});
  ASSERT_EQ(bank.sets(), 1U);
  pattern_answers answers(bank);
  EXPECT_EQ(finding(bank, "11", answers), numbers({11}));
  EXPECT_EQ(bank.failures(), 1U) << "once a message";
  EXPECT_EQ(finding(bank, "3", answers), numbers({3}));
  EXPECT_EQ(bank.failures(), 2U);
}

TEST(pattern_bank, ASetSaysWhichOfItsPatternsFindAText) {
  for (const std::int64_t bytes : {std::int64_t{4} << 20, std::int64_t{1}}) {
    const auto bank = of_numbers(12, {.set_bytes_max = bytes});
    ASSERT_EQ(bank.sets(), 1U);
    ASSERT_EQ(bank.set_of(11), 0U);
    EXPECT_EQ(bank.path_of(0), 1U);
    pattern_answers answers(bank);
    const auto found = bank.found_by(0, "7", answers);
    EXPECT_EQ(numbers(found.begin(), found.end()), numbers({7}));
    EXPECT_TRUE(bank.found_in(7, "not looked at again", answers));
    EXPECT_FALSE(bank.found_in(8, "8", answers)) << "what is known of the message stays";
    EXPECT_EQ(bank.failures(), bytes == 1 ? 1U : 0U);
    EXPECT_EQ(finding(bank, "8", answers), numbers({8}));
  }
}

TEST(pattern_bank, WhatIsNoPatternFindsNothing) {
  pattern_bank bank;
  for (const char* each : {"a", "(", "b", "c", "d", "e"}) bank.add(1, each);
  bank.finish();
  EXPECT_EQ(bank.alone(), 1U);
  pattern_answers answers(bank);
  EXPECT_EQ(finding(bank, "(e", answers), numbers({5}));
}

}  // namespace
}  // namespace nip::router
