#include "message/json_fault.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "base/random.hpp"

namespace nip::message {
namespace {

constexpr std::size_t depth_max = 64;

bool parses(std::string text) {
  simdjson::dom::parser parser;
  const std::size_t size = text.size();
  text.reserve(size + simdjson::SIMDJSON_PADDING);
  return parser.parse(text.data(), size, false).error() == simdjson::SUCCESS;
}

TEST(json_fault, FindsNothingInGoodText) {
  for (const char* text :
       {"{}", "[]", " [1, -2.5e+3, true, false, null, \"a\\u00e9\\ud83d\\ude00\", {\"a\":{}}] ",
        "\"x\"", "-0", "1e-999"})
    EXPECT_FALSE(find_json_fault(text, depth_max)) << text;
}

TEST(json_fault, DepthIsExact) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_FALSE(find_json_fault(nested(3), 3));
  const auto fault = find_json_fault(nested(4), 3);
  ASSERT_TRUE(fault);
  EXPECT_TRUE(fault->too_deep);
  EXPECT_EQ(fault->at, 3U);
}

TEST(json_fault, AgreesWithTheFastParserOnDamagedText) {
  const std::string good = R"({"a":[1,2.5,-3e2,true,null,"x\n\u00e9\ud83d\ude00"],"b":{"c":"caf)"
                           "\u00e9"
                           R"(","d":[]},"e":18446744073709551615})";
  using namespace std::string_view_literals;
  constexpr std::string_view junk = "\0\"\\{}[]:,0-.eEux\xff\xc3\xed n"sv;  // what JSON cares about
  xoshiro random(11);
  for (int round = 0; round < 20'000; ++round) {
    std::string text = good;
    for (std::uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
      const auto at = static_cast<std::size_t>(random.below(text.size()));
      switch (random.below(3)) {
        case 0:
          text[at] = junk[random.below(junk.size())];
          break;
        case 1:
          text.erase(at, 1 + random.below(4));
          break;
        default:
          text.insert(at, 1, junk[random.below(junk.size())]);
          break;
      }
    }
    const auto fault = find_json_fault(text, 1024);
    ASSERT_EQ(!fault, parses(text)) << text << "\n" << (fault ? fault->what : "");
    ASSERT_LE(fault ? fault->at : 0, text.size());
  }
}

}  // namespace
}  // namespace nip::message
