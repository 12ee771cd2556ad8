#include "base/number_set.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace nip {
namespace {

std::vector<std::uint64_t> all_of(const number_set& of) {
  std::vector<std::uint64_t> out;
  of.for_each([&](std::uint64_t number) { out.push_back(number); });
  return out;
}

TEST(number_set_test, HoldsWhatWasPutInAndNotErased) {
  number_set set;
  EXPECT_TRUE(set.insert(5));
  EXPECT_FALSE(set.insert(5));
  EXPECT_TRUE(set.insert(1'000'000'000'000));
  EXPECT_TRUE(set.insert(0));
  EXPECT_EQ(all_of(set), (std::vector<std::uint64_t>{0, 5, 1'000'000'000'000}));
  EXPECT_TRUE(set.erase(5));
  EXPECT_FALSE(set.erase(5));
  EXPECT_FALSE(set.contains(5));
  EXPECT_EQ(set.size(), 2U);
}

TEST(number_set_test, BehavesAsASetOverRandomSteps) {
  std::mt19937_64 random(7);
  number_set set;
  std::set<std::uint64_t> model;
  for (int i = 0; i < 20'000; ++i) {
    const auto number = random() % 40'000 * (random() % 3 == 0 ? 1 : 7);
    if (random() % 2 == 0)
      ASSERT_EQ(set.insert(number), model.insert(number).second);
    else
      ASSERT_EQ(set.erase(number), model.erase(number) == 1);
    const auto from = random() % 300'000;
    const auto expected = model.lower_bound(from);
    ASSERT_EQ(set.next(from),
              expected == model.end() ? std::nullopt : std::optional<std::uint64_t>(*expected));
  }
  EXPECT_EQ(all_of(set), std::vector<std::uint64_t>(model.begin(), model.end()));
  EXPECT_EQ(set.size(), model.size());
}

TEST(number_set_test, ComesBackFromItsImage) {
  number_set set;
  for (std::uint64_t i = 0; i < 10'000; i += 3) set.insert(i * 5);
  std::string image;
  set.save(image);
  number_set again;
  ASSERT_TRUE(again.restore(image));
  EXPECT_EQ(all_of(again), all_of(set));
  EXPECT_EQ(again.size(), set.size());
  number_set none;
  EXPECT_TRUE(none.restore(""));
  EXPECT_TRUE(none.empty());
}

TEST(number_set_test, AnImageThatIsNotOneIsRefused) {
  number_set set;
  set.insert(1);
  std::string image;
  set.save(image);
  EXPECT_EQ(set.restore(image.substr(1)).error().code, errc::corrupt);
  EXPECT_TRUE(set.empty());
  EXPECT_FALSE(set.restore(image + image));  // the same page twice
  EXPECT_FALSE(set.restore(image.substr(0, 8) + std::string(512, '\0')));
}

}  // namespace
}  // namespace nip
