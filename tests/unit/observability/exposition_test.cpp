// The text that Prometheus scrapes, read back by a strict parser.
#include "observability/exposition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/observability/exposition_reader.hpp"

namespace nip::observability {
namespace {

TEST(exposition, WritesHelpTypeAndSamples) {
  exposition page;
  page.family("nip_messages_total", "Messages accepted.", metric_type::counter);
  page.sample({{"level", "fsync"}}, std::uint64_t{7});
  page.sample({}, 1.5);
  EXPECT_EQ(page.text(),
            "# HELP nip_messages_total Messages accepted.\n"
            "# TYPE nip_messages_total counter\n"
            "nip_messages_total{level=\"fsync\"} 7\n"
            "nip_messages_total 1.5\n");
}

TEST(exposition, LabelsAndHelpSurviveEscaping) {
  exposition page;
  const std::string hostile = "a\\b\"c\nd}e,f=\"g\" ü";
  page.family("nip_x", "line one\nline \\ two", metric_type::gauge);
  page.sample({{"rule", hostile}, {"other", ""}}, -3);
  const auto read = read_exposition(page.text());
  ASSERT_EQ(read.problem, "");
  ASSERT_EQ(read.samples.size(), 1u);
  EXPECT_EQ(read.samples[0].labels.at("rule"), hostile);
  EXPECT_EQ(read.samples[0].labels.at("other"), "");
  EXPECT_EQ(read.families.at("nip_x").help, "line one\nline \\ two");
  EXPECT_EQ(read.samples[0].value, -3);
}

TEST(exposition, FamilyNamedAgainStaysInOnePiece) {
  exposition page;
  for (const char* shard : {"0", "1"}) {
    page.family("nip_a", "A.", metric_type::counter);
    page.sample({{"shard", shard}}, 1);
    page.family("nip_b", "B.", metric_type::gauge);
    page.sample({{"shard", shard}}, 2);
  }
  const auto read = read_exposition(page.text());
  EXPECT_EQ(read.problem, "");
  EXPECT_EQ(read.samples.size(), 4u);
}

TEST(exposition, HistogramIsCumulativeAndAgreesWithItsCount) {
  histogram times;
  for (const int us : {1, 2, 4, 100, 5000}) times.record(std::chrono::microseconds(us));
  times.record(std::chrono::minutes(2));
  exposition page;
  page.family("nip_stage_seconds", "Stage times.", metric_type::histogram);
  page.sample({{"stage", "route"}}, histogram_snapshot(times));
  const auto read = read_exposition(page.text());
  EXPECT_EQ(read.problem, "");
  const auto bucket = [&](const std::string& le) {
    for (const auto& each : read.samples)
      if (each.labels.contains("le") && each.labels.at("le") == le) return each.value;
    return -1.0;
  };
  EXPECT_EQ(bucket("1.024e-06"), 1);
  EXPECT_EQ(bucket("+Inf"), 6);
  EXPECT_EQ(bucket("17.179869184"), 5);
  const auto& last = read.samples.back();
  EXPECT_EQ(last.name, "nip_stage_seconds_count");
  EXPECT_EQ(last.value, 6);
}

TEST(exposition, SpecialNumbersAreWrittenAsTheFormatWants) {
  exposition page;
  page.family("nip_x", "X.", metric_type::gauge);
  page.sample({{"n", "1"}}, std::numeric_limits<double>::infinity());
  page.sample({{"n", "2"}}, -std::numeric_limits<double>::infinity());
  page.sample({{"n", "3"}}, std::numeric_limits<double>::quiet_NaN());
  page.sample({{"n", "4"}}, std::numeric_limits<std::uint64_t>::max());
  EXPECT_THAT(page.text(), testing::HasSubstr("{n=\"1\"} +Inf\n"));
  EXPECT_THAT(page.text(), testing::HasSubstr("{n=\"2\"} -Inf\n"));
  EXPECT_THAT(page.text(), testing::HasSubstr("{n=\"3\"} NaN\n"));
  EXPECT_THAT(page.text(), testing::HasSubstr("{n=\"4\"} 18446744073709551615\n"));
}

TEST(exposition, WrongUseIsABugThatThrows) {
  exposition page;
  EXPECT_THROW(page.sample({}, 1), std::logic_error);
  EXPECT_THROW(page.family("nip-x", "X.", metric_type::gauge), std::logic_error);
  EXPECT_THROW(page.family("", "X.", metric_type::gauge), std::logic_error);
  page.family("nip_x", "X.", metric_type::gauge);
  EXPECT_THROW(page.family("nip_x", "X.", metric_type::counter), std::logic_error);
  EXPECT_THROW(page.sample({{"le:", "x"}}, 1), std::logic_error);
  EXPECT_THROW(page.sample({}, histogram_snapshot()), std::logic_error);
  page.family("nip_h", "H.", metric_type::histogram);
  EXPECT_THROW(page.sample({}, 1), std::logic_error);
}

TEST(exposition_reader, RefusesWhatTheFormatForbids) {
  for (const char* text : {
           "nip_x 1\n",                                                 // no TYPE
           "# TYPE nip_x counter\nnip_x 1",                             // no end of line
           "# TYPE nip_x counter\nnip_x one\n",                         // no number
           "# TYPE nip_x counter\nnip_x{a=\"b} 1\n",                    // open quote
           "# TYPE nip_x counter\nnip_x{a=\"\\q\"} 1\n",                // unknown escape
           "# TYPE nip_x counter\nnip_x 1\nnip_x 1\n",                  // same series twice
           "# TYPE nip_x counter\nnip_x{a=\"1\",a=\"2\"} 1\n",          // same label twice
           "# TYPE nip_x counter\n# TYPE nip_x counter\nnip_x 1\n",     // two TYPE lines
           "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na{x=\"y\"} 1\n",  // torn apart
       })
    EXPECT_NE(read_exposition(text).problem, "") << text;
}

}  // namespace
}  // namespace nip::observability
