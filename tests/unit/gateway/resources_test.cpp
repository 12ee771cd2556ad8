#include <set>

#include "gateway/resources/openapi_schemas.hpp"
#include "unit/gateway/peer.hpp"

namespace nip::gateway {
namespace {

using nlohmann::json;
using resources_over_http = table_test;

std::string request(std::string_view verb, std::string_view target, std::string_view body = "",
                    std::string_view type = "application/json") {
  return std::string(verb) + " " + std::string(target) +
         " HTTP/1.1\r\nHost: x\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

TEST_F(resources_over_http, EachRouteReachesItsOperation) {
  const std::tuple<std::string, std::string, std::string, std::string> cases[] = {
      {"GET", "/v4/messages/a%2Fb", "", R"({"operation":"message_state","id":"a/b"})"},
      {"GET", "/v4/messages/a:b/explain", "", R"({"operation":"explain","id":"a:b"})"},
      {"GET", "/v4/messages?from=1&to=2&filter=message.type%20%3D%3D%20%22a%22&limit=5&cursor=c",
       "",
       R"({"operation":"find_messages","from":"1","to":"2","filter":"message.type == \"a\"",)"
       R"("limit":5,"cursor":"c"})"},
      {"GET", "/v4/rules", "", R"({"operation":"list_rules","cursor":"","limit":100})"},
      {"GET", "/v4/rules/r", "", R"({"operation":"get_rule","id":"r"})"},
      {"PUT", "/v4/rules/r", R"({"when":"true"})",
       R"({"operation":"put_rule","id":"r","rule":{"when":"true"}})"},
      {"POST", "/v4/rules:test", R"({"message":{}})",
       R"({"operation":"test_rules","body":{"message":{}}})"},
      {"GET", "/v4/plugins", "", R"({"operation":"list_plugins","limit":100})"},
      {"GET", "/v4/plugins/p", "", R"({"operation":"get_plugin","name":"p"})"},
      {"GET", "/v4/plugins/p/health", "", R"({"operation":"plugin_health","name":"p"})"},
      {"GET", "/v4/plugins/p/config", "", R"({"operation":"get_plugin_config","name":"p"})"},
      {"PUT", "/v4/plugins/p/config", R"({"a":1})",
       R"({"operation":"put_plugin_config","name":"p","config":{"a":1}})"},
      {"POST", "/v4/plugins/p:enable", "",
       R"({"operation":"act_on_plugin","name":"p","action":0})"},
      {"POST", "/v4/plugins/p:disable", "",
       R"({"operation":"act_on_plugin","name":"p","action":1})"},
      {"POST", "/v4/plugins/p:reload", "",
       R"({"operation":"act_on_plugin","name":"p","action":2})"},
      {"GET", "/v4/dead-letters/9", "", R"({"operation":"get_dead_letter","seq":9})"},
      {"GET", "/v4/stats", "", R"({"operation":"stats"})"},
      {"GET", "/v4/audit?limit=5&cursor=9", "",
       R"({"operation":"list_audit","cursor":"9","limit":5})"},
      {"GET", "/v4/config", "", R"({"operation":"config"})"}};
  for (const auto& [verb, target, body, expected] : cases) {
    const auto answer = answer_in(exchange(request(verb, target, body)));
    EXPECT_EQ(answer.status, 200U) << verb << target;
    EXPECT_EQ(answer.json(), json::parse(expected)) << verb << target;
  }
}

TEST_F(resources_over_http, DeletedRuleLeavesNoContent) {
  const auto answer = answer_in(exchange("DELETE /v4/rules/r HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(answer.status, 204U);
  EXPECT_EQ(answer.field("Content-Length"), "");
  EXPECT_EQ(admin.asked, std::vector<std::string>{"delete_rule"});
}

TEST_F(resources_over_http, DeadLettersAreListedAndGroupedByQuery) {
  const auto listed =
      answer_in(exchange(get("/v4/dead-letters?limit=7&cursor=1.0&rule=r&filter=1%3C2&from=3")))
          .json();
  EXPECT_EQ(listed["operation"], "list_dead_letters");
  EXPECT_EQ(listed["limit"], 7);
  EXPECT_EQ(listed["cursor"], "1.0");
  EXPECT_EQ(listed["rule"], "r");
  EXPECT_EQ(listed["filter"], "1<2");
  EXPECT_EQ(listed["from"], "3");
  const auto grouped = answer_in(exchange(get("/v4/dead-letters/groups?reason=loop"))).json();
  EXPECT_EQ(grouped["operation"], "dead_letter_groups");
  EXPECT_EQ(grouped["reason"], "loop");
}

TEST_F(resources_over_http, DeadLettersAreChosen) {
  const std::tuple<std::string, std::string, unsigned, std::string> cases[] = {
      {"/v4/dead-letters:redrive", R"({"seqs":[1,2],"type":"t"})", 202, R"([1,2])"},
      {"/v4/dead-letters/5:redrive", "", 202, R"([5])"},
      {"/v4/dead-letters/5:redrive", R"({"message":{"data":1},"force":true})", 202, R"([5])"},
      {"/v4/dead-letters:purge", R"({"fingerprint":"f"})", 200, R"([])"},
      {"/v4/dead-letters:purge", R"({"all":true,"dry_run":true})", 200, R"([])"},
      {"/v4/dead-letters/6:purge", "", 200, R"([6])"}};
  for (const auto& [target, body, status, seqs] : cases) {
    const auto answer = answer_in(exchange(request("POST", target, body)));
    EXPECT_EQ(answer.status, status) << target;
    EXPECT_EQ(answer.json()["seqs"], json::parse(seqs)) << target;
  }
  for (const auto* bad :
       {"{}", "[]", R"({"all":false})", R"({"seqs":[]})", R"({"seqs":["1"]})", R"({"seqs":[0]})",
        R"({"all":true,"target":"x"})", R"({"what":1})", "{", "", R"({"dry_run":true})"})
    for (const auto* verb : {"purge", "redrive"})
      EXPECT_EQ(
          answer_in(exchange(request("POST", "/v4/dead-letters:" + std::string(verb), bad))).status,
          400U)
          << bad;
  for (const auto* bad : {R"({"message":{"id":"x"}})", R"({"message":[]})", R"({"rate":1})"})
    EXPECT_EQ(answer_in(exchange(request("POST", "/v4/dead-letters/5:redrive", bad))).status, 400U)
        << bad;
  for (const auto* bad :
       {"/v4/dead-letters/x", "/v4/dead-letters/0", "/v4/dead-letters/99999999999999999999"})
    EXPECT_EQ(answer_in(exchange(get(bad))).status, 400U) << bad;
}

TEST_F(resources_over_http, AReplayIsAJobWithAPlaceToAskFor) {
  const auto answer = answer_in(exchange(
      request("POST", "/v4/replay", R"({"from":3,"to":"2026-01-01T00:00:00Z","rate":5})")));
  EXPECT_EQ(answer.status, 202U);
  EXPECT_EQ(answer.field("Location"), "/v4/replay/job-1");
  EXPECT_EQ(answer.json()["from"], "3");
  EXPECT_EQ(answer.json()["to"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(answer.json()["rate"], 5);
  EXPECT_EQ(answer_in(exchange(get("/v4/replay"))).json()["operation"], "list_jobs");
  EXPECT_EQ(answer_in(exchange(get("/v4/replay/a"))).json()["id"], "a");
  const auto ended = answer_in(exchange("DELETE /v4/replay/a HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(ended.status, 200U);
  EXPECT_EQ(ended.json()["operation"], "cancel_job");
}

TEST_F(resources_over_http, ADryRunIsAnsweredAtOnce) {
  const auto answer = answer_in(
      exchange(request("POST", "/v4/replay", R"({"dry_run":true,"rules":[],"limit":9})")));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.field("Location"), "");
  EXPECT_EQ(answer.json()["rules"], json::array());
  EXPECT_EQ(answer.json()["limit"], 9);
  for (const auto* bad : {R"({"rules":[]})", R"({"dry_run":true,"rules":{}})", R"({"rate":-1})",
                          R"({"dry_run":true,"target":"p"})", R"({"form":1})",
                          R"({"dry_run":true,"rules":[],"rule":{}})", R"({"limit":-1})", "[]"})
    EXPECT_EQ(answer_in(exchange(request("POST", "/v4/replay", bad))).status, 400U) << bad;
}

TEST_F(resources_over_http, LimitIsChecked) {
  for (const auto* bad : {"0", "1001", "x", "-1", "5x"})
    EXPECT_EQ(answer_in(exchange(get("/v4/rules?limit=" + std::string(bad)))).status, 400U) << bad;
  EXPECT_TRUE(admin.asked.empty());
}

TEST_F(resources_over_http, AnswersMayComeLaterAndInOrder) {
  admin.hold = true;
  send(get("/v4/stats") + get("/v4/config"));
  ASSERT_EQ(admin.held.size(), 2U);
  admin.held[1](json{{"n", 2}});
  EXPECT_EQ(take(), "");
  admin.held[0](json{{"n", 1}});
  const auto answers = answers_in(take());
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].json()["n"], 1);
  EXPECT_EQ(answers[1].json()["n"], 2);
}

TEST_F(resources_over_http, AnswerAfterTheEndOfItsSessionOrGatewayFallsAway) {
  admin.hold = true;
  send(get("/v4/stats"));
  table->close(slot);
  slot = table->open();
  admin.held[0](json::object());
  EXPECT_EQ(take(), "");
  send(get("/v4/stats"));
  table.reset();
  admin.held[1](json::object());
}

TEST_F(resources_over_http, FailureIsAProblem) {
  admin.failure = error{errc::not_found, "no rule \"x\"", std::source_location::current()};
  const auto answer = answer_in(exchange(get("/v4/rules/x")));
  EXPECT_EQ(answer.status, 404U);
  EXPECT_EQ(answer.json()["type"], "urn:nip:problem:not-found");
  EXPECT_EQ(answer.json()["detail"], "no rule \"x\"");
}

TEST_F(resources_over_http, MissingPathNamesTheNearest) {
  const auto answer = answer_in(exchange(get("/v4/mesages")));
  EXPECT_EQ(answer.status, 404U);
  EXPECT_NE(answer.json()["detail"].get<std::string>().find("/v4/messages"), std::string::npos);
  for (const auto* path : {"/v4/messages/", "/v4//messages", "//", "/v4/messages/a/b/c"})
    EXPECT_EQ(answer_in(exchange(get(path))).status, 404U) << path;
}

TEST_F(resources_over_http, WrongMethodNamesThoseAllowed) {
  const auto answer = answer_in(exchange(request("PUT", "/v4/messages", "{}")));
  EXPECT_EQ(answer.status, 405U);
  EXPECT_EQ(answer.field("Allow"), "POST, GET, HEAD, OPTIONS");
  EXPECT_EQ(answer_in(exchange(request("BREW", "/v4/messages", ""))).status, 405U);
  const auto options = answer_in(exchange("OPTIONS /v4/rules/x HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(options.status, 204U);
  EXPECT_EQ(options.field("Allow"), "GET, HEAD, PUT, DELETE, OPTIONS");
}

TEST_F(resources_over_http, OptionsOfTheWholeServerIsAnswered) {
  const auto answer = answer_in(exchange("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(answer.status, 204U);
  EXPECT_EQ(answer.field("Allow"), "GET, HEAD, POST, PUT, DELETE, OPTIONS");
}

TEST_F(resources_over_http, MediaTypesAreChecked) {
  EXPECT_EQ(answer_in(exchange(request("POST", "/v4/messages", "a=b",
                                       "application/x-www-form-urlencoded")))
                .status,
            415U);
  EXPECT_EQ(answer_in(exchange(request("PUT", "/v4/rules/x", "a", "text/yaml"))).status, 415U);
  EXPECT_EQ(answer_in(exchange(request("POST", "/v4/messages:batch", "[]",
                                       "application/cloudevents+json")))
                .status,
            415U);
  const auto brotli = answer_in(exchange(post("{}", "Content-Encoding: br\r\n")));
  EXPECT_EQ(brotli.status, 415U);
  EXPECT_NE(brotli.json()["detail"].get<std::string>().find("identity"), std::string::npos);
  EXPECT_EQ(port.count, 0U);
  send(request("POST", "/v4/messages", "{}", "Application/JSON; charset=utf-8"));
  EXPECT_EQ(port.count, 1U);
}

TEST_F(resources_over_http, AcceptIsNegotiated) {
  EXPECT_EQ(answer_in(exchange(get("/v4/stats", "Accept: text/html\r\n"))).status, 406U);
  EXPECT_EQ(
      answer_in(exchange(get("/v4/stats", "Accept: */*;q=0.1, application/json;q=0\r\n"))).status,
      406U);
  for (const auto* good :
       {"*/*", "application/*", "text/html, application/json;q=0.5", "APPLICATION/JSON"})
    EXPECT_EQ(answer_in(exchange(get("/v4/stats", "Accept: " + std::string(good) + "\r\n"))).status,
              200U)
        << good;
}

TEST_F(resources_over_http, BatchHasOneOutcomeAnEntry) {
  send(request("POST", "/v4/messages:batch", R"([{"type":"a"}, {"type":"b"},7])"));
  ASSERT_EQ(port.open.size(), 3U);
  EXPECT_EQ(port.open[1].text, R"({"type":"b"})");
  EXPECT_EQ(port.open[2].text, "7");
  const auto open = port.open;
  accept(open[1].from, 2, message::ack_level::fsync, false, "two");
  table->on_refused(open[2].from, {errc::parse, "no", std::source_location::current()});
  EXPECT_EQ(take(), "");
  accept(open[0].from, 1, message::ack_level::fsync, false, "one");
  const auto answer = answer_in(take());
  EXPECT_EQ(answer.status, 207U);
  const auto body = answer.json();
  EXPECT_EQ(body["accepted"], 2);
  EXPECT_EQ(body["refused"], 1);
  EXPECT_EQ(body["items"][0]["id"], "one");
  EXPECT_EQ(body["items"][1]["id"], "two");
  EXPECT_EQ(body["items"][2]["problem"]["status"], 400);
}

TEST_F(resources_over_http, NdjsonIsABatch) {
  send(request("POST", "/v4/messages:batch", "{\"type\":\"a\"}\r\n\n  \n{\"type\":\"b\"}",
               "application/x-ndjson"));
  ASSERT_EQ(port.open.size(), 2U);
  EXPECT_EQ(port.open[0].text, R"({"type":"a"})");
  accept(1);
  accept(2);
  EXPECT_EQ(answer_in(take()).status, 202U);
}

TEST_F(resources_over_http, CloudEventsAreABatch) {
  send(
      request("POST", "/v4/messages:batch",
              R"([{"specversion":"1.0","id":"e1","source":"/s","type":"t"},{"specversion":"1.0"}])",
              "application/cloudevents-batch+json"));
  ASSERT_EQ(port.open.size(), 1U);
  accept(1);
  const auto body = answer_in(take()).json();
  EXPECT_EQ(body["accepted"], 1);
  EXPECT_EQ(body["items"][1]["problem"]["status"], 400);
}

TEST_F(resources_over_http, HealthTellsLiveFromReady) {
  EXPECT_EQ(answer_in(exchange(get("/health"))).json()["generation"], 7);
  EXPECT_FALSE(answer_in(exchange(get("/health"))).json().contains("open_breakers"));
  admin.breakers = {"billing"};
  const auto failing = answer_in(exchange(get("/health")));
  EXPECT_EQ(failing.status, 200U) << "a plugin that fails is no reason to take nipd out";
  EXPECT_EQ(failing.json()["open_breakers"], nlohmann::json::array({"billing"}));
  EXPECT_EQ(answer_in(exchange(get("/health/ready"))).status, 200U);
  admin.ready_ = fail(errc::unavailable, "recovering the journal");
  EXPECT_EQ(answer_in(exchange(get("/health/live"))).status, 200U);
  const auto ready = answer_in(exchange(get("/health/ready")));
  EXPECT_EQ(ready.status, 503U);
  EXPECT_EQ(ready.json()["detail"], "recovering the journal");
  EXPECT_EQ(ready.field("Retry-After"), "1");
  EXPECT_EQ(answer_in(exchange(get("/health"))).status, 503U);
}

TEST_F(resources_over_http, MetricsAreText) {
  const auto answer = answer_in(exchange(get("/metrics")));
  EXPECT_EQ(answer.body, "nip_up 1\n");
  EXPECT_TRUE(answer.field("Content-Type").starts_with("text/plain; version=0.0.4"));
}

TEST_F(resources_over_http, RootLinksToTheRest) {
  const auto answer = answer_in(exchange(get("/")));
  for (const auto* link : {"/openapi.json", "/health", "/metrics", "/v4/stats"})
    EXPECT_NE(answer.body.find("href=\"" + std::string(link) + "\""), std::string::npos) << link;
}

TEST_F(resources_over_http, OpenapiAndTheRouteTableAreOne) {
  const auto document = answer_in(exchange(get("/openapi.json"))).json();
  EXPECT_EQ(document["openapi"], "3.1.0");
  std::size_t operations = 0;
  std::set<std::string> ids;
  for (const auto& route : resources::all_routes()) {
    std::string verb(to_string(route.verb));
    for (char& c : verb) c = static_cast<char>(std::tolower(c));
    ASSERT_TRUE(document["paths"].contains(std::string(route.pattern))) << route.pattern;
    const auto& operation = document["paths"][std::string(route.pattern)][verb];
    EXPECT_EQ(operation["operationId"], route.operation);
    EXPECT_TRUE(ids.insert(std::string(route.operation)).second) << route.operation;
    EXPECT_EQ(operation["responses"].size(), route.statuses.size()) << route.operation;
    EXPECT_EQ(operation.contains("requestBody"), !route.consumes.empty()) << route.operation;
    // Each pattern with values for its parameters is found again, and as this very route.
    std::string path(route.pattern);
    for (auto open = path.find('{'); open != std::string::npos; open = path.find('{'))
      path.replace(open, path.find('}') - open + 1, "value");
    const auto found = resources::route_table().find(route.verb, path);
    ASSERT_TRUE(std::holds_alternative<resources::match>(found)) << path;
    EXPECT_EQ(std::get<resources::match>(found).found, &route) << path;
  }
  for (const auto& [path, verbs] : document["paths"].items()) operations += verbs.size();
  EXPECT_EQ(operations, resources::all_routes().size());
}

TEST_F(resources_over_http, OpenapiRefersOnlyToSchemasThatAreThere) {
  const auto text = resources::openapi_text(resources::all_routes());
  const auto document = json::parse(text);
  const std::string prefix = "#/components/schemas/";
  std::size_t references = 0;
  for (auto at = text.find(prefix); at != std::string::npos;
       at = text.find(prefix, at + 1), ++references) {
    const auto name = text.substr(at + prefix.size(), text.find('"', at) - at - prefix.size());
    EXPECT_TRUE(document["components"]["schemas"].contains(name)) << name;
  }
  EXPECT_GT(references, 20U);
}

TEST(stage_chain, KeepsTheOrderOfTheNames) {
  options settings;
  settings.stages = {"limits", "request_id"};
  const auto made = stage_chain::make(settings, 0, 1, {});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->names(), (std::vector<std::string_view>{"limits", "request_id"}));
}

TEST(stage_chain, RefusesUnknownAndRepeatedNames) {
  options settings;
  settings.stages = {"acess_log"};
  const auto unknown = stage_chain::make(settings, 0, 1, {});
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().detail.find("did you mean \"access_log\""), std::string::npos)
      << unknown.error().detail;
  settings.stages = {"limits", "limits"};
  EXPECT_FALSE(stage_chain::make(settings, 0, 1, {}));
}

}  // namespace
}  // namespace nip::gateway
