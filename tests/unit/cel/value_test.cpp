#include "cel/value.hpp"

#include <cmath>

#include "cel/arena.hpp"
#include "cel/compare.hpp"
#include "cel/posix_zone.hpp"
#include "cel/utf8.hpp"
#include "unit/cel/expression.hpp"

namespace nip::cel {
namespace {

std::string json_of(std::string_view source) {
  expression e;
  const auto made = e.compiled(source);
  json_input in(e.paths());
  arena memory;
  return made ? to_json(made->evaluate(in, memory)) : made.error().detail;
}

TEST(cel_write, JsonKeepsWhatJsonCanSay) {
  EXPECT_EQ(json_of("[1, 2u, 1.5, 'a\"\\n\\x01', b'\\xff\\x00', null, true]"),
            R"([1, 2, 1.5, "a\"\n\u0001", "/wA=", null, true])");
  EXPECT_EQ(json_of("{1: 'a', true: 2, 'k': {}}"), R"({"1": "a", "true": 2, "k": {}})");
  EXPECT_EQ(json_of("[timestamp(0), duration('1500ms'), 1.0 / 0.0]"),
            R"(["1970-01-01T00:00:00Z", "1.5s", "Infinity"])");
  EXPECT_EQ(json_of("1 / 0"), R"({"error": "divide by zero"})");
}

TEST(cel_write, DoublesAreShortAndReadBack) {
  expect_all({{"string(0.000011)", "\"0.000011\""},
              {"string(1e-6)", "\"0.000001\""},
              {"string(1e-7)", "\"1e-7\""},
              {"string(-1.25e-10)", "\"-1.25e-10\""},
              {"string(0.1 + 0.2)", "\"0.30000000000000004\""},
              {"string(9223372036854775808.0)", "\"9223372036854776000\""},
              {"string(123456789012345680000.0)", "\"123456789012345680000\""},
              {"string(1e21)", "\"1e+21\""},
              {"string(1.5e300)", "\"1.5e+300\""},
              {"string(100.0)", "\"100\""},
              {"string(-0.0)", "\"-0\""},
              {"double(string(1.7976931348623157e308)) == 1.7976931348623157e308", "true"}});
}

TEST(cel_compare, IntegersBeyondDoublePrecisionCompareWithDoublesAsDoubles) {
  const value large = value::integer(INT64_MAX);
  EXPECT_TRUE(equals(large, value::real(0x1.0p63)));
  EXPECT_EQ(compare(large, value::real(0x1.1p63)), order::less);
  EXPECT_EQ(compare(value::real(NAN), value::integer(1)), order::unordered);
  EXPECT_EQ(compare(value::uinteger(UINT64_MAX), large), order::greater);
  EXPECT_EQ(compare(value::string("a"), value::integer(1)), order::none);
}

TEST(cel_arena, MemoryIsReusedAfterReset) {
  arena memory(4096);
  void* first = memory.allocate(100, 8);
  ASSERT_NE(first, nullptr);
  memory.reset();
  EXPECT_EQ(memory.allocate(100, 8), first);
}

TEST(cel_arena, NothingIsHandedOutPastTheLimit) {
  arena memory(1000);
  EXPECT_NE(memory.allocate(900, 1), nullptr);
  EXPECT_EQ(memory.allocate(200, 1), nullptr);
  memory.reset();
  EXPECT_NE(memory.allocate(200, 1), nullptr);
  EXPECT_EQ(memory.array<std::uint64_t>(SIZE_MAX / 4), nullptr);
}

TEST(cel_utf8, CodePointsAreCountedAndFound) {
  const std::string_view text = "a\u00e9\U0001F431z";
  EXPECT_EQ(code_points(text), 4U);
  EXPECT_EQ(byte_offset(text, 2), 3U);
  EXPECT_EQ(byte_offset(text, 4), text.size());
  EXPECT_EQ(byte_offset(text, 5), std::nullopt);
  EXPECT_EQ(code_point_at(text, 3), U'\U0001F431');
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
}

TEST(posix_zone, RulesOfEveryForm) {
  constexpr std::int64_t july_2040 = 2'224'929'600;
  constexpr std::int64_t january_2040 = 2'209'032'000;
  EXPECT_EQ(posix_offset("<+0530>-5:30", july_2040), 19'800);
  EXPECT_EQ(posix_offset("CET-1CEST,M3.5.0,M10.5.0/3", july_2040), 7'200);
  EXPECT_EQ(posix_offset("CET-1CEST,M3.5.0,M10.5.0/3", january_2040), 3'600);
  EXPECT_EQ(posix_offset("AAA3BBB,J60,J300", july_2040), -7'200);
  EXPECT_EQ(posix_offset("AAA3BBB,59/0,300/0", january_2040), -10'800);
  EXPECT_EQ(posix_offset("CET-1CEST", july_2040), std::nullopt);
  EXPECT_EQ(posix_offset("", july_2040), std::nullopt);
}

}  // namespace
}  // namespace nip::cel
