#include "unit/gateway/deflate.hpp"
#include "unit/gateway/peer.hpp"

namespace nip::gateway {
namespace {

using http_compression = table_test;

std::string packed_post(std::string_view body, std::string_view target = "/v4/messages",
                        std::string_view type = "application/json",
                        std::string_view coding = "gzip") {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: x\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Encoding: " + std::string(coding) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string detail_of(const http_answer& answer) { return answer.json()["detail"]; }

TEST_F(http_compression, GzipBodyIsTakenUnderEachOfItsNames) {
  for (const auto* coding : {"gzip", "GZip", "x-gzip", "X-GZIP"}) {
    send(packed_post(gzipped(R"({"type":"a"})"), "/v4/messages", "application/json", coding));
    ASSERT_EQ(port.open.size(), 1U) << coding;
    EXPECT_EQ(port.open.front().text, R"({"type":"a"})");
    accept();
    EXPECT_EQ(answer_in(take()).status, 202U);
  }
  EXPECT_EQ(counts.inflated.value(), 4U);
  EXPECT_EQ(counts.inflate_refused.value(), 0U);
}

TEST_F(http_compression, BodyMayComeInPiecesAndInChunks) {
  const auto body = gzipped(R"({"type":"a"})");
  send(packed_post(body), 3);
  accept();
  EXPECT_EQ(answer_in(take()).status, 202U);
  std::string chunked =
      "POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char c : body) chunked += std::string("1\r\n") + c + "\r\n";
  chunked += "0\r\n\r\n";
  for (const std::size_t step : {std::size_t{5}, chunked.size()}) {
    send(chunked, step);
    ASSERT_EQ(port.open.size(), 1U) << step;
    EXPECT_EQ(port.open.front().text, R"({"type":"a"})");
    accept();
    EXPECT_EQ(answer_in(take()).status, 202U);
  }
}

TEST_F(http_compression, PipelinedBodiesDoNotMix) {
  send(packed_post(gzipped("1")) + post("2") + packed_post(gzipped("333")) + post("4"));
  ASSERT_EQ(port.open.size(), 4U);
  EXPECT_EQ(port.open[0].text, "1");
  EXPECT_EQ(port.open[1].text, "2");
  EXPECT_EQ(port.open[2].text, "333");
  EXPECT_EQ(port.open[3].text, "4");
}

TEST_F(http_compression, EveryRouteWithABodyTakesIt) {
  send(packed_post(gzipped("{\"type\":\"a\"}\n{\"type\":\"b\"}\n"), "/v4/messages:batch",
                   "application/x-ndjson"));
  ASSERT_EQ(port.open.size(), 2U);
  EXPECT_EQ(port.open[1].text, R"({"type":"b"})");
  accept();
  accept();
  EXPECT_EQ(answer_in(take()).status, 202U);
  const auto some =
      answer_in(exchange(packed_post(gzipped(R"({"seqs":[1,2]})"), "/v4/dead-letters:redrive")));
  EXPECT_EQ(some.status, 202U) << some.body;
  const auto tried =
      answer_in(exchange(packed_post(gzipped(R"({"message":{}})"), "/v4/rules:test")));
  EXPECT_EQ(tried.status, 200U) << tried.body;
}

TEST_F(http_compression, CloudEventsComeCompressedToo) {
  constexpr std::string_view event =
      R"({"specversion":"1.0","id":"e","source":"/s","type":"t","data":1})";
  send(packed_post(gzipped(event), "/v4/messages", "application/cloudevents+json"));
  ASSERT_EQ(port.open.size(), 1U);
  EXPECT_NE(port.open.front().text.find(R"("id":"e")"), std::string::npos);
  accept();
  EXPECT_EQ(answer_in(take()).status, 202U);
  const auto data = gzipped(R"({"amount":1})");
  send(
      "POST /v4/messages HTTP/1.1\r\nHost: x\r\nce-specversion: 1.0\r\nce-id: b\r\n"
      "ce-source: /s\r\nce-type: t\r\nContent-Type: application/json\r\n"
      "Content-Encoding: gzip\r\nContent-Length: " +
      std::to_string(data.size()) + "\r\n\r\n" + data);
  ASSERT_EQ(port.open.size(), 1U);
  EXPECT_NE(port.open.front().text.find(R"({"amount":1})"), std::string::npos);
}

TEST_F(http_compression, OtherCodingsAre415AndSayWhatIsTaken) {
  for (const auto* coding : {"br", "deflate", "gzip, gzip", "gzip, identity", "zstd", "gzip;q=1"}) {
    const auto answer =
        answer_in(exchange(packed_post(gzipped("{}"), "/v4/messages", "application/json", coding)));
    EXPECT_EQ(answer.status, 415U) << coding;
    EXPECT_EQ(answer.field("Accept-Encoding"), "gzip");
    EXPECT_NE(detail_of(answer).find("gzip"), std::string::npos);
  }
  const auto type = answer_in(exchange(packed_post(gzipped("{}"), "/v4/messages", "text/xml")));
  EXPECT_EQ(type.status, 415U);
  EXPECT_EQ(type.field("Accept-Encoding"), "");
  EXPECT_EQ(port.count, 0U);
  EXPECT_EQ(counts.inflated.value(), 0U);
}

TEST_F(http_compression, BombOverTheRatioIs413AndSaysSo) {
  const auto bomb = gzipped(std::string(200'000, ' '));
  const auto answer = answer_in(exchange(packed_post(bomb)));
  EXPECT_EQ(answer.status, 413U);
  EXPECT_EQ(answer.json()["type"], "urn:nip:problem:too-large");
  for (const auto& part :
       {std::string("100 times its ") + std::to_string(bomb.size()),
        std::string("limits.compression_ratio"), std::to_string(bomb.size() * 100),
        std::string("without Content-Encoding")})
    EXPECT_NE(detail_of(answer).find(part), std::string::npos) << part << "\n" << answer.body;
  EXPECT_EQ(counts.inflate_refused.value(), 1U);
  EXPECT_EQ(port.count, 0U);
  // The connection goes on: its bytes were well-formed HTTP.
  send(post("{}"));
  EXPECT_EQ(port.count, 1U);
}

TEST_F(http_compression, BodyThatInflatesOverTheLimitIs413) {
  settings.bounds.body_bytes_max = 1000;
  settings.bounds.compression_ratio_max = 10'000;
  remake();
  EXPECT_EQ(answer_in(exchange(packed_post(gzipped(std::string(1001, ' '))))).status, 413U);
  const auto answer = answer_in(exchange(packed_post(gzipped(std::string(500'000, ' ')))));
  EXPECT_NE(detail_of(answer).find("api_gateway.limits.body_bytes"), std::string::npos);
  EXPECT_EQ(port.count, 0U);
  send(packed_post(gzipped(std::string(1000, ' '))));
  EXPECT_EQ(port.count, 1U);
}

TEST_F(http_compression, RatioIsTheOperators) {
  settings.bounds.compression_ratio_max = 1;
  remake();
  EXPECT_EQ(answer_in(exchange(packed_post(gzipped(std::string(500, 'a'))))).status, 413U);
  send(packed_post(gzipped("{}")));  // a short one grows when it is packed
  EXPECT_EQ(port.count, 1U);
}

TEST_F(http_compression, EveryTruncatedBodyIs400) {
  const auto body = gzipped(R"({"type":"a","data":{"amount":12}})");
  for (std::size_t size = 0; size < body.size(); ++size) {
    const auto answer = answer_in(exchange(packed_post(body.substr(0, size))));
    EXPECT_EQ(answer.status, 400U) << size;
    EXPECT_EQ(answer.json()["type"], "urn:nip:problem:parse");
  }
  EXPECT_EQ(port.count, 0U);
  EXPECT_EQ(counts.inflate_refused.value(), body.size());
}

TEST_F(http_compression, WrongBytesAreRefusedOrDoNotMatter) {
  const std::string text = R"({"type":"a","data":{"amount":12}})";
  const auto body = gzipped(text);
  for (std::size_t at = 0; at < body.size(); ++at) {
    auto bad = body;
    bad[at] = static_cast<char>(~bad[at]);
    const auto answer = exchange(packed_post(bad));
    if (port.open.empty()) {
      EXPECT_EQ(answer_in(answer).status, 400U) << at;
      continue;
    }
    EXPECT_EQ(port.open.front().text, text) << at;  // a byte of the time, say
    accept();
    take();
  }
}

TEST_F(http_compression, DamageSaysWhatAndWhere) {
  const std::pair<std::string, std::string_view> cases[] = {
      {"", "is empty"},
      {"{}", "is no gzip data"},
      {gzipped("{}").substr(0, 12), "ends inside of a gzip member"},
      {gzipped("{}") + "{}", "behind its last gzip member"}};
  for (const auto& [body, what] : cases) {
    const auto answer = answer_in(exchange(packed_post(body)));
    EXPECT_EQ(answer.status, 400U);
    EXPECT_NE(detail_of(answer).find(what), std::string::npos) << answer.body;
  }
}

TEST_F(http_compression, SeveralMembersAreOneBody) {
  send(packed_post(gzipped("{\"type\":\"a\"}\n") + gzipped("{\"type\":\"b\"}\n"),
                   "/v4/messages:batch", "application/x-ndjson"));
  EXPECT_EQ(port.open.size(), 2U);
}

TEST_F(http_compression, RouteWithoutABodyLooksAtNone) {
  const auto answer =
      answer_in(exchange("GET /health/live HTTP/1.1\r\nHost: x\r\nContent-Encoding: br\r\n\r\n"));
  EXPECT_EQ(answer.status, 200U);
}

}  // namespace
}  // namespace nip::gateway
