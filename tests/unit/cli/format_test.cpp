#include "cli/format.hpp"

#include <gtest/gtest.h>

namespace nip::cli {
namespace {

TEST(format, NumbersAreGroupedByThousands) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
}

TEST(format, LatenciesKeepThreeFigures) {
  EXPECT_EQ(latency_text(850), "850ns");
  EXPECT_EQ(latency_text(1234), "1.23us");
  EXPECT_EQ(latency_text(45'600), "45.6us");
  EXPECT_EQ(latency_text(999'900), "1000us");
  EXPECT_EQ(latency_text(7'891'000), "7.89ms");
  EXPECT_EQ(latency_text(2.5e9), "2.50s");
}

TEST(format, RatesAndBytes) {
  EXPECT_EQ(rate_text(0), "0");
  EXPECT_EQ(rate_text(12.34), "12.3");
  EXPECT_EQ(rate_text(41234.4), "41,234");
  EXPECT_EQ(rate_text(1.234e6), "1.23M");
  EXPECT_EQ(bytes_text(512), "512 B");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(3.0 * 1024 * 1024 * 1024), "3.0 GiB");
}

TEST(format, ValuesAreFoundByDottedPath) {
  const auto json = nlohmann::json::parse(R"({"a":{"b":[1,"x"],"c":true,"n":null,"d":1.5}})");
  EXPECT_EQ(text_at(json, "a.b"), "1, x");
  EXPECT_EQ(text_at(json, "a.c"), "yes");
  EXPECT_EQ(text_at(json, "a.n"), "-");
  EXPECT_EQ(text_at(json, "a.b.c"), "-");
  EXPECT_EQ(text_at(json, "missing"), "-");
  EXPECT_DOUBLE_EQ(number_at(json, "a.d"), 1.5);
  EXPECT_DOUBLE_EQ(number_at(json, "a.c", 7), 7);
}

TEST(format, BytesThatAreNoUtf8NeverThrow) {
  EXPECT_EQ(compact(nlohmann::json("a\xff")), "\"a\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace nip::cli
