#include "unit/gateway/peer.hpp"

namespace nip::gateway {
namespace {

using http_protocol = table_test;

std::string chunked_post(std::string_view chunks) {
  return "POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Type: "
         "application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
         std::string(chunks);
}

TEST_F(http_protocol, PipelinedAnswersLeaveInTheOrderOfTheRequests) {
  send(post("1") + post("2") + get("/health/live") + post("3"));
  ASSERT_EQ(port.open.size(), 3U);
  const auto open = port.open;
  accept(open[2].from, 3);
  accept(open[1].from, 2);
  EXPECT_EQ(take(), "");
  accept(open[0].from, 1);
  const auto answers = answers_in(take());
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers[0].json()["seq"], 1);
  EXPECT_EQ(answers[1].json()["seq"], 2);
  EXPECT_EQ(answers[2].json()["status"], "live");
  EXPECT_EQ(answers[3].json()["seq"], 3);
}

TEST_F(http_protocol, PrefixOfAnswersLeavesAtOnce) {
  send(post("1") + post("2") + post("3"));
  const auto open = port.open;
  accept(open[2].from, 3);
  accept(open[0].from, 1);
  EXPECT_EQ(answer_in(take()).json()["seq"], 1);
  accept(open[1].from, 2);
  EXPECT_EQ(answers_in(take()).size(), 2U);
}

TEST_F(http_protocol, RefusalOfAPipelinedRequestWaitsForItsTurn) {
  send(post("1") + "NONSENSE\r\n\r\n" + post("2"));
  EXPECT_EQ(port.count, 1U);
  EXPECT_EQ(take(), "");
  accept(1);
  const auto answers = answers_in(take());
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].status, 202U);
  EXPECT_EQ(answers[1].status, 400U);
  EXPECT_TRUE(peer().finished());
}

TEST_F(http_protocol, SplitAnywhereGivesTheSame) {
  const std::string bytes =
      post(R"({"a":1})", "Prefer: ack=memory\r\n") +
      chunked_post("3;x=y\r\n{\"a\r\n4\r\n\":2}\r\n0\r\nX-Trailer: 1\r\n\r\n") +
      get("/health/live") + "\r\n" + post(R"({"a":3})");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    port.open.clear();
    slot = table->open();
    send(bytes.substr(0, cut));
    send(bytes.substr(cut));
    ASSERT_EQ(port.open.size(), 3U) << cut;
    EXPECT_EQ(port.open[0].text, R"({"a":1})");
    EXPECT_EQ(port.open[0].level, message::ack_level::memory);
    EXPECT_EQ(port.open[1].text, R"({"a":2})");
    EXPECT_EQ(port.open[2].text, R"({"a":3})");
    const auto open = port.open;
    for (const auto& one : open) accept(one.from, 1);
    ASSERT_EQ(answers_in(take()).size(), 4U) << cut;
  }
}

TEST_F(http_protocol, OneByteAtATimeGivesTheSame) {
  send(post(R"({"a":1})") + chunked_post("7\r\n{\"a\":2}\r\n0\r\n\r\n") + post(R"({"a":3})"), 1);
  ASSERT_EQ(port.open.size(), 3U);
  EXPECT_EQ(port.open[1].text, R"({"a":2})");
  EXPECT_EQ(port.open[2].text, R"({"a":3})");
}

TEST_F(http_protocol, LargeBodyComesWholeHoweverItIsCut) {
  const std::string body = "\"" + std::string(900'000, 'x') + "\"";
  send(post(body) + post("2"), 1460);
  ASSERT_EQ(port.open.size(), 2U);
  EXPECT_EQ(port.open[0].text, body);
  EXPECT_EQ(port.open[1].text, "2");
  std::string chunks;
  for (std::size_t at = 0; at < body.size(); at += 9000) {
    char size[16];
    const auto part = body.substr(at, 9000);
    std::snprintf(size, sizeof size, "%zx\r\n", part.size());
    chunks += size + part + "\r\n";
  }
  send(chunked_post(chunks + "0\r\n\r\n") + post("4"), 1460);
  ASSERT_EQ(port.open.size(), 4U);
  EXPECT_EQ(port.open[2].text, body);
  EXPECT_EQ(port.open[3].text, "4");
}

TEST_F(http_protocol, CloseIsHonoured) {
  send(post("1", "Connection: close\r\n") + post("2"));
  EXPECT_EQ(port.count, 1U);
  EXPECT_FALSE(peer().wants_input());
  EXPECT_FALSE(peer().finished());
  accept(1);
  EXPECT_EQ(answer_in(take()).field("Connection"), "close");
  EXPECT_TRUE(peer().finished());
}

TEST_F(http_protocol, Http10IsServedOnceAndClosed) {
  const auto answer =
      answer_in(exchange("GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(peer().finished());
}

TEST_F(http_protocol, AbsoluteFormOfTheSameHostIsServed) {
  EXPECT_EQ(answer_in(exchange("GET http://X/health/live?a=b HTTP/1.1\r\nHost: x\r\n\r\n")).status,
            200U);
  EXPECT_EQ(answer_in(exchange("GET http://x HTTP/1.1\r\nHost: x\r\n\r\n")).field("Content-Type"),
            "text/html; charset=utf-8");
}

TEST_F(http_protocol, HalfClosedPeerGetsItsAnswers) {
  send(post("1") + post("2"));
  peer().end_of_input();
  EXPECT_FALSE(peer().finished());
  accept(1);
  accept(2);
  const auto answers = answers_in(take());
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].field("Connection"), "");
  EXPECT_EQ(answers[1].field("Connection"), "close");
  EXPECT_TRUE(peer().finished());
}

TEST_F(http_protocol, HalfRequestOfAGonePeerIsNothing) {
  send(post("1").substr(0, 30));
  peer().end_of_input();
  EXPECT_TRUE(peer().finished());
  EXPECT_EQ(take(), "");
  EXPECT_EQ(port.count, 0U);
}

TEST_F(http_protocol, HeadHasTheHeadOnly) {
  const auto answer = answer_in(exchange("HEAD /health/live HTTP/1.1\r\nHost: x\r\n\r\n"), true);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.field("Content-Length"), "17");
}

TEST_F(http_protocol, ContinueIsSaidOnceAndOnlyWhenTheBodyIsMissing) {
  const std::string request = post("{}", "Expect: 100-continue\r\n");
  const auto head = request.substr(0, request.size() - 2);
  EXPECT_EQ(exchange(head), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(exchange("{"), "");
  EXPECT_EQ(exchange("}"), "");
  EXPECT_EQ(port.count, 1U);
  accept(1);
  EXPECT_EQ(answer_in(take()).status, 202U);
  EXPECT_EQ(exchange(request), "");
}

TEST_F(http_protocol, ContinueWaitsForEarlierAnswers) {
  const std::string request = post("{}", "Expect: 100-continue\r\n");
  send(post("1") + request.substr(0, request.size() - 2));
  EXPECT_EQ(take(), "");
  accept(1);
  const auto text = take();
  EXPECT_TRUE(text.ends_with("HTTP/1.1 100 Continue\r\n\r\n"));
  EXPECT_TRUE(text.starts_with("HTTP/1.1 202 "));
}

TEST_F(http_protocol, ContinueIsRefusedForABodyOverTheLimit) {
  const auto answer =
      answer_in(exchange("POST /v4/messages HTTP/1.1\r\nHost: x\r\nExpect: "
                         "100-continue\r\nContent-Length: 9999999\r\n\r\n"));
  EXPECT_EQ(answer.status, 413U);
  EXPECT_TRUE(peer().finished());
}

TEST_F(http_protocol, LimitsHaveTheirStatus) {
  const auto padded = [](std::size_t size) { return "X: " + std::string(size, 'a') + "\r\n"; };
  std::string many;
  for (int i = 0; i < 80; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  const std::tuple<std::string, unsigned> cases[] = {
      {get("/health", padded(20'000)), 431},
      {get("/" + std::string(9'000, 'a')), 414},
      {get("/" + std::string(20'000, 'a')), 414},
      {get("/health", many), 431},
      {"POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n", 413},
      {chunked_post("100001\r\n"), 413},
      {chunked_post("80000\r\n" + std::string(0x80000, 'x') + "\r\n80001\r\n"), 413}};
  for (const auto& [bytes, status] : cases) {
    slot = table->open();
    const auto answer = answer_in(exchange(bytes));
    EXPECT_EQ(answer.status, status) << bytes.substr(0, 60);
    EXPECT_TRUE(peer().finished());
  }
  EXPECT_EQ(port.count, 0U);
}

TEST_F(http_protocol, EndlessChunkLineAndTrailersAreCut) {
  for (const auto* start : {"1;", "2\r\n{}\r\n0\r\nX: "}) {
    slot = table->open();
    send(chunked_post(start));
    for (int i = 0; i < 40 && !peer().finished(); ++i) send(std::string(1000, 'a'));
    EXPECT_GE(answer_in(take()).status, 400U);
    EXPECT_TRUE(peer().finished());
  }
}

TEST_F(http_protocol, PipelineIsHeldBackAtItsBound) {
  settings.bounds.pipeline_max = 2;
  remake();
  send(post("1") + post("2") + post("3") + post("4"));
  EXPECT_EQ(port.count, 2U);
  EXPECT_FALSE(peer().wants_input());
  accept(1);
  EXPECT_EQ(answers_in(take()).size(), 1U);
  EXPECT_EQ(port.count, 3U);
  accept(2);
  take();
  EXPECT_EQ(port.count, 4U);
}

TEST_F(http_protocol, AnswersThatAreNotReadHoldReadingBack) {
  settings.bounds.output_bytes_max = 2000;
  remake();
  std::string many;
  for (int i = 0; i < 100; ++i) many += get("/health/live");
  send(many);
  std::size_t answers = 0;
  int turns = 0;
  while (answers < 100 && ++turns < 100) {
    EXPECT_LT(peer().output().size(), 3000U);
    answers += answers_in(take()).size();
  }
  EXPECT_EQ(answers, 100U);
  EXPECT_GE(turns, 9);
}

TEST_F(http_protocol, InFlightBoundOfTheShardRefuses) {
  settings.bounds.requests_in_flight_max = 1;
  remake();
  send(post("1") + post("2"));
  EXPECT_EQ(port.count, 1U);
  accept(1);
  const auto answers = answers_in(take());
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[1].status, 503U);
  EXPECT_EQ(answers[1].field("Retry-After"), "1");
  EXPECT_EQ(answer_in(exchange(get("/health/live"))).status, 200U);
}

TEST_F(http_protocol, PeersThatGoGiveTheirPlacesBack) {
  settings.bounds.requests_in_flight_max = 1;
  remake();
  send(post("1"));
  table->close(slot);
  slot = table->open();
  EXPECT_EQ(answer_in(exchange(get("/health/live"))).status, 200U);
}

struct timers : table_test {
  void pass(nanoseconds span) {
    clock.advance(span);
    table->begin_turn();
  }
};

TEST_F(timers, SlowHeadIsCut) {
  send("POST /v4");
  const auto due = peer().deadline();
  EXPECT_EQ(due, clock.mono() + settings.bounds.header_timeout);
  pass(std::chrono::seconds(5));
  send("/messages");
  EXPECT_EQ(peer().deadline(), due);  // dripping gains no time
  pass(std::chrono::seconds(5));
  EXPECT_FALSE(peer().expire());
  EXPECT_EQ(answer_in(take()).status, 408U);
  EXPECT_TRUE(peer().finished());
  EXPECT_EQ(counts.timeouts.value(), 1U);
}

TEST_F(timers, SlowBodyIsCut) {
  const auto request = post("{}");
  send(request.substr(0, request.size() - 1));
  EXPECT_EQ(peer().deadline(), clock.mono() + settings.bounds.body_timeout);
  pass(settings.bounds.body_timeout);
  peer().expire();
  EXPECT_EQ(answer_in(take()).status, 408U);
}

TEST_F(timers, SlowChunksAreCut) {
  send(chunked_post("2\r\n{"));
  EXPECT_EQ(peer().deadline(), clock.mono() + settings.bounds.body_timeout);
}

TEST_F(timers, IdleConnectionIsClosedWithoutAWord) {
  exchange(get("/health/live"));
  EXPECT_EQ(peer().deadline(), clock.mono() + settings.bounds.idle_timeout);
  pass(settings.bounds.idle_timeout);
  EXPECT_FALSE(peer().expire());
  EXPECT_EQ(take(), "");
  EXPECT_TRUE(peer().finished());
}

TEST_F(timers, WaitingForTheBrokerIsNotIdle) {
  send(post("{}", "Prefer: wait=300\r\n"));
  take();
  EXPECT_EQ(peer().deadline(), mono_time::never());
  pass(std::chrono::seconds(100));
  accept(1);
  table->on_no_reply({slot, 1, 1 << http::session::entry_bits}, broker::no_reply::none, "");
  take();
  EXPECT_EQ(peer().deadline(), clock.mono() + settings.bounds.idle_timeout);
}

TEST_F(timers, PeerThatDoesNotReadIsCut) {
  send(get("/health/live"));
  peer().settle();
  EXPECT_EQ(peer().deadline(), clock.mono() + settings.bounds.write_timeout);
  pass(settings.bounds.write_timeout / 2);
  peer().sent(1);
  EXPECT_EQ(peer().deadline(), clock.mono() + settings.bounds.write_timeout);
  pass(settings.bounds.write_timeout);
  EXPECT_TRUE(peer().expire());
}

TEST_F(timers, ZeroMeansNever) {
  settings.bounds.header_timeout = settings.bounds.idle_timeout = settings.bounds.write_timeout =
      nanoseconds(0);
  remake();
  EXPECT_EQ(peer().deadline(), mono_time::never());
  send("GET ");
  EXPECT_EQ(peer().deadline(), mono_time::never());
}

TEST_F(http_protocol, DrainAnswersWhatIsOpenAndEndsWhatIsIdle) {
  peer().drain();
  EXPECT_TRUE(peer().finished());
  slot = table->open();
  send(post("1"));
  peer().drain();
  EXPECT_FALSE(peer().wants_input());
  EXPECT_FALSE(peer().finished());
  accept(1);
  EXPECT_EQ(answer_in(take()).field("Connection"), "close");
  EXPECT_TRUE(peer().finished());
}

TEST_F(http_protocol, DrainLetsAStartedRequestComeInWhole) {
  const auto request = post("1");
  send(request.substr(0, 40));
  peer().drain();
  EXPECT_TRUE(peer().wants_input());
  send(request.substr(40));
  accept(1);
  EXPECT_EQ(answer_in(take()).field("Connection"), "close");
}

}  // namespace
}  // namespace nip::gateway
