#include "cel/regex_set.hpp"

#include <gmock/gmock.h>

#include <array>

#include "cel/regex.hpp"

namespace nip::cel {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;
constexpr std::int64_t enough = std::int64_t{1} << 20;

TEST(regex_set, FindsWhatEachPatternFindsByItself) {
  constexpr std::array patterns = {"^a",  "b$",   "[0-9]+", "日", "a.*z", "",
                                   "\\b", "^$|x", "(?i)AB", ".",  "\\x00"};
  constexpr std::array texts = {std::string_view(""),     std::string_view("ab"),
                                std::string_view("日"),   std::string_view("a7z"),
                                std::string_view("x\ny"), std::string_view("q\0b", 3),
                                std::string_view("\xff")};
  regex_set set(enough);
  for (const char* each : patterns) ASSERT_TRUE(set.add(each));
  ASSERT_TRUE(set.finish());
  std::vector<int> found;
  for (const auto text : texts) {
    ASSERT_TRUE(set.search(text, found));
    std::vector<int> wanted;
    for (std::size_t i = 0; i < patterns.size(); ++i)
      if (regex(patterns[i]).found_in(text)) wanted.push_back(static_cast<int>(i));
    EXPECT_THAT(found, testing::UnorderedElementsAreArray(wanted)) << text;
  }
}

TEST(regex_set, WhatIsNoPatternHasNoNumber) {
  regex_set set(enough);
  EXPECT_TRUE(set.add("a"));
  EXPECT_FALSE(set.add("("));
  EXPECT_TRUE(set.add("b"));
  ASSERT_TRUE(set.finish());
  std::vector<int> found;
  ASSERT_TRUE(set.search("ab", found));
  EXPECT_THAT(found, UnorderedElementsAre(0, 1));
  ASSERT_TRUE(set.search("(", found));
  EXPECT_THAT(found, IsEmpty());
}

TEST(regex_set, SaysWhenItsMemoryDoesNotSuffice) {
  regex_set set(1024);
  ASSERT_TRUE(set.add("\\pL{1,60}x"));
  EXPECT_FALSE(set.finish());
  std::vector<int> found;
  EXPECT_FALSE(set.search("x", found));
}

}  // namespace
}  // namespace nip::cel
