// A batch on its way: what holds it back, and what ends it.
#include "unit/gateway/batch_request.hpp"

namespace nip::gateway {
namespace {

using http_batch_bounds = http_batch_test;

TEST_F(http_batch_bounds, FullWindowStopsReadingUntilHalfOfItIsFree) {
  settings.bounds.batch_window_max = 4;
  remake();
  const std::string body = numbered(0, 10);
  send(head_of("Content-Length: " + std::to_string(body.size()), ndjson));
  send(body);
  EXPECT_EQ(port.count, 4U);
  EXPECT_FALSE(peer().wants_input());
  EXPECT_EQ(counts.batch_holds.value(), 1U);
  accept(1);
  EXPECT_FALSE(peer().wants_resume());
  accept(2);
  EXPECT_TRUE(peer().wants_resume());
  EXPECT_EQ(take(), "");
  EXPECT_EQ(port.count, 6U);
  EXPECT_EQ(answer_in(settle()).json()["accepted"], 10);
}

TEST_F(http_batch_bounds, WindowCountsBytesTooButLetsALargeEntryPass) {
  settings.bounds.batch_window_bytes_max = 100;
  remake();
  const std::string large = R"({"type":")" + std::string(300, 'x') + "\"}\n";
  send(batch_of(large + large + numbered(0, 20), ndjson));
  EXPECT_EQ(port.count, 1U);
  accept(1);
  take();
  EXPECT_EQ(port.count, 2U);
  accept(2);
  take();
  EXPECT_EQ(port.count, 2U + 5);  // of 22 bytes each, the last one crosses
  EXPECT_EQ(answer_in(settle()).json()["accepted"], 22);
}

TEST_F(http_batch_bounds, MemoryIsBoundedByTheWindowNotByTheBody) {
  settings.bounds.batch_window_max = 8;
  settings.bounds.batch_entries_max = 1'000'000;
  remake();
  const std::string line = R"({"type":")" + std::string(1000, 'x') + "\"}\n";
  const std::size_t lines = 20'000;  // 20 MB
  std::size_t sent = 0;
  std::size_t open_most = 0;
  send(head_of("Content-Length: " + std::to_string(lines * line.size()), ndjson));
  while (sent < lines * line.size()) {
    if (peer().wants_input()) {
      const auto room = peer().room(buffer);
      ASSERT_LE(room.size(), receive_buffer::size);
      const auto size = std::min(room.size(), lines * line.size() - sent);
      for (std::size_t i = 0; i < size; ++i) room[i] = line[(sent + i) % line.size()];
      sent += size;
      peer().received(size);
    }
    open_most = std::max(open_most, port.open.size());
    while (!port.open.empty()) accept(++seq);
    take();
  }
  EXPECT_EQ(answer_in(settle()).json()["accepted"], lines);
  EXPECT_EQ(open_most, 8U);
}

TEST_F(http_batch_bounds, EntriesOverTheBoundsAreRefusedAndNameThem) {
  settings.bounds.batch_entries_max = 3;
  settings.bounds.body_bytes_max = 20;
  remake();
  send(batch_of("[1,\"" + std::string(20, 'x') + "\",3,4,5]"));
  const auto body = answer_in(settle()).json();
  EXPECT_EQ(body["accepted"], 2);
  EXPECT_EQ(body["stopped_at"], 3);
  ASSERT_EQ(body["items"].size(), 4U);
  const auto detail = [&](int n) { return body["items"][n]["problem"]["detail"].dump(); };
  EXPECT_NE(detail(1).find("api_gateway.limits.body_bytes"), std::string::npos) << detail(1);
  EXPECT_NE(detail(3).find("api_gateway.limits.batch_entries"), std::string::npos) << detail(3);
}

TEST_F(http_batch_bounds, BatchMayBeLongerThanABodyButHasABoundOfItsOwn) {
  settings.bounds.body_bytes_max = 100;
  settings.bounds.batch_bytes_max = 1000;
  remake();
  send(batch_of(numbered(0, 30), ndjson));
  EXPECT_EQ(answer_in(settle()).json()["accepted"], 30);
  const auto announced = answer_in(exchange(head_of("Content-Length: 1001", ndjson)));
  EXPECT_EQ(announced.status, 413U);
  EXPECT_NE(announced.body.find("api_gateway.limits.batch_bytes"), std::string::npos);
  EXPECT_TRUE(peer().finished());
}

TEST_F(http_batch_bounds, ChunksOverTheBoundEndTheBatchAndTheConnection) {
  settings.bounds.batch_bytes_max = 100;
  remake();
  send(head_of("Transfer-Encoding: chunked", ndjson) + chunk(numbered(0, 4)));
  send(chunk(numbered(4, 8)));
  const auto answer = answer_in(settle());
  EXPECT_EQ(answer.status, 207U);
  EXPECT_EQ(answer.json()["accepted"], 4);
  EXPECT_EQ(answer.json()["items"][4]["problem"]["status"], 413);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(peer().finished());
}

TEST_F(http_batch_bounds, GzipBombIsStoppedByRatioAndByBytes) {
  const std::string bomb = gzipped(numbered(0, 5) + std::string(10'000'000, '\n'));
  const std::string gz = "Content-Encoding: gzip\r\n";
  send(batch_of(bomb, ndjson, gz));
  auto body = answer_in(settle()).json();
  EXPECT_EQ(body["accepted"], 5);
  EXPECT_EQ(body["stopped_at"], 5);
  EXPECT_NE(body["items"][5].dump().find("compression_ratio"), std::string::npos);
  EXPECT_EQ(counts.inflate_refused.value(), 1U);
  settings.bounds.compression_ratio_max = 10'000;
  settings.bounds.batch_bytes_max = 1'000'000;
  remake();
  send(batch_of(bomb, ndjson, gz));
  body = answer_in(settle()).json();
  EXPECT_EQ(body["accepted"], 5);
  EXPECT_NE(body["items"][5].dump().find("batch_bytes"), std::string::npos);
}

TEST_F(http_batch_bounds, TimeWithoutAnEntryEndsIt) {
  remake();
  send(head_of("Content-Length: 1000", ndjson));
  pass(std::chrono::seconds(29));
  send(numbered(0, 1));
  pass(std::chrono::seconds(29));
  EXPECT_GT(peer().deadline(), table->shared().time.now());
  send("{\"ty");  // a beginning is no entry
  pass(std::chrono::seconds(1));
  EXPECT_LE(peer().deadline(), table->shared().time.now());
  EXPECT_FALSE(peer().expire());
  const auto answer = answer_in(settle());
  EXPECT_EQ(answer.json()["accepted"], 1);
  EXPECT_EQ(answer.json()["items"][1]["problem"]["status"], 408);
  EXPECT_TRUE(peer().finished());
}

TEST_F(http_batch_bounds, FullWindowIsNotThePeersTime) {
  settings.bounds.batch_window_max = 2;
  remake();
  send(head_of("Content-Length: 1000", ndjson) + numbered(0, 2));
  EXPECT_EQ(peer().deadline(), mono_time::never());
  pass(std::chrono::seconds(300));
  accept(1);
  accept(2);
  take();
  EXPECT_GT(peer().deadline(), table->shared().time.now() + std::chrono::seconds(29));
}

}  // namespace
}  // namespace nip::gateway
