#include "base/clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nip {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::int64_t second = 1'000'000'000;

TEST(clock_source, SystemClockMovesForward) {
  const system_clock clock;
  const mono_time before = clock.mono();
  EXPECT_GE(clock.mono(), before);
  EXPECT_GT(clock.wall().ns, 1'700'000'000 * second);
}

TEST(clock_source, ManualClockMovesOnlyWhenTold) {
  manual_clock clock(wall_time{5});
  const mono_time before = clock.mono();
  clock.advance(7ns);
  EXPECT_EQ(clock.mono() - before, 7ns);
  clock.jump_wall(-2ns);
  EXPECT_EQ(clock.wall().ns, 10);
  EXPECT_EQ(clock.mono() - before, 7ns);
}

TEST(instants, SaturateInsteadOfWrappingAround) {
  using std::chrono::hours;
  const mono_time long_ago{-200'000'000'000'000'000};
  EXPECT_EQ(mono_time::never() - long_ago, nanoseconds::max());
  EXPECT_EQ(long_ago - mono_time::never(), nanoseconds::min());
  EXPECT_EQ(mono_time::never() + hours(1), mono_time::never());
  EXPECT_EQ(wall_time{INT64_MIN} + hours(-1), wall_time{INT64_MIN});
}

TEST(rfc3339, IsWrittenInUtcWithMilliseconds) {
  EXPECT_EQ(format_rfc3339({0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339({951'782'400 * second + 999'999'999}), "2000-02-29T00:00:00.999Z");
  EXPECT_EQ(format_rfc3339({4'107'542'399 * second}), "2100-02-28T23:59:59.000Z");
  EXPECT_EQ(format_rfc3339({-1}), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339({INT64_MAX}), "2262-04-11T23:47:16.854Z");
  EXPECT_EQ(format_rfc3339({INT64_MIN}), "1677-09-21T00:12:43.145Z");
}

TEST(rfc3339, EveryDayOfFourCenturiesReadsBack) {
  for (std::int64_t day = -100'000; day < 100'000; ++day) {
    const wall_time time{day * 86'400 * second + 45'296'123 * std::int64_t{1'000'000}};
    ASSERT_EQ(parse_rfc3339(format_rfc3339(time)), time) << day;
  }
}

TEST(rfc3339, OffsetsAndFractionsAreUnderstood) {
  const wall_time noon{1'795'348'800 * second};
  EXPECT_EQ(format_rfc3339(noon), "2026-11-22T12:00:00.000Z");
  EXPECT_EQ(parse_rfc3339("2026-11-22T12:00:00Z"), noon);
  EXPECT_EQ(parse_rfc3339("2026-11-22t12:00:00z"), noon);
  EXPECT_EQ(parse_rfc3339("2026-11-22T17:30:00+05:30"), noon);
  EXPECT_EQ(parse_rfc3339("2026-11-22T00:00:00-12:00"), noon);
  EXPECT_EQ(parse_rfc3339("2026-11-22T12:00:00.5Z")->ns - noon.ns, 500'000'000);
  EXPECT_EQ(parse_rfc3339("2026-11-22T12:00:00.123456789Z")->ns - noon.ns, 123'456'789);
  EXPECT_EQ(parse_rfc3339("2026-12-31T23:59:60Z"), *parse_rfc3339("2027-01-01T00:00:00Z"));
}

TEST(rfc3339, WhatIsNotATimeIsRefusedWithTheReason) {
  for (const char* text :
       {"", "2026", "2026-11-22", "2026-11-22 12:00:00Z", "2026-11-22T12:00:00",
        "2026-11-22T12:00Z", "2026-11-22T12:00:00.Z", "2026-11-22T12:00:00.1234567890Z",
        "2026-11-22T12:00:00+0530", "2026-11-22T12:00:00+24:00", "2026-11-22T12:00:00Zx",
        "+026-11-22T12:00:00Z"})
    EXPECT_THAT(parse_rfc3339(text).error().detail, HasSubstr("expected RFC 3339")) << text;
  EXPECT_THAT(parse_rfc3339("2026-02-29T12:00:00Z").error().detail, HasSubstr("no such day"));
  EXPECT_THAT(parse_rfc3339("2026-01-01T24:00:00Z").error().detail, HasSubstr("no such time"));
  EXPECT_THAT(parse_rfc3339("1500-01-01T00:00:00Z").error().detail, HasSubstr("1678 to 2261"));
  EXPECT_EQ(parse_rfc3339("x").error().code, errc::parse);
}

TEST(duration, IsReadWithUnits) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("5s"), 5s);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("2m30s"), 150s);
  EXPECT_EQ(parse_duration("1d2h"), 26h);
  EXPECT_EQ(parse_duration("7us"), 7us);
  EXPECT_EQ(parse_duration("9ns"), 9ns);
  EXPECT_EQ(parse_duration("0"), 0ns);
  EXPECT_EQ(parse_duration("0s"), 0ns);
}

TEST(duration, WhatIsNotOneIsRefusedWithTheReason) {
  EXPECT_THAT(parse_duration("5").error().detail, HasSubstr("needs a unit"));
  EXPECT_THAT(parse_duration("300y").error().detail, HasSubstr("units ns us ms s m h d"));
  EXPECT_THAT(parse_duration("99999999d").error().detail, HasSubstr("292 years"));
  for (const char* text :
       {"", "s", "-5s", "1.s", "1..5s", ".s", "5 s", "1234567890123456789s", "5S"})
    EXPECT_EQ(parse_duration(text).error().code, errc::parse) << text;
}

TEST(duration, IsWrittenInItsShortestForm) {
  EXPECT_EQ(format_duration(1500ms), "1.5s");
  EXPECT_EQ(format_duration(250ms), "250ms");
  EXPECT_EQ(format_duration(2h), "2h");
  EXPECT_EQ(format_duration(48h), "2d");
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(0ns), "0s");
  EXPECT_EQ(format_duration(1ns), "1ns");
  EXPECT_EQ(format_duration(-5s), "-5s");
  EXPECT_EQ(format_duration(nanoseconds(INT64_MIN)), "-9223372036854775808ns");
}

TEST(duration, ReadsBackWhatItWrites) {
  for (const std::int64_t ns :
       {1L, 999L, 1'001L, 123'456'789L, 3'599'999'999'999L, 86'400'000'000'001L, INT64_MAX})
    EXPECT_EQ(parse_duration(format_duration(nanoseconds(ns))), nanoseconds(ns)) << ns;
}

}  // namespace
}  // namespace nip
