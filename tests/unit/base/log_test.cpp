#include "base/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>

namespace nip {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class log_test : public testing::Test {
 protected:
  logger open(log_options options) {
    hub_.emplace(options, clock_,
                 std::vector<std::shared_ptr<spdlog::sinks::sink>>{
                     std::make_shared<spdlog::sinks::ostream_sink_st>(out_)});
    return {*hub_, "journal"};
  }
  /// What was written since the last call.
  std::string written() {
    std::string text = out_.str();
    out_.str({});
    return text;
  }

  manual_clock clock_;
  std::ostringstream out_;
  std::optional<log_hub> hub_;
};

TEST_F(log_test, TextLineHasTimeLevelNameAndFields) {
  const logger log = open({});
  log.with({"m-1", generation_id(3), "00-ab", "echo"}).info("recovered {} records", 12);
  EXPECT_EQ(written(),
            "2023-11-14T22:13:20.000Z info    journal: recovered 12 records message_id=m-1 "
            "traceparent=00-ab plugin=echo generation=3\n");
  log.named("router").warning("bare");
  EXPECT_EQ(written(), "2023-11-14T22:13:20.000Z warning router: bare\n");
}

TEST_F(log_test, JsonLineIsOneObject) {
  const logger log = open({.format = log_format::json});
  log.with({"m\"1", generation_id(3), {}, {}}).error("two\nlines");
  EXPECT_EQ(written(), R"({"time":"2023-11-14T22:13:20.000Z","level":"error","logger":"journal",)"
                       R"("text":"two\nlines","message_id":"m\"1","generation":3})"
                       "\n");
}

TEST_F(log_test, ControlCharactersCannotForgeALine) {
  open({}).info("{}", "a\nb\x1b[0m");
  EXPECT_THAT(written(), HasSubstr("journal: a\\nb\\x1b[0m\n"));
}

TEST_F(log_test, LinesBelowTheLevelAreDropped) {
  const logger log = open({.level = log_level::warning});
  log.info("no");
  EXPECT_EQ(written(), "");
  EXPECT_FALSE(log.enabled(log_level::info));
  hub_->set_level(log_level::debug);
  log.debug("yes");
  EXPECT_THAT(written(), HasSubstr("debug   journal: yes"));
  hub_->set_level(log_level::off);
  log.error("no");
  EXPECT_EQ(written(), "");
}

TEST_F(log_test, RepeatedLinesAreHeldBackAndCounted) {
  const logger log = open({.repeats_max_per_second = 2});
  for (int i = 0; i < 10; ++i) log.info("bad peer {}", i);
  log.info("something else");
  const std::string text = written();
  EXPECT_THAT(text, HasSubstr("bad peer 1\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("bad peer 2")));
  EXPECT_THAT(text, HasSubstr("something else"));
  EXPECT_EQ(hub_->suppressed(), 8U);
  clock_.advance(1s);
  log.info("bad peer {}", 10);
  EXPECT_THAT(written(), HasSubstr("bad peer 10 (and 8 more like it before)\n"));
}

TEST_F(log_test, LongTextIsCut) {
  open({}).info("{}", std::string(100'000, 'x'));
  EXPECT_LT(written().size(), 17'000U);
}

TEST_F(log_test, ALoggerWithoutAHubDropsEverything) {
  const logger none;
  EXPECT_FALSE(none.enabled(log_level::error));
  none.error("nowhere {}", 1);
}

TEST(log_level, ReadsBackItsNames) {
  for (const char* name : {"trace", "debug", "info", "warning", "error", "off"})
    EXPECT_EQ(to_string(*parse_log_level(name)), name);
  EXPECT_EQ(parse_log_level("warn"), log_level::warning);
  EXPECT_FALSE(parse_log_level("loud"));
}

}  // namespace
}  // namespace nip
