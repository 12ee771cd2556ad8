#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/cli/fake_server.hpp"
#include "unit/cli/program.hpp"

namespace nip::cli::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* accepted = R"({"id":"m1","seq":17,"ack":"fsync","generation":3})";

answered problem(int status, const std::string& title, const std::string& detail) {
  return {.status = status,
          .body = nlohmann::json{{"type", "urn:nip:problem:x"},
                                 {"title", title},
                                 {"status", status},
                                 {"detail", detail}}
                      .dump(),
          .type = "application/problem+json"};
}

TEST(nip_send, ShowsTheAcknowledgement) {
  fake_server server([](const asked&) { return answered{.status = 202, .body = accepted}; });
  const auto ended = nip({"send", "--type", "greet", "--data", R"({"n":1})", "--ack", "fsync",
                          "--key", "k", "--server", server.url()});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "accepted m1  seq 17  ack fsync  generation 3\n");
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.target, "/v4/messages");
  EXPECT_EQ(request.body, R"({"type":"greet","data":{"n":1},"metadata":{"ordering_key":"k"}})");
  EXPECT_THAT(request.head, HasSubstr("Prefer: ack=fsync\r\n"));
}

TEST(nip_send, AMessageGoesOutByteForByteWhenNothingIsChanged) {
  fake_server server([](const asked&) { return answered{.status = 202, .body = accepted}; });
  const std::string text = R"({ "type" : "t", "data" : 12345678901234567890 })";
  EXPECT_EQ(nip({"send", text, "--server", server.url()}).code, 0);
  EXPECT_EQ(server.requests().at(0).body, text);
}

TEST(nip_send, WithWaitPrintsTheReply) {
  fake_server server(
      [](const asked&) { return answered{.body = R"({"id":"r","type":"greeting","data":1})"}; });
  const auto ended =
      nip({"send", R"({"type":"t"})", "--wait", "2", "--json", "--server", server.url()});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.out, "{\"data\":1,\"id\":\"r\",\"type\":\"greeting\"}\n");
  EXPECT_THAT(server.requests().at(0).head, HasSubstr("Prefer: wait=2\r\n"));
}

TEST(nip_send, AReplyThatDoesNotComeIsAFailureThatNamesTheNextStep) {
  fake_server server([](const asked&) { return answered{.status = 202, .body = accepted}; });
  const auto ended = nip({"send", R"({"type":"t"})", "--wait", "1", "--server", server.url()});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("nip explain m1"));
}

TEST(nip_send, ARefusalShowsTheProblem) {
  fake_server server([](const asked&) {
    return problem(400, "Bad Request", "envelope: key \"type\" is missing");
  });
  const auto ended = nip({"send", "{}", "--server", server.url()});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("400 Bad Request: envelope: key \"type\" is missing"));
}

TEST(nip_send, NobodyThereIsExitCode3AndSaysHowToStart) {
  const auto ended = nip({"send", "{}", "--server", "http://127.0.0.1:1"});
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(ended.err, HasSubstr("nipd does not answer at http://127.0.0.1:1"));
  EXPECT_THAT(ended.err, HasSubstr("nipd --config"));
}

TEST(nip_send, TheServerComesFromTheEnvironment) {
  fake_server server([](const asked&) { return answered{.status = 202, .body = accepted}; });
  EXPECT_EQ(nip({"send", "{}"}, {.environment = {{"NIP_SERVER", server.url()}}}).code, 0);
}

std::string batch_answer(const std::string& body, std::size_t refused_every) {
  auto items = nlohmann::json::array();
  std::size_t n = 0;
  for (const char c : body) {
    if (c != '\n') continue;
    ++n;
    if (refused_every != 0 && n % refused_every == 0)
      items.push_back(
          {{"problem", {{"status", 400}, {"title", "Bad Request"}, {"detail", "no type"}}}});
    else
      items.push_back({{"id", "m"}, {"seq", n}, {"ack", "fsync"}, {"generation", 1}});
  }
  return nlohmann::json{{"items", items}}.dump();
}

std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "{\"type\":\"t\"}\n";
  return text;
}

TEST(nip_send, LinesGoInBoundedBatchesInOrder) {
  fake_server server(
      [](const asked& what) { return answered{.body = batch_answer(what.body, 0)}; });
  const auto ended =
      nip({"send", "--server", server.url()}, {.input = lines(1201), .in_is_terminal = false});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("1,201 accepted, 0 refused"));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].target, "/v4/messages:batch");
  EXPECT_THAT(requests[0].head, HasSubstr("application/x-ndjson"));
  EXPECT_EQ(requests[2].body, lines(201));
}

TEST(nip_send, RefusedLinesAreNamedByNumberAndTheExitCodeSaysSo) {
  fake_server server(
      [](const asked& what) { return answered{.body = batch_answer(what.body, 3)}; });
  const auto ended = nip({"send", "-", "--server", server.url()}, {.input = "\n" + lines(6)});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("line 4: 400 Bad Request: no type"));
  EXPECT_THAT(ended.err, HasSubstr("line 7: "));
  EXPECT_THAT(ended.out, HasSubstr("4 accepted, 2 refused"));
}

TEST(nip_send, ABatchIsTriedAgainWhenTheServerHasNoRoom) {
  std::atomic<int> tries = 0;
  fake_server server([&](const asked& what) {
    if (++tries <= 2) return answered{.status = 429, .headers = "Retry-After: 0\r\n"};
    return answered{.body = batch_answer(what.body, 0)};
  });
  const auto ended = nip({"send", "-", "--server", server.url()}, {.input = lines(5)});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(tries, 3);
}

TEST(nip_send, OnlyTheEntriesWithoutRoomAreTriedAgain) {
  std::atomic<int> tries = 0;
  fake_server server([&](const asked& what) {
    if (++tries > 1) return answered{.body = batch_answer(what.body, 0)};
    return answered{
        .body = R"({"items":[{"id":"a","seq":1},{"problem":{"status":429}},{"id":"c"}]})",
        .headers = "Retry-After: 0\r\n"};
  });
  const auto ended = nip({"send", "-", "--server", server.url()},
                         {.input = "{\"type\":\"a\"}\n{\"type\":\"b\"}\n{\"type\":\"c\"}\n"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("3 accepted"));
  EXPECT_EQ(server.requests().at(1).body, "{\"type\":\"b\"}\n");
}

TEST(nip_send, WithJsonEveryLineHasItsOutcome) {
  fake_server server(
      [](const asked& what) { return answered{.body = batch_answer(what.body, 2)}; });
  const auto ended = nip({"send", "-", "--json", "--server", server.url()}, {.input = lines(2)});
  EXPECT_EQ(ended.code, 1);
  const auto end = ended.out.find('\n');
  EXPECT_EQ(nlohmann::json::parse(ended.out.substr(0, end))["line"], 1);
  EXPECT_EQ(nlohmann::json::parse(ended.out.substr(end + 1))["problem"]["status"], 400);
}

TEST(nip_send, AConnectionLostMidwaySaysWhichLinesAreInDoubt) {
  std::atomic<int> tries = 0;
  fake_server server([&](const asked& what) {
    if (++tries > 1) return answered{.hang_up = true};
    return answered{.body = batch_answer(what.body, 0)};
  });
  const auto ended = nip({"send", "-", "--server", server.url()}, {.input = lines(700)});
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(ended.err, HasSubstr("lines 501 to 700"));
  EXPECT_THAT(ended.err, HasSubstr("not known"));
}

TEST(nip_rules, ListFollowsEveryPage) {
  fake_server server([](const asked& what) {
    if (what.target.find("cursor=p2") != std::string::npos)
      return answered{
          .body =
              R"({"items":[{"id":"b","to":["topic:x",{"plugin":"p","weight":2}],"when":"true"}]})"};
    return answered{.body = R"({"items":[{"id":"a","to":["echo"],"priority":10}],"next":"p2"})"};
  });
  const auto ended = nip({"rules", "list", "--server", server.url()});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("echo"));
  EXPECT_THAT(ended.out, HasSubstr("topic:x, p"));
  EXPECT_THAT(ended.out, Not(HasSubstr("\x1b")));
}

TEST(nip_rules, PutSendsTheRuleAndIdsAreEscaped) {
  fake_server server([](const asked&) { return answered{}; });
  const auto ended = nip({"rules", "put", "a/b", R"({"when":"true","to":["echo"]})", "--last", "0",
                          "--server", server.url()});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(server.requests().at(0).method, "PUT");
  EXPECT_EQ(server.requests().at(0).target, "/v4/rules/a%2Fb");
}

TEST(nip_rules, DeleteUnderstandsAnAnswerWithoutBody) {
  fake_server server([](const asked&) { return answered{.status = 204, .body = ""}; });
  const auto ended = nip({"rules", "delete", "x", "--server", server.url()});
  EXPECT_EQ(ended.code, 0) << ended.err;
}

TEST(nip_rules, TestWrapsMessageAndCandidates) {
  fake_server server([](const asked&) { return answered{.body = R"({"matched":[]})"}; });
  const auto ended = nip(
      {"rules", "test", R"({"type":"t"})", "--rules", R"({"id":"r"})", "--server", server.url()});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(server.requests().at(0).body, R"({"message":{"type":"t"},"rules":[{"id":"r"}]})");
}

TEST(nip_plugins, VerbsPostToThePlugin) {
  fake_server server([](const asked&) { return answered{}; });
  EXPECT_THAT(nip({"plugins", "disable", "echo", "--server", server.url()}).out,
              HasSubstr("echo is disabled"));
  EXPECT_THAT(nip({"plugins", "reload", "echo", "--server", server.url()}).out,
              HasSubstr("echo is reloaded"));
  EXPECT_EQ(server.requests().at(0).target, "/v4/plugins/echo:disable");
  EXPECT_EQ(server.requests().at(1).method, "POST");
}

TEST(nip_plugins, ConfigIsReadAndSet) {
  fake_server server([](const asked&) { return answered{.body = R"({"url":"http://x"})"}; });
  EXPECT_THAT(nip({"plugins", "config", "http", "--server", server.url()}).out,
              HasSubstr("http://x"));
  EXPECT_EQ(
      nip({"plugins", "config", "http", "--set", R"({"url":"y"})", "--server", server.url()}).code,
      0);
  EXPECT_EQ(server.requests().at(1).method, "PUT");
  EXPECT_EQ(server.requests().at(1).body, R"({"url":"y"})");
}

TEST(nip_dlq, RedriveSendsTheChoice) {
  fake_server server([](const asked&) { return answered{.body = R"({"redriven":2})"}; });
  const auto ended = nip({"dlq", "redrive", "17", "18", "--server", server.url()});
  EXPECT_EQ(ended.out, "2 dead letters sent again\n") << ended.err;
  EXPECT_EQ(server.requests().at(0).target, "/v4/dead-letters:redrive");
  EXPECT_EQ(server.requests().at(0).body, R"({"seqs":[17,18]})");
}

TEST(nip_dlq, FiltersGoIntoTheQueryAndTheBody) {
  fake_server server([](const asked&) { return answered{.body = R"({"items":[],"purged":3})"}; });
  nip({"dlq", "list", "--type", "a b", "--reason", "loop", "--server", server.url()});
  EXPECT_EQ(server.requests().at(0).target, "/v4/dead-letters?reason=loop&type=a%20b&limit=100");
  const auto ended = nip({"dlq", "purge", "--rule", "r", "--server", server.url()});
  EXPECT_EQ(ended.out, "3 dead letters removed\n");
  EXPECT_EQ(server.requests().at(1).body, R"({"rule":"r"})");
  EXPECT_EQ(nip({"dlq", "purge", "--server", server.url()}).code, 2);
  EXPECT_EQ(nip({"dlq", "redrive", "--all", "--rule", "r", "--server", server.url()}).code, 2);
}

TEST(nip_dlq, ARefusedRedriveIsAFailureThatSaysWhy) {
  fake_server server([](const asked&) {
    return answered{
        .body = R"({"redriven":1,"skipped_count":1,"skipped":[{"seq":9,"why":"too often"}]})"};
  });
  const auto ended = nip({"dlq", "redrive", "--all", "--server", server.url()});
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.out, "1 dead letters sent again\n");
  EXPECT_EQ(ended.err, "seq 9: too often\n");
}

TEST(nip_explain, UnknownMessageIsAFailure) {
  fake_server server([](const asked&) { return problem(404, "Not Found", "no message \"x\""); });
  const auto ended = nip({"explain", "x", "--server", server.url()});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("no message \"x\""));
}

TEST(nip_stats, ColoursOnlyOnATerminalThatWantsThem) {
  fake_server server([](const asked&) { return answered{.body = R"({"accepted":1234})"}; });
  const surroundings terminal{.out_is_terminal = true};
  EXPECT_THAT(nip({"stats", "--server", server.url()}, terminal).out, HasSubstr("\x1b["));
  EXPECT_THAT(nip({"stats", "--server", server.url()}).out, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(nip({"stats", "--no-color", "--server", server.url()}, terminal).out,
              Not(HasSubstr("\x1b[")));
  const surroundings asked_not_to{.environment = {{"NO_COLOR", "1"}}, .out_is_terminal = true};
  EXPECT_THAT(nip({"stats", "--server", server.url()}, asked_not_to).out, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(nip({"stats", "--server", server.url()}).out, HasSubstr("1,234"));
}

TEST(nip_stats, SomethingThatIsNoNipdIsSaidSo) {
  fake_server server([](const asked&) { return answered{.body = "<html>", .type = "text/html"}; });
  const auto ended = nip({"stats", "--server", server.url()});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("is it nipd?"));
}

TEST(nip_top, ShowsRatesBetweenTwoSnapshots) {
  std::atomic<int> count = 0;
  fake_server server([&](const asked& what) {
    if (what.target.starts_with("/v4/plugins"))
      return answered{.body = R"({"items":[{"name":"echo","version":"1.0.0","state":"healthy"}]})"};
    count += 1000;
    return answered{.body = "{\"accepted\":" + std::to_string(count.load()) + "}"};
  });
  const auto ended =
      nip({"top", "--interval", "0.05", "--count", "1", "--json", "--server", server.url()});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const auto shown = nlohmann::json::parse(ended.out);
  EXPECT_GT(shown["rates"]["accepted"].get<double>(), 1000);
  EXPECT_EQ(shown["plugins"][0]["name"], "echo");
}

TEST(nip_doctor, AReadyServerIsWell) {
  fake_server server([](const asked&) { return answered{}; });
  const auto ended = nip({"doctor", "--server", server.url(), "--json"});
  const auto found = nlohmann::json::parse(ended.out);
  EXPECT_EQ(found[0]["verdict"], "ok");
  EXPECT_EQ(found[1]["check"], "ready");
  EXPECT_EQ(ended.code, 0);
}

TEST(nip_doctor, AServerThatIsNotReadyFailsWithItsReason) {
  fake_server server([](const asked& what) {
    return what.target == "/health/ready"
               ? problem(503, "Service Unavailable", "the journal is replaying")
               : answered{};
  });
  const auto ended = nip({"doctor", "--server", server.url()});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.out, HasSubstr("the journal is replaying"));
}

TEST(nip_doctor, NoServerIsExitCode3AndTheHostIsCheckedAllTheSame) {
  const auto ended = nip({"doctor", "--server", "127.0.0.1:1"});
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(ended.out, HasSubstr("open files"));
  EXPECT_THAT(ended.out, HasSubstr("Is it running?"));
}

TEST(nip_doctor, MeasuresTheJournalsDisk) {
  fake_server server([](const asked&) { return answered{}; });
  const auto ended = nip({"doctor", "--journal", ::testing::TempDir(), "--server", server.url()});
  EXPECT_THAT(ended.out, HasSubstr("fdatasync takes"));
  EXPECT_THAT(ended.out, HasSubstr("can be written"));
}

TEST(nip_bench, CountsAnswersOfAServer) {
  fake_server server([](const asked&) { return answered{.status = 202, .body = accepted}; });
  const auto ended = nip({"bench", "http", "-c", "2", "-d", "0.2", "--warmup", "0", "--json",
                          "--server", server.url()});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const auto report = nlohmann::json::parse(ended.out);
  EXPECT_GT(report["completed"].get<int>(), 0);
  EXPECT_EQ(report["refused"], 0);
  EXPECT_GT(report["latency_us"]["p50"].get<double>(), 0);
}

TEST(nip_bench, RefusalsAreCountedShownAndFailTheRun) {
  fake_server server([](const asked&) { return problem(429, "Too Many Requests", "no room"); });
  const auto ended =
      nip({"bench", "http", "-c", "1", "-d", "0.1", "--warmup", "0", "--server", server.url()});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.out, HasSubstr("first refusal: "));
  EXPECT_THAT(ended.out, HasSubstr("no room"));
}

TEST(nip_bench, AnOpenLoopKeepsItsRateAndCountsWhatIsBehind) {
  fake_server server([](const asked&) { return answered{.status = 202, .body = accepted}; });
  const auto ended = nip({"bench", "http", "-c", "2", "-d", "0.3", "--warmup", "0", "--rate", "200",
                          "--json", "--server", server.url()});
  const auto report = nlohmann::json::parse(ended.out);
  EXPECT_EQ(report["loop"], "open");
  const auto done = report["completed"].get<int>() + report["unfinished"].get<int>();
  EXPECT_NEAR(done, 60, 5);
}

}  // namespace
}  // namespace nip::cli::testing
