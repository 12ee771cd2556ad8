#include "cli/screen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nip::cli {
namespace {

using ::testing::HasSubstr;

snapshot taken(double seconds, int done) {
  using clock = std::chrono::steady_clock;
  const auto since =
      std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
  snapshot made;
  made.at = clock::time_point(since);
  made.stats = {
      {"messages_accepted", {{"memory", done}, {"fsync", done}}},
      {"deliveries_done", done},
      {"generation", 3},
      {"dead_letters", 2},
      {"memory", {{"leased_bytes", 1 << 20}, {"budget_bytes", 256 << 20}}},
      {"stages_us",
       {{"parse", {{"count", 5}, {"p50", 0.5}, {"p99", 1.5}}}, {"route", {{"count", 0}}}}},
      {"journal", {{"sync_p50_us", 120.0}, {"sync_p99_us", 900.0}, {"syncs", done}}},
      {"shards",
       {{{"plugins", {{"echo", {{"queued", 1}, {"in_flight", 2}, {"done", done}, {"failed", 0}}}}}},
        {{"plugins",
          {{"echo", {{"queued", 3}, {"in_flight", 4}, {"done", done}, {"failed", 0}}}}}}}}};
  made.plugins = {
      {{"name", "echo"}, {"version", "1.2.0"}, {"enabled", true}, {"installed", true}},
      {{"name", "file"}, {"version", "1.0.0"}, {"enabled", false}, {"installed", true}}};
  return made;
}

std::string line_with(const std::string& text, const std::string& word) {
  const auto at = text.find(word);
  if (at == std::string::npos) return "no line with " + word;
  const auto begin = text.rfind('\n', at) + 1;
  return text.substr(begin, text.find('\n', at) - begin);
}

TEST(top_screen, RatesAreDifferencesBySecondAndLevelsAreSummed) {
  const auto text = screen_text("http://x", taken(10, 1000), taken(12, 3000), painter());
  EXPECT_THAT(line_with(text, "accepted"), ::testing::MatchesRegex("accepted +2,000 +6,000"));
  EXPECT_THAT(line_with(text, "delivered"), ::testing::MatchesRegex("delivered +1,000 +3,000"));
}

TEST(top_screen, PluginsAreSummedOverShards) {
  const auto text = screen_text("http://x", taken(10, 1000), taken(12, 3000), painter());
  EXPECT_THAT(line_with(text, "echo"),
              ::testing::MatchesRegex("echo +1.2.0 +in use +4 +6 +2,000 +0"));
  EXPECT_THAT(line_with(text, "file"), HasSubstr("disabled"));
}

TEST(top_screen, StagesThatNothingPassedAreLeftOut) {
  const auto text = screen_text("http://x", taken(10, 0), taken(11, 0), painter());
  EXPECT_THAT(line_with(text, "parse"), ::testing::MatchesRegex("parse +500ns +1.50us"));
  EXPECT_EQ(text.find("route"), std::string::npos);
  EXPECT_THAT(line_with(text, "journal sync"), HasSubstr("120us"));
}

TEST(top_screen, TheHeadSaysWhatNeedsSomebody) {
  const auto text = screen_text("http://x", taken(10, 0), taken(11, 0), painter());
  EXPECT_THAT(text, HasSubstr("generation 3"));
  EXPECT_THAT(text, HasSubstr("dead letters 2"));
  EXPECT_THAT(text, HasSubstr("1.0 MiB of 256.0 MiB"));
}

TEST(top_screen, ProgramsGetEveryNumberThatGrew) {
  const auto json = screen_json(taken(10, 1000), taken(12, 3000));
  EXPECT_DOUBLE_EQ(json["rates"]["messages_accepted.fsync"].get<double>(), 1000);
  EXPECT_FALSE(json["rates"].contains("generation"));
}

TEST(top_screen, AServerThatSaysNothingIsShownEmptyNotAsACrash) {
  snapshot nothing;
  nothing.stats = nlohmann::json::object();
  nothing.plugins = nlohmann::json::array();
  EXPECT_THAT(screen_text("http://x", nothing, nothing, painter()), HasSubstr("nip top"));
}

}  // namespace
}  // namespace nip::cli
