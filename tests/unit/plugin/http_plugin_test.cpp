#include "unit/plugin/harness.hpp"
#include "unit/plugin/http_server.hpp"

namespace nip::plugin::test {

class http_plugin : public shard_test {
 protected:
  /// A webhook to `server`, with more settings.
  std::unique_ptr<instance> hook(const http_server& server,
                                 nlohmann::json config = nlohmann::json::object()) {
    config["url"] = server.url();
    return create(spec_of(shipped_plugin("http"), config));
  }
  static bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  }
  static http_server::answer_t always(std::string response) {
    return [response = std::move(response)](const std::string&) { return response; };
  }
};

TEST_F(http_plugin, PostsTheEnvelopeWithTheDeliveryIdAsIdempotencyKey) {
  http_server server(always(http_server::response("204 No Content")));
  auto plugin = hook(server);
  const work one = make_work("order", R"({"n":1})");
  EXPECT_EQ(ask(*plugin, one).status, handled::done);
  ASSERT_EQ(server.requests().size(), 1U);
  const std::string request = server.requests()[0];
  EXPECT_TRUE(request.starts_with("POST /hook HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(has(request, "Content-Type: application/json\r\n"));
  EXPECT_TRUE(has(request, "Idempotency-Key: 10/rule-a/0\r\n"));
  EXPECT_TRUE(request.ends_with(one.message->json()));
  stop(plugin);
}

TEST_F(http_plugin, KeepsConnectionsAndBoundsTheirNumber) {
  http_server server(always(http_server::response("200 OK")));
  auto plugin = hook(server, {{"connections_max", 2}});
  std::vector<work> batch;
  for (int i = 0; i < 200; ++i) batch.push_back(make_work("x"));
  plugin->handle(batch);
  ASSERT_TRUE(loop_.turn_until([&] { return owner_.notes.size() == 200; }));
  EXPECT_EQ(server.requests().size(), 200U);
  EXPECT_LE(server.connections(), 2U);
  stop(plugin);
}

TEST_F(http_plugin, StatusDecidesTheOutcome) {
  std::string status = "200 OK";
  http_server server(
      [&](const std::string&) { return http_server::response(status, "no\r\nway"); });
  auto plugin = hook(server);
  for (const char* done : {"200 OK", "202 Accepted", "299 Fine"}) {
    status = done;
    EXPECT_EQ(ask(*plugin, make_work("x")).status, handled::done) << status;
  }
  for (const char* transient :
       {"408 Late", "425 Early", "429 Many", "500 Oops", "503 Away", "599 X"}) {
    status = transient;
    EXPECT_EQ(ask(*plugin, make_work("x")).status, handled::transient) << status;
  }
  EXPECT_EQ(plugin->health().state, health_state::unhealthy);
  for (const char* permanent :
       {"301 Moved", "400 Bad", "401 Who", "404 Where", "410 Gone", "422 What"}) {
    status = permanent;
    EXPECT_EQ(ask(*plugin, make_work("x")).status, handled::permanent) << status;
  }
  EXPECT_EQ(owner_.notes.back().error, "HTTP 422: no  way");
  status = "200 OK";
  ask(*plugin, make_work("x"));
  EXPECT_EQ(plugin->health().state, health_state::healthy);
  stop(plugin);
}

TEST_F(http_plugin, RetryAfterIsHonoured) {
  std::string after = "7";
  http_server server([&](const std::string&) {
    return http_server::response("503 Away", "", "Retry-After: " + after + "\r\n");
  });
  auto plugin = hook(server);
  EXPECT_EQ(ask(*plugin, make_work("x")).retry_after, std::chrono::seconds(7));
  after = "99999999";
  EXPECT_EQ(ask(*plugin, make_work("x")).retry_after, std::chrono::hours(1));
  after = "Tue, 14 Nov 2023 22:13:50 GMT";  // 30 s after the test's clock
  EXPECT_EQ(ask(*plugin, make_work("x")).retry_after, std::chrono::seconds(30));
  for (const char* nonsense : {"soon", "-5", "Tue, 14 Nov 2000 22:13:50 GMT", "7x"}) {
    after = nonsense;
    EXPECT_EQ(ask(*plugin, make_work("x")).retry_after, nanoseconds(0)) << after;
  }
  stop(plugin);
}

TEST_F(http_plugin, RepliesWithTheResponse) {
  std::string body = R"({"price": 12})";
  http_server server([&](const std::string&) {
    return http_server::response("200 OK", body, "Content-Type: application/json\r\n");
  });
  auto plugin = hook(server, {{"reply", true}, {"reply_type", "priced"}});
  const auto first = nlohmann::json::parse(ask(*plugin, make_work("x")).reply);
  EXPECT_EQ(first["type"], "priced");
  EXPECT_EQ(first["data"]["price"], 12);
  EXPECT_EQ(first["metadata"]["http_status"], 200);
  body = "plain \xff text";
  EXPECT_TRUE(nlohmann::json::parse(ask(*plugin, make_work("x")).reply)["data"].is_string());
  stop(plugin);
}

TEST_F(http_plugin, SendsCloudEventsInBinaryMode) {
  http_server server(always(http_server::response("200 OK")));
  auto plugin = hook(server, {{"body", "cloudevents"}});
  ask(*plugin,
      make_work_of(
          R"({"id":"a b","type":"o","source":"é","data":[1],"timestamp":"2026-01-02T03:04:05Z"})"));
  const std::string request = server.requests()[0];
  EXPECT_TRUE(has(request, "ce-specversion: 1.0\r\n"));
  EXPECT_TRUE(has(request, "ce-id: a%20b\r\n"));
  EXPECT_TRUE(has(request, "ce-source: %C3%A9\r\n"));
  EXPECT_TRUE(request.ends_with("\r\n\r\n[1]"));
  stop(plugin);
}

TEST_F(http_plugin, SignsAsStandardWebhooksPublishesIt) {
  http_server server(always(http_server::response("200 OK")));
  auto plugin =
      hook(server, {{"body", "data"}, {"secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}});
  clock_.jump_wall(nanoseconds(1'614'265'330'000'000'000 - clock_.wall().ns));
  ask(*plugin,
      make_work_of(
          R"({"id":"msg_p5jXN8AQM9LWM0D4loKWxJek","type":"x","timestamp":"2026-01-02T03:04:05Z",)"
          R"("data":{"test": 2432232314}})"));
  const std::string request = server.requests()[0];
  EXPECT_TRUE(has(request, "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\r\n"));
  EXPECT_TRUE(has(request, "webhook-timestamp: 1614265330\r\n"));
  EXPECT_TRUE(
      has(request, "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\r\n"))
      << request;
  stop(plugin);
}

TEST_F(http_plugin, ConfiguredHeadersReplaceOurs) {
  http_server server(always(http_server::response("200 OK")));
  auto plugin = hook(server, {{"headers", {{"content-type", "application/nip"}, {"X-Empty", ""}}},
                              {"method", "PUT"},
                              {"idempotency_header", ""}});
  ask(*plugin, make_work("x"));
  const std::string request = server.requests()[0];
  EXPECT_TRUE(request.starts_with("PUT "));
  EXPECT_TRUE(has(request, "content-type: application/nip\r\n"));
  EXPECT_FALSE(has(request, "Content-Type"));
  EXPECT_FALSE(has(request, "Idempotency-Key"));
  stop(plugin);
}

TEST_F(http_plugin, SilentServerEndsInATimeoutThatIsRetried) {
  http_server server(always("-"));
  auto plugin = hook(server, {{"timeout", "50ms"}});
  const note failed = ask(*plugin, make_work("x"));
  EXPECT_EQ(failed.status, handled::transient);
  EXPECT_TRUE(has(failed.error, "timed out")) << failed.error;
  stop(plugin);
}

TEST_F(http_plugin, NeverWaitsBeyondTheDeadline) {
  http_server server(always("-"));
  auto plugin = hook(server, {{"timeout", "1h"}});
  work one = make_work("x");
  one.deadline = clock_.mono() + std::chrono::milliseconds(50);
  EXPECT_TRUE(has(ask(*plugin, one).error, "timed out"));
  work late = make_work("x");
  late.deadline = clock_.mono();
  EXPECT_EQ(ask(*plugin, late).error, "its deadline has passed");
  stop(plugin);
}

TEST_F(http_plugin, RefusedAndCutConnectionsAreRetried) {
  std::string url;
  {
    const http_server gone(always(""));
    url = gone.url();
  }
  auto refused = create(spec_of(shipped_plugin("http"), {{"url", url}}));
  EXPECT_EQ(ask(*refused, make_work("x")).status, handled::transient);
  stop(refused);
  http_server server(always(""));
  auto cut = hook(server);
  EXPECT_EQ(ask(*cut, make_work("x")).status, handled::transient);
  stop(cut);
}

TEST_F(http_plugin, TooLargeResponseFailsForGood) {
  http_server server(always(http_server::response("200 OK", std::string(5000, 'x'))));
  auto plugin = hook(server, {{"response_bytes_max", 4999}});
  const note failed = ask(*plugin, make_work("x"));
  EXPECT_EQ(failed.status, handled::permanent);
  EXPECT_TRUE(has(failed.error, "response_bytes_max"));
  stop(plugin);
}

TEST_F(http_plugin, CancelledExchangeIsGivenUp) {
  http_server server(always("-"));
  auto plugin = hook(server, {{"timeout", "1h"}, {"connections_max", 1}});
  const work one = make_work("x");
  plugin->handle({&one, 1});
  plugin->cancel(one.token);
  ASSERT_TRUE(loop_.turn_until([&] { return owner_.notes.size() == 1; }));
  EXPECT_TRUE(has(owner_.notes[0].error, "cancelled"));
  stop(plugin);
  EXPECT_EQ(owner_.notes.size(), 1U);
}

TEST_F(http_plugin, StopGivesBackWhatIsOnItsWay) {
  http_server server(always("-"));
  auto plugin = hook(server, {{"timeout", "1h"}});
  const work one = make_work("x");
  plugin->handle({&one, 1});
  stop(plugin);
  ASSERT_EQ(owner_.notes.size(), 1U);
  EXPECT_EQ(owner_.notes[0].status, handled::transient);
}

TEST_F(http_plugin, BadSettingsAreRefusedWithTheKey) {
  const auto refusal = [&](const nlohmann::json& config) {
    const auto made = try_create(spec_of(shipped_plugin("http"), config));
    return made ? std::string() : made.error().detail;
  };
  EXPECT_TRUE(has(refusal({{"url", "ftp://x"}}), "url: expected http"));
  EXPECT_TRUE(has(refusal({{"url", "http://x"}, {"timeout", "fast"}}), "timeout: "));
  EXPECT_TRUE(has(refusal({{"url", "http://x"}, {"headers", {{"a b", "c"}}}}), "headers.a b"));
  EXPECT_TRUE(has(refusal({{"url", "http://x"}, {"headers", {{"a", "b\r\nc: d"}}}}), "headers.a"));
  EXPECT_TRUE(has(refusal({{"url", "http://x"}, {"secret", "whsec_!"}}), "secret: "));
}

}  // namespace nip::plugin::test
