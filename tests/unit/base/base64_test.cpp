#include "base/base64.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace nip {
namespace {

std::string encoded(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

TEST(base64, FollowsTheTestVectorsOfItsRfc) {
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foob"), "Zm9vYg==");
  EXPECT_EQ(encoded("\xff\xfe\xfd"), "//79");
}

TEST(base64, ReadsBackEveryLength) {
  xoshiro random(2);
  std::string bytes;
  for (int length = 0; length < 200; ++length) {
    EXPECT_EQ(decode_base64(encoded(bytes)), bytes);
    bytes += static_cast<char>(random.next());
  }
}

TEST(base64, WhatIsNotBase64IsRefused) {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Z===", "====", "Zg==Zg==", "Zm 9", "Zm9-", "=Zg="})
    EXPECT_FALSE(decode_base64(text)) << text;
}

}  // namespace
}  // namespace nip
