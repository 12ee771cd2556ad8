#include <gmock/gmock.h>

#include "cli/progress.hpp"
#include "unit/cli/fake_server.hpp"
#include "unit/cli/program.hpp"

namespace nip::cli::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* same = R"({"looked_at":10,"from":1,"to":10,"changed_messages":0,"items":[]})";
constexpr const char* moved =
    R"({"looked_at":10,"from":1,"to":10,"changed_messages":1,"changed":{"moved":1},"items":[
      {"seq":4,"type":"t","change":"moved","before":[{"rule":"r","targets":["a"]}],"after":[]}]})";

/// Answers a dry run with `diff`, a PUT with the rule, and a job's progress step by step.
answered house(const asked& what, const char* diff, std::atomic<int>& polls) {
  if (what.method == "PUT") return {.body = R"({"id":"x"})"};
  if (what.body.find("dry_run") != std::string::npos) return {.body = diff};
  if (what.method == "POST")
    return {.status = 202, .body = R"({"id":"j","kind":"replay","state":"running"})"};
  if (++polls < 2) return {.body = R"({"id":"j","state":"running","progress":0.5,"sent":1})"};
  return {.body = R"({"id":"j","state":"done","progress":1,"matched":2,"sent":2,"refused":0})"};
}

struct replay_program : ::testing::Test {
  const char* diff = same;
  std::atomic<int> polls = 0;
  fake_server server{[this](const asked& what) { return house(what, diff, polls); }};

  ended run(std::vector<std::string> words, const surroundings& around = {}) {
    words.insert(words.end(), {"--server", server.url()});
    return nip(words, around);
  }
};

TEST_F(replay_program, FollowsTheJobToItsEnd) {
  const auto end = run({"replay", "--from", "3", "--rate", "50"});
  EXPECT_EQ(end.code, 0) << end.err;
  EXPECT_EQ(end.out, "done: 2 of 2 messages sent\n");
  EXPECT_EQ(json::parse(server.requests().at(0).body), (json{{"from", "3"}, {"rate", 50.0}}));
  EXPECT_EQ(server.requests().at(1).target, "/v4/replay/j");
}

TEST_F(replay_program, WantsToKnowWhich) {
  EXPECT_EQ(run({"replay"}).code, 2);
  EXPECT_EQ(run({"replay", "--all", "--rules", "[]"}).code, 2);
  EXPECT_TRUE(server.requests().empty());
  EXPECT_EQ(run({"replay", "--all", "--detach"}).out, "j\n");
}

TEST_F(replay_program, ADryRunShowsWhatWouldChange) {
  diff = moved;
  const auto end = run({"replay", "--dry-run", "--rules", R"({"rules":[{"id":"r"}]})"});
  EXPECT_EQ(end.code, 0) << end.err;
  EXPECT_THAT(end.out, HasSubstr("1 would go elsewhere: 1 moved, 0 lost"));
  EXPECT_THAT(end.out, HasSubstr("r: a"));
  EXPECT_THAT(end.out, HasSubstr("nowhere"));
  EXPECT_EQ(json::parse(server.requests().at(0).body)["rules"], (json{{{"id", "r"}}}));
}

TEST_F(replay_program, PuttingARuleShowsTheChangeAndAsksOnATerminal) {
  diff = moved;
  surroundings terminal{.input = "n\n", .out_is_terminal = true, .in_is_terminal = true};
  auto end = run({"rules", "put", "x", R"({"to":["a"]})", "--no-color"}, terminal);
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.out, HasSubstr("1 would go elsewhere"));
  EXPECT_THAT(end.err, HasSubstr("rule x is not changed"));
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(json::parse(server.requests()[0].body)["rule"]["id"], "x");
  terminal.input = "y\n";
  EXPECT_EQ(run({"rules", "put", "x", R"({"to":["a"]})"}, terminal).code, 0);
}

TEST_F(replay_program, InAScriptARuleIsPutWithoutAQuestionAndSaysSo) {
  diff = moved;
  const auto end = run({"rules", "put", "x", R"({"to":["a"]})"}, {.in_is_terminal = false});
  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(end.out, "rule x is in force\n");
  EXPECT_THAT(end.err, HasSubstr("1 would go elsewhere"));
  EXPECT_THAT(end.err, HasSubstr("goes on"));
  const auto quiet = run({"rules", "put", "x", R"({"to":["a"]})", "--last", "0"});
  EXPECT_EQ(quiet.err, "");
}

TEST(progress_line, ShowsTheShareTheCountAndWhyItWaits) {
  const auto text = progress_text({{"progress", 0.5}, {"sent", 1234}, {"rate", 99.5}});
  EXPECT_THAT(text, StartsWith("[###############...............]  50 %  1,234 sent  99.5/s"));
  EXPECT_THAT(text, Not(HasSubstr("refused")));
  EXPECT_THAT(progress_text({{"state", "waiting"}, {"why", "no\nroom"}, {"refused", 2}}),
              HasSubstr("2 refused  waiting: no room"));
  EXPECT_THAT(progress_text({{"progress", 7}}), HasSubstr("100 %"));
}

TEST(followed_job, ThatWasRefusedOrCutShortIsAFailure) {
  for (const char* job :
       {R"({"state":"done","sent":1,"matched":2,"refused":1,"problems":[{"seq":7,"detail":"no"}]})",
        R"({"state":"cancelled","sent":1,"position":9})"}) {
    fake_server server([&](const asked& what) {
      return what.method == "POST" ? answered{.status = 202, .body = R"({"id":"j"})"}
                                   : answered{.body = job};
    });
    const auto end = nip({"replay", "--all", "--server", server.url()});
    EXPECT_EQ(end.code, 1);
    EXPECT_THAT(end.err, ::testing::AnyOf(HasSubstr("seq 7: no"), HasSubstr("up to seq 9")));
  }
}

}  // namespace
}  // namespace nip::cli::testing
