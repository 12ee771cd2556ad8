#include "message/topic.hpp"

#include <gtest/gtest.h>

#include <string>

namespace nip::message {
namespace {

TEST(topic, IsDottedWords) {
  for (const char* name : {"orders", "orders.eu.big", "a-b_c.9", "caf\u00e9"})
    EXPECT_TRUE(is_topic(name)) << name;
  for (const char* name : {"", ".", "a.", ".a", "a..b", "a b", "a.*", ">", "a\n", "a*b", "a\x7f"})
    EXPECT_FALSE(is_topic(name)) << name;
  EXPECT_TRUE(is_topic(std::string(256, 'a')));
  EXPECT_FALSE(is_topic(std::string(257, 'a')));
}

TEST(topic, PatternsTakeWholeWordsAndALastRest) {
  for (const char* pattern : {"orders", "*", ">", "orders.*", "*.big", "orders.*.>", "a.>"})
    EXPECT_TRUE(is_topic_pattern(pattern)) << pattern;
  for (const char* pattern : {"", ">.a", "a.>.b", "ab*", "a.b>", "a..*"})
    EXPECT_FALSE(is_topic_pattern(pattern)) << pattern;
}

TEST(topic, PatternsMatchWordByWord) {
  EXPECT_TRUE(topic_matches("orders.big", "orders.big"));
  EXPECT_FALSE(topic_matches("orders.big", "orders"));
  EXPECT_FALSE(topic_matches("orders", "orders.big"));
  EXPECT_FALSE(topic_matches("orders", "order"));
  EXPECT_TRUE(topic_matches("orders.*", "orders.big"));
  EXPECT_FALSE(topic_matches("orders.*", "orders"));
  EXPECT_FALSE(topic_matches("orders.*", "orders.big.eu"));
  EXPECT_TRUE(topic_matches("*.*.eu", "orders.big.eu"));
  EXPECT_TRUE(topic_matches(">", "orders"));
  EXPECT_TRUE(topic_matches("orders.>", "orders.big.eu"));
  EXPECT_FALSE(topic_matches("orders.>", "orders"));
  EXPECT_TRUE(topic_matches("*.>", "a.b"));
}

}  // namespace
}  // namespace nip::message
