#include "plugin/native/voice.hpp"

#include "unit/plugin/harness.hpp"

namespace nip::plugin::native {

namespace {

class a_voice : public testing::Test {
 protected:
  std::int32_t metric(std::string_view name, double value, std::uint32_t kind = NIP_METRIC_COUNTER,
                      std::string_view label = {}) {
    nip_metric sample{};
    sample.struct_size = sizeof sample;
    sample.kind = kind;
    sample.name = {name.data(), name.size()};
    sample.label = {label.data(), label.size()};
    sample.value = value;
    return voice_.metric(sample);
  }

  manual_clock clock_;
  test::heard heard_;
  voice voice_{"p", std::make_shared<const taps>(heard_.listening()), clock_};
};

}  // namespace

TEST_F(a_voice, DropsLinesOverItsRateAndSaysHowMany) {
  for (std::uint32_t i = 0; i < log_lines_per_second_max + 50; ++i)
    voice_.log(log_level::info, "line");
  EXPECT_EQ(heard_.lines.size(), log_lines_per_second_max);
  clock_.advance(std::chrono::seconds(1));
  voice_.log(log_level::info, "next");
  EXPECT_TRUE(heard_.has_line("50 log lines of one second were dropped"));
  EXPECT_EQ(heard_.lines.back(), "next");
}

TEST_F(a_voice, CutsLongLines) {
  voice_.log(log_level::info, std::string(10'000, 'x'));
  EXPECT_EQ(heard_.lines.back().size(), log_line_bytes_max);
}

TEST_F(a_voice, PassesOnMetricsThatCanExistOnly) {
  EXPECT_EQ(metric("good_name2", 1), NIP_OK);
  EXPECT_EQ(heard_.metrics, std::vector<std::string>{"good_name2 1"});
  EXPECT_EQ(metric("", 1), NIP_E_INVALID);
  EXPECT_EQ(metric("2nd", 1), NIP_E_INVALID);
  EXPECT_EQ(metric("bad-name", 1), NIP_E_INVALID);
  EXPECT_EQ(metric("x", 1, NIP_METRIC_COUNTER, "bad label"), NIP_E_INVALID);
  EXPECT_EQ(metric("x", -1), NIP_E_INVALID) << "a counter never falls";
  EXPECT_EQ(metric("x", -1, NIP_METRIC_GAUGE), NIP_OK);
  EXPECT_EQ(metric("x", std::numeric_limits<double>::quiet_NaN()), NIP_E_INVALID);
  EXPECT_EQ(metric("x", 1, 17), NIP_E_INVALID);
}

}  // namespace nip::plugin::native
