#include "base/json_write.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace nip {
namespace {

TEST(json_write, StringsAreEscaped) {
  const auto text = [](std::string_view s) {
    std::string out;
    append_json_string(out, s);
    return out;
  };
  EXPECT_EQ(text("plain"), R"("plain")");
  EXPECT_EQ(text(""), R"("")");
  EXPECT_EQ(text("\"\\/\b\f\n\r\t"), R"("\"\\/\b\f\n\r\t")");
  EXPECT_EQ(text(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(text("caf\u00e9"), "\"caf\u00e9\"");
}

TEST(json_write, EveryByteIsEscapedOrNotWhereverItStands) {
  for (unsigned byte = 0; byte < 256; ++byte)
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'x'), out;
      text[at] = static_cast<char>(byte);
      append_json_escaped(out, text);
      const bool escaped = byte < 0x20 || byte == '"' || byte == '\\';
      ASSERT_EQ(out != text, escaped) << byte << " at " << at;
      ASSERT_EQ(out.substr(0, at) + out.substr(out.size() - (19 - at)), std::string(19, 'x'));
    }
}

TEST(json_write, IntegersOfAllSizes) {
  std::string out;
  append_json_integer(out, std::numeric_limits<std::int64_t>::min());
  out += ' ';
  append_json_integer(out, std::numeric_limits<std::uint64_t>::max());
  out += ' ';
  append_json_integer(out, -5);
  out += ' ';
  append_json_integer(out, std::uint16_t{7});
  EXPECT_EQ(out, "-9223372036854775808 18446744073709551615 -5 7");
}

TEST(json_write, DoublesStayDoublesAndReadBack) {
  const auto text = [](double value) {
    std::string out = "e.";  // what stands before must not pass for a fraction
    append_json_double(out, value);
    return out.substr(2);
  };
  EXPECT_EQ(text(3), "3.0");
  EXPECT_EQ(text(0.1), "0.1");
  EXPECT_EQ(text(-1.5e300), "-1.5e+300");
  EXPECT_EQ(text(std::nan("")), "null");
  EXPECT_EQ(text(-std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(std::stod(text(1.0 / 3)), 1.0 / 3);
}

TEST(json_write, KeysEndWithAColon) {
  std::string out;
  append_json_key(out, "a\"b");
  append_json_bool(out, true);
  EXPECT_EQ(out, R"("a\"b":true)");
}

}  // namespace
}  // namespace nip
