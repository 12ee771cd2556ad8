// A batch on its way: what goes on when, and what one is told.
#include "unit/gateway/batch_request.hpp"

namespace nip::gateway {
namespace {

using http_batch = http_batch_test;

TEST_F(http_batch, EntriesGoOnWhileTheBodyIsStillComing) {
  send(head_of("Content-Length: 64"));
  EXPECT_EQ(port.count, 0U);
  send(R"([{"type":"a"},)");
  EXPECT_EQ(port.count, 1U);
  send(R"({"type":)");
  EXPECT_EQ(port.count, 1U);
  send(R"("b"},{"type":"c"})");
  EXPECT_EQ(port.count, 3U);
  accept(1);
  accept(2);
  EXPECT_EQ(take(), "");  // one answer, at the end
  send(std::string(24, ' ') + "]");
  accept(3);
  const auto answer = answer_in(take());
  EXPECT_EQ(answer.status, 202U);
  EXPECT_EQ(answer.json()["accepted"], 3);
  EXPECT_EQ(answer.json()["items"][2]["seq"], 3);
}

TEST_F(http_batch, ChunksAndGzipGoOnAsTheyCome) {
  send(head_of("Transfer-Encoding: chunked", ndjson));
  send(chunk(numbered(0, 2)));
  EXPECT_EQ(port.count, 2U);
  send(chunk(numbered(2, 3) + "0\r\n\r\n").substr(0, 5));
  EXPECT_EQ(port.count, 2U);
  table->close(slot);
  slot = table->open();
  port.open.clear();
  // Bytes that do not compress, so that the text comes out as the packed bytes come in.
  std::string lines;
  std::uint64_t state = 1;
  for (int i = 0; i < 200; ++i) {
    lines += "{\"type\":\"";
    for (int k = 0; k < 300; ++k)
      lines += static_cast<char>('a' + ((state = state * 6364136223846793005ULL + 1) >> 40) % 26);
    lines += "\"}\n";
  }
  const std::string packed = gzipped(lines);
  const auto before = port.count;
  send(head_of("Content-Length: " + std::to_string(packed.size()), ndjson,
               "Content-Encoding: gzip\r\n"));
  send(std::string_view(packed).substr(0, packed.size() / 2));
  EXPECT_GT(port.count, before + 50);
  EXPECT_LT(port.count, before + 150);
  send(std::string_view(packed).substr(packed.size() / 2));
  EXPECT_EQ(port.count, before + 200);
  EXPECT_EQ(answer_in(settle()).json()["accepted"], 200);
}

/// What a whole batch is answered with, each entry accepted; the request id is not compared.
TEST_F(http_batch, EveryCutGivesTheSameAnswer) {
  settings.stages = {};
  settings.bounds.batch_window_max = 3;
  settings.bounds.batch_entries_max = 6;
  settings.bounds.body_bytes_max = 60;
  remake();
  const std::string good =
      R"([{"type":"a"}, {"type":"b","data":"]},"},{"type":"c"},{},{"type":"\""}])";
  const std::string large =
      R"([{"type":"a"},{"type":")" + std::string(80, 'x') + R"("},{"type":"c"}])";
  const std::string many = numbered(0, 8);
  const std::string gz = "Content-Encoding: gzip\r\n";
  const std::string requests[] = {
      batch_of(good),
      batch_of(R"([{"type":"a"},{"type":"b"} {"type":"c"}])"),
      batch_of(R"([{"type":"a"},{"type":"b")"),
      batch_of(R"({"type":"a"})"),
      batch_of("[]"),
      batch_of(""),
      batch_of(large),
      batch_of(many, ndjson),
      chunked(good, 7, "application/json"),
      chunked(good, 1, "application/json"),
      batch_of(gzipped(good), "application/json", gz),
      batch_of(gzipped(numbered(0, 2)) + gzipped(numbered(2, 5)), ndjson, gz),
      batch_of(gzipped(many).substr(0, 30), ndjson, gz),
      batch_of(gzipped(numbered(0, 3)) + "rest", ndjson, gz),
      batch_of("no gzip", ndjson, gz),
      chunked(gzipped(good), 5, "application/json", gz),
      batch_of(R"([{"specversion":"1.0","id":"e1","source":"/s","type":"t"},{"id":1}])",
               "application/cloudevents-batch+json"),
      batch_of("x", "text/xml"),
      batch_of(good, "application/json", "Content-Encoding: br\r\n"),
      batch_of(good, "application/json", "Prefer: ack=most\r\n"),
  };
  for (const std::string& request : requests) {
    const std::string behind = request + get("/health");
    const auto run = [&](std::size_t cut, std::size_t step) {
      table->close(slot);
      slot = table->open();
      port.open.clear();
      seq = 0;
      std::string text;
      table->begin_turn();
      std::size_t at = 0;
      while (at < behind.size()) {
        const std::size_t end = std::min(behind.size(), at < cut ? cut : at + step);
        if (peer().wants_input()) {
          const auto room = peer().room(buffer);
          std::copy_n(behind.data() + at, end - at, room.data());
          peer().received(end - at);
          at = end;
        }
        while (!port.open.empty()) accept(++seq);
        text += take();
      }
      return text + settle();
    };
    const std::string expected = run(0, behind.size());
    EXPECT_EQ(answers_in(expected).size(), 2U) << request;
    for (std::size_t cut = 1; cut < behind.size(); ++cut)
      ASSERT_EQ(run(cut, behind.size()), expected) << request << "\ncut at " << cut;
    for (const std::size_t step : {1, 2, 3, 7}) ASSERT_EQ(run(0, step), expected) << request;
  }
}

TEST_F(http_batch, NothingOfABodyThatIsNoBatchIsTaken) {
  const std::pair<std::string, unsigned> cases[] = {
      {"", 400}, {"[]", 400}, {"{}", 400}, {"[", 400}};
  for (const auto& [body, status] : cases) {
    const auto answer = answer_in(exchange(batch_of(body)));
    EXPECT_EQ(answer.status, status) << body;
    EXPECT_NE(answer.json()["request_id"], nullptr);
  }
  EXPECT_EQ(answer_in(exchange(batch_of(" \n\r\n", ndjson))).status, 400U);
  EXPECT_EQ(port.count, 0U);
}

TEST_F(http_batch, FaultInTheMiddleIsTheOutcomeOfItsEntry) {
  send(batch_of(R"([{"type":"a"},{"type":"b"} {"type":"c"}])"));
  ASSERT_EQ(port.open.size(), 2U);
  const auto answer = answer_in(settle());
  EXPECT_EQ(answer.status, 207U);
  const auto body = answer.json();
  EXPECT_EQ(body["accepted"], 2);
  EXPECT_EQ(body["refused"], 1);
  EXPECT_EQ(body["stopped_at"], 2);
  EXPECT_EQ(body["items"].size(), 3U);
  EXPECT_EQ(body["items"][1]["seq"], 2);
  EXPECT_EQ(body["items"][2]["problem"]["type"], "urn:nip:problem:parse");
  const std::string detail = body["items"][2]["problem"]["detail"];
  EXPECT_NE(detail.find("byte 27, entry 2: expected a comma or ]"), std::string::npos) << detail;
  EXPECT_FALSE(peer().finished());  // the rest of the body was read over
}

TEST_F(http_batch, PeerThatEndsInTheMiddleLeavesWhatWasTaken) {
  send(head_of("Content-Length: 1000", ndjson) + numbered(0, 3) + "{\"type\"");
  ASSERT_EQ(port.open.size(), 3U);
  peer().end_of_input();
  const auto answer = answer_in(settle());
  EXPECT_EQ(answer.json()["accepted"], 3);
  EXPECT_EQ(answer.json()["stopped_at"], 3);
  EXPECT_TRUE(peer().finished());
  // Gone altogether: what was taken stays taken, and its answers fall away.
  slot = table->open();
  send(head_of("Content-Length: 1000", ndjson) + numbered(0, 3));
  table->close(slot);
  EXPECT_EQ(port.open.size(), 3U);
  while (!port.open.empty()) accept(++seq);
}

TEST_F(http_batch, ContinueIsSaidOnceItIsTheTurnOrTheRefusal) {
  const std::string expects = "Expect: 100-continue\r\n";
  send(head_of("Content-Length: 22", ndjson, expects));
  EXPECT_EQ(take(), "HTTP/1.1 100 Continue\r\n\r\n");
  send(numbered(0, 1));
  EXPECT_EQ(answer_in(settle()).status, 202U);
  send(get("/v4/stats") + head_of("Content-Length: 22", "text/xml", expects));
  const auto answers = answers_in(take());
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[1].status, 415U);
  EXPECT_TRUE(peer().finished());
}

TEST_F(http_batch, OutcomesOutOfOrderAreAnsweredInOrder) {
  send(batch_of(numbered(0, 4), ndjson));
  auto open = std::exchange(port.open, {});
  for (const int n : {2, 0, 3})
    accept(open[static_cast<std::size_t>(n)].from, static_cast<std::uint64_t>(n) + 1);
  EXPECT_EQ(take(), "");
  table->on_refused(open[1].from, {errc::exhausted, "no", std::source_location::current()});
  const auto body = answer_in(take()).json();
  EXPECT_EQ(body["items"][0]["seq"], 1);
  EXPECT_EQ(body["items"][1]["problem"]["status"], 429);
  EXPECT_EQ(body["items"][2]["seq"], 3);
  EXPECT_EQ(body["items"][3]["seq"], 4);
}

TEST_F(http_batch, AnswerWaitsForOlderOnesOfItsConnection) {
  send(post("{}"));
  send(batch_of(numbered(0, 2), ndjson));
  const auto first = port.open.front().from;
  port.open.pop_front();
  accept(1);
  accept(2);
  EXPECT_EQ(take(), "");
  accept(first, 3);
  EXPECT_EQ(answers_in(take()).size(), 2U);
}

TEST_F(http_batch, LevelAndTraceparentCountForEveryEntry) {
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  send(batch_of(numbered(0, 2), ndjson,
                "Prefer: ack=memory\r\nIdempotency-Key: k\r\ntraceparent: " + trace + "\r\n"));
  ASSERT_EQ(port.open.size(), 2U);
  for (const auto& one : port.open) {
    EXPECT_EQ(one.level, message::ack_level::memory);
    EXPECT_EQ(one.traceparent, trace);
    EXPECT_EQ(one.idempotency_key, "");
  }
}

TEST_F(http_batch, DrainTakesTheWholeBatchAndCloses) {
  send(head_of("Content-Length: 44", ndjson) + numbered(0, 1));
  peer().drain();
  EXPECT_FALSE(peer().finished());
  send(numbered(1, 2));
  const auto answer = answer_in(settle());
  EXPECT_EQ(answer.json()["accepted"], 2);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(peer().finished());
}

}  // namespace
}  // namespace nip::gateway
