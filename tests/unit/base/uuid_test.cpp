#include "base/uuid.hpp"

#include <gtest/gtest.h>

#include <string>

namespace nip {
namespace {

constexpr wall_time at{1'645'557'742'000 *
                       std::int64_t{1'000'000}};  // the example of RFC 9562, A.6

std::string text_of(const uuid& id) {
  const auto text = id.text();
  return {text.data(), text.size()};
}

struct fixed_source final : random_source {
  std::uint64_t value = 0;
  std::uint64_t next() noexcept override { return value; }
};

TEST(uuid, CarriesTimeVersionAndVariant) {
  fixed_source random;
  random.value = 0xffff'ffff'ffff'ffff;
  uuid_generator generator(random);
  EXPECT_EQ(text_of(generator.next(at)), "017f22e2-79b0-77ff-bfff-ffffffffffff");
  EXPECT_EQ(generator.next(at).time(), at);
}

TEST(uuid, RisesWithinOneMillisecondAndPastItsCounter) {
  xoshiro random(1);
  uuid_generator generator(random);
  uuid last;
  for (int i = 0; i < 20'000; ++i) {
    const uuid id = generator.next(at);
    ASSERT_LT(last, id) << i;
    ASSERT_LT(text_of(last), text_of(id));
    last = id;
  }
  EXPECT_LT(last.time() - at, std::chrono::milliseconds(11));
}

TEST(uuid, RisesWhenTheClockGoesBack) {
  xoshiro random(1);
  uuid_generator generator(random);
  const uuid first = generator.next(at);
  const uuid second = generator.next(wall_time{at.ns - 3'600'000'000'000});
  EXPECT_LT(first, second);
  EXPECT_EQ(second.time(), at);
}

TEST(uuid, GeneratorsWithDifferentRandomnessDoNotMeet) {
  xoshiro one(1);
  xoshiro two(2);
  EXPECT_NE(uuid_generator(one).next(at), uuid_generator(two).next(at));
}

TEST(uuid, ReadsBackItsText) {
  xoshiro random(3);
  uuid_generator generator(random);
  const uuid id = generator.next(at);
  EXPECT_EQ(parse_uuid(text_of(id)), id);
  EXPECT_EQ(text_of(*parse_uuid("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")),
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

TEST(uuid, WhatIsNotAUuidIsRefused) {
  for (const char* text :
       {"", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e2x79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e279b0-7cc3-98c4-dc0c-0c07398ff"})
    EXPECT_FALSE(parse_uuid(text)) << text;
}

}  // namespace
}  // namespace nip
