#include "base/nearest.hpp"

#include <gtest/gtest.h>

#include <array>

namespace nip {
namespace {

constexpr std::array<std::string_view, 5> known{"address", "timeout", "id", "metadata", "type"};

TEST(nearest, FindsTheWordAFewEditsAway) {
  EXPECT_EQ(nearest("adress", known), "address");
  EXPECT_EQ(nearest("tiemout", known), "timeout");
  EXPECT_EQ(nearest("Metadata", known), "metadata");
  EXPECT_EQ(nearest("typ", known), "type");
  EXPECT_EQ(nearest("di", known), "id");
  EXPECT_EQ(nearest("type", known), "type");
}

TEST(nearest, StaysSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest("customer", known), "");
  EXPECT_EQ(nearest("xy", known), "");
  EXPECT_EQ(nearest("", known), "");
  EXPECT_EQ(nearest(std::string(1000, 'a'), known), "");
}

TEST(nearest, PrefersTheClosestThenTheFirst) {
  constexpr std::array<std::string_view, 3> words{"order", "border", "ordex"};
  EXPECT_EQ(nearest("bordr", words), "border");
  EXPECT_EQ(nearest("ordez", words), "order");
}

TEST(edit_distance, CountsEditsUpToItsBound) {
  EXPECT_EQ(edit_distance("kitten", "sitting", 5), 3U);
  EXPECT_EQ(edit_distance("ca", "ac", 2), 1U);
  EXPECT_EQ(edit_distance("abcdef", "uvwxyz", 2), 3U);
  EXPECT_EQ(edit_distance("", "ab", 2), 2U);
}

TEST(did_you_mean, IsAnEndingForAnErrorMessage) {
  EXPECT_EQ(did_you_mean("adress", known), "; did you mean \"address\"?");
  EXPECT_EQ(did_you_mean("zzz", known), "");
}

}  // namespace
}  // namespace nip
