#include "unit/gateway/peer.hpp"

namespace nip::gateway {
namespace {

using http_messages = table_test;

TEST_F(http_messages, AcceptedIsAnsweredWithIdSeqLevelAndGeneration) {
  send(post(R"({"type":"a"})"));
  ASSERT_EQ(port.open.size(), 1U);
  EXPECT_EQ(port.open.front().text, R"({"type":"a"})");
  EXPECT_EQ(take(), "");
  accept(17);
  const auto answer = answer_in(take());
  EXPECT_EQ(answer.status, 202U);
  EXPECT_EQ(answer.body, R"({"id":"id-1","seq":17,"ack":"fsync","generation":4})");
  EXPECT_EQ(answer.field("Location"), "/v4/messages/id-1");
  EXPECT_EQ(answer.field("Content-Type"), "application/json");
  EXPECT_EQ(answer.field("Preference-Applied"), "");
  EXPECT_EQ(answer.field("Server"), "nip");
  EXPECT_EQ(answer.field("Date"), "Tue, 14 Nov 2023 22:13:20 GMT");
}

TEST_F(http_messages, DuplicateSaysSo) {
  send(post(R"({"type":"a"})"));
  accept(17, message::ack_level::fsync, true);
  EXPECT_EQ(answer_in(take()).json()["duplicate"], true);
}

TEST_F(http_messages, PreferencesReachTheBrokerAndAreAnswered) {
  send(post(R"({"type":"a"})", "Prefer: ack=memory\r\nIdempotency-Key: k\r\ntraceparent: t\r\n"));
  ASSERT_EQ(port.open.size(), 1U);
  EXPECT_EQ(port.open.front().level, message::ack_level::memory);
  EXPECT_EQ(port.open.front().idempotency_key, "k");
  EXPECT_EQ(port.open.front().traceparent, "t");
  EXPECT_FALSE(port.open.front().wait);
  // The rules may have raised it: what was reached is said.
  accept(17, message::ack_level::buffered);
  EXPECT_EQ(answer_in(take()).field("Preference-Applied"), "ack=buffered");
}

TEST_F(http_messages, PreferencesAreReadFromSeveralFieldsAndQuotes) {
  send(post("{}", "Prefer: respond-async, WAIT=\"3\";x=1\r\nPrefer: ack = buffered\r\n"));
  ASSERT_EQ(port.open.size(), 1U);
  EXPECT_EQ(port.open.front().level, message::ack_level::buffered);
  EXPECT_EQ(port.open.front().wait, std::chrono::seconds(3));
}

TEST_F(http_messages, UnknownLevelOrWaitIsRefused) {
  EXPECT_EQ(answer_in(exchange(post("{}", "Prefer: ack=disk\r\n"))).status, 400U);
  EXPECT_EQ(answer_in(exchange(post("{}", "Prefer: wait=-1\r\n"))).status, 400U);
  EXPECT_EQ(answer_in(exchange(post("{}", "Prefer: wait=soon\r\n"))).status, 400U);
  EXPECT_EQ(port.count, 0U);
}

TEST_F(http_messages, WaitIsCutToTheLongestAllowed) {
  send(post("{}", "Prefer: wait=100000\r\n"));
  ASSERT_EQ(port.open.size(), 1U);
  EXPECT_EQ(port.open.front().wait, std::chrono::seconds(300));
}

TEST_F(http_messages, ReplyAnswersAWait) {
  send(post("{}", "Prefer: wait=5, ack=fsync\r\n"));
  const auto from = port.open.front().from;
  accept(17);
  EXPECT_EQ(take(), "");
  table->on_reply(from,
                  message_of(R"({"id":"r","type":"answer","timestamp":"2026-01-01T00:00:00Z"})"));
  const auto answer = answer_in(take());
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.json()["type"], "answer");
  EXPECT_EQ(answer.field("Preference-Applied"), "ack=fsync, wait=5");
  EXPECT_EQ(answer.field("Location"), "/v4/messages/id-1");
}

TEST_F(http_messages, RepliesThatNobodyReadsAreHeldWithinABound) {
  settings.bounds.output_bytes_max = 64;
  remake();
  // The first is open, so that the answers to the others wait for their turn.
  std::string many;
  for (int i = 0; i < 5; ++i) many += post("{}", "Prefer: wait=5\r\n");
  send(many);
  ASSERT_EQ(port.open.size(), 5U);
  std::vector<broker::caller> callers;
  for (const auto& one : port.open) callers.push_back(one.from);
  for (std::uint64_t seq = 1; seq <= 5; ++seq) accept(seq);
  const auto reply = message_of(R"({"type":"answer","data":")" + std::string(600, 'x') + "\"}");
  for (const std::size_t i : {1U, 2U, 3U, 4U, 0U}) table->on_reply(callers[i], reply);
  const auto answers = answers_in(take());
  ASSERT_EQ(answers.size(), 5U);
  EXPECT_EQ(answers[1].status, 200U) << "alone it may have any size";
  for (const std::size_t i : {0U, 2U, 3U, 4U}) {
    EXPECT_EQ(answers[i].status, 202U);
    EXPECT_EQ(answers[i].json()["state"], "pending");
  }
  EXPECT_EQ(answers[2].field("Location"), "/v4/messages/id-1");
  EXPECT_EQ(counts.replies_held.value(), 4U);
}

TEST_F(http_messages, WaitMayBeAFraction) {
  send(post("{}", "Prefer: wait=0.25\r\n"));
  const auto from = port.open.front().from;
  EXPECT_EQ(port.open.front().wait, std::chrono::milliseconds(250));
  accept(17);
  table->on_no_reply(from, broker::no_reply::late, "");
  EXPECT_EQ(answer_in(take()).field("Preference-Applied"), "wait=0.25");
}

TEST_F(http_messages, ReplyComesAsCloudEventWhenAsked) {
  send(post("{}", "Prefer: wait=5\r\nAccept: application/cloudevents+json\r\n"));
  const auto from = port.open.front().from;
  accept(17);
  table->on_reply(
      from,
      message_of(R"({"id":"r","type":"answer","source":"s","timestamp":"2026-01-01T00:00:00Z"})"));
  const auto answer = answer_in(take());
  EXPECT_EQ(answer.field("Content-Type"), "application/cloudevents+json");
  EXPECT_EQ(answer.json()["specversion"], "1.0");
  EXPECT_EQ(answer.json()["type"], "answer");
}

TEST_F(http_messages, WaitWithoutReplySaysHowItStands) {
  const std::pair<broker::no_reply, std::string> cases[] = {{broker::no_reply::late, "pending"},
                                                            {broker::no_reply::none, "done"}};
  for (const auto& [how, state] : cases) {
    send(post("{}", "Prefer: wait=5\r\n"));
    const auto from = port.open.front().from;
    accept(17);
    table->on_no_reply(from, how, "");
    const auto answer = answer_in(take());
    EXPECT_EQ(answer.status, 202U);
    EXPECT_EQ(answer.json()["state"], state);
    EXPECT_EQ(answer.json()["id"], "id-1");
    EXPECT_EQ(answer.field("Location"), "/v4/messages/id-1");
  }
}

TEST_F(http_messages, FailedWaitIsABadGateway) {
  send(post("{}", "Prefer: wait=5\r\n"));
  const auto from = port.open.front().from;
  accept(17);
  table->on_no_reply(from, broker::no_reply::failed, "plugin x: boom");
  const auto answer = answer_in(take());
  EXPECT_EQ(answer.status, 502U);
  EXPECT_EQ(answer.field("Content-Type"), "application/problem+json");
  EXPECT_EQ(answer.json()["detail"], "plugin x: boom");
  EXPECT_EQ(answer.json()["message"]["seq"], 17);
}

TEST_F(http_messages, RefusalIsAProblemWithItsStatus) {
  const std::pair<errc, unsigned> cases[] = {
      {errc::parse, 400},      {errc::invalid_argument, 400}, {errc::unauthenticated, 401},
      {errc::forbidden, 403},  {errc::conflict, 409},         {errc::too_large, 413},
      {errc::unroutable, 422}, {errc::exhausted, 429},        {errc::unavailable, 503},
      {errc::cancelled, 503},  {errc::storage_full, 507},     {errc::timeout, 504},
      {errc::io, 500},         {errc::corrupt, 500},          {errc::internal, 500}};
  for (const auto& [code, status] : cases) {
    send(post("{}"));
    table->on_refused(port.open.front().from,
                      {code, "why \"so\"", std::source_location::current()});
    port.open.clear();
    const auto answer = answer_in(take());
    EXPECT_EQ(answer.status, status) << to_string(code);
    EXPECT_EQ(answer.json()["status"], status);
    EXPECT_EQ(answer.json()["detail"], "why \"so\"");
    EXPECT_TRUE(answer.json()["type"].get<std::string>().starts_with("urn:nip:problem:"));
    EXPECT_EQ(answer.field("Retry-After"), status == 429 || status == 503 ? "1" : "");
  }
}

TEST_F(http_messages, IdOfAnyBytesMakesAPlainLocation) {
  send(post("{}"));
  accept(1, message::ack_level::memory, false, "a/b\r\nSet-Cookie: x");
  const auto answer = answer_in(take());
  EXPECT_EQ(answer.field("Location"), "/v4/messages/a%2Fb%0D%0ASet-Cookie%3A%20x");
  EXPECT_EQ(answer.json()["id"], "a/b\r\nSet-Cookie: x");
}

TEST_F(http_messages, RequestIdIsEchoedWhenPlainElseMade) {
  const auto given = answer_in(exchange(get("/health/live", "X-Request-Id: abc-1\r\n")));
  EXPECT_EQ(given.field("X-Request-Id"), "abc-1");
  const auto odd = answer_in(exchange(get("/health/live", "X-Request-Id: a b\"c\r\n")));
  EXPECT_EQ(odd.field("X-Request-Id").size(), 16U);
  const auto made = answer_in(exchange(get("/nowhere")));
  EXPECT_EQ(made.json()["request_id"], made.field("X-Request-Id"));
  EXPECT_NE(made.field("X-Request-Id"), odd.field("X-Request-Id"));
}

TEST_F(http_messages, StructuredAndBinaryCloudEventsBecomeEnvelopes) {
  const std::string event =
      R"({"specversion":"1.0","id":"e1","source":"/s","type":"t","data":{"n":1}})";
  send(
      "POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/cloudevents+json; "
      "charset=utf-8\r\n"
      "Content-Length: " +
      std::to_string(event.size()) + "\r\n\r\n" + event);
  ASSERT_EQ(port.open.size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(port.open.front().text)["id"], "e1");
  accept();
  EXPECT_EQ(answer_in(take()).status, 202U);

  send(
      "POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nce-specversion: "
      "1.0\r\n"
      "ce-id: e2\r\nce-source: /s\r\nce-type: t\r\nContent-Length: 7\r\n\r\n{\"n\":1}");
  ASSERT_EQ(port.open.size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(port.open.front().text)["id"], "e2");
}

TEST_F(http_messages, BadCloudEventIsRefused) {
  const auto answer = answer_in(exchange(
      "POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/cloudevents+json\r\n"
      "Content-Length: 2\r\n\r\n{}"));
  EXPECT_EQ(answer.status, 400U);
  EXPECT_EQ(port.count, 0U);
}

TEST_F(http_messages, LateAnswerForAGoneSessionFallsAway) {
  send(post("{}"));
  const auto from = port.open.front().from;
  table->close(slot);
  ASSERT_EQ(port.forgotten.size(), 1U);
  EXPECT_EQ(port.forgotten[0].epoch, from.epoch);
  slot = table->open();
  EXPECT_EQ(slot, from.slot);
  accept(from, 1);
  EXPECT_EQ(take(), "");
}

}  // namespace
}  // namespace nip::gateway
