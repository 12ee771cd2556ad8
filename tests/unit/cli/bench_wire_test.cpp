#include "cli/bench/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/bench/in_flight.hpp"
#include "cli/bench/schedule.hpp"

namespace nip::cli::bench {
namespace {

using ::testing::ElementsAre;

/// Feeds bytes in pieces as a socket would give them, and lists what was told.
class fed {
 public:
  explicit fed(traffic kind) : reader_(make_reader(kind)) {}

  outcome<void> feed(std::string_view bytes, std::size_t piece) {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      kept_ += bytes.substr(at, piece);
      NIP_TRY(taken, reader_->take(kept_, [&](const answer& what) {
        told.push_back(std::to_string(what.from) + "-" + std::to_string(what.to) +
                       (what.accepted ? "" : "!"));
      }));
      kept_.erase(0, taken);
    }
    return {};
  }

  std::vector<std::string> told;

 private:
  std::unique_ptr<reader> reader_;
  std::string kept_;
};

/// A server's frame: not masked.
std::string frame(std::string_view payload, unsigned opcode = 1) {
  std::string bytes(1, static_cast<char>(0x80 | opcode));
  if (payload.size() < 126) {
    bytes += static_cast<char>(payload.size());
  } else {
    bytes += static_cast<char>(126);
    bytes += static_cast<char>(payload.size() >> 8);
    bytes += static_cast<char>(payload.size());
  }
  return bytes.append(payload);
}

TEST(bench_wire, EnvelopeHasTheSizeThatWasAskedFor) {
  for (const std::size_t size : {200U, 256U, 4096U}) {
    const auto text = make_envelope(size, "bench.order");
    EXPECT_EQ(text.size(), size);
    EXPECT_EQ(nlohmann::json::parse(text)["type"], "bench.order");
  }
  EXPECT_TRUE(nlohmann::json::parse(make_envelope(1, "t")).is_object());
}

TEST(bench_wire, ClientFramesAreMaskedAndCanonical) {
  for (const std::size_t size : {5U, 125U, 126U, 65535U, 65536U}) {
    const std::string payload(size, 'p');
    const auto bytes = ws_text_frame(payload);
    const std::size_t header = size < 126 ? 2 : size <= 65535 ? 4 : 10;
    ASSERT_EQ(bytes.size(), header + 4 + size);
    EXPECT_EQ(static_cast<unsigned char>(bytes[0]), 0x81U);
    EXPECT_TRUE(static_cast<unsigned char>(bytes[1]) & 0x80U);
    std::string unmasked;
    for (std::size_t i = 0; i < size; ++i)
      unmasked += static_cast<char>(bytes[header + 4 + i] ^ bytes[header + i % 4]);
    EXPECT_EQ(unmasked, payload);
  }
}

TEST(bench_wire, HttpAnswersAreCountedHoweverTheyAreSplit) {
  const std::string bytes =
      "HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}"
      "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 5\r\n\r\nwait!"
      "HTTP/1.1 204 No Content\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    fed answers(traffic::http);
    ASSERT_TRUE(answers.feed(bytes, piece));
    EXPECT_THAT(answers.told, ElementsAre("1-1", "2-2!", "3-3")) << piece;
  }
}

TEST(bench_wire, HttpGarbageIsNamed) {
  fed answers(traffic::http);
  const auto ended = answers.feed("SSH-2.0-OpenSSH\r\n\r\n", 64);
  ASSERT_FALSE(ended);
  EXPECT_NE(ended.error().text.find("SSH-2.0"), std::string::npos);
}

TEST(bench_wire, PublishIsDoneAtAcceptedWithItsWholeRun) {
  const std::string bytes =
      frame(R"({"op":"accepted","from":1,"to":300,"seq":9,"ack":"fsync","generation":1})") +
      frame("", 9) + frame(R"({"op":"refused","n":301,"problem":{"status":429}})") +
      frame(R"({"op":"accepted","from":302,"to":302,"seq":310,"ack":"fsync","generation":1})");
  for (const std::size_t piece : {1U, 3U, 1000U}) {
    fed answers(traffic::ws);
    ASSERT_TRUE(answers.feed(bytes, piece));
    EXPECT_THAT(answers.told, ElementsAre("1-300", "301-301!", "302-302"));
  }
}

TEST(bench_wire, RequestIsDoneAtItsReply) {
  fed answers(traffic::request);
  ASSERT_TRUE(answers.feed(
      frame(R"({"op":"accepted","from":1,"to":2,"seq":1,"ack":"memory","generation":1})") +
          frame(R"({"op":"reply","n":2,"message":{"id":"x"}})") +
          frame(R"({"op":"reply","n":1,"message":{"id":"y"}})"),
      1000));
  EXPECT_THAT(answers.told, ElementsAre("2-2", "1-1"));
}

TEST(bench_wire, AClosingServerEndsTheRunWithItsReason) {
  fed answers(traffic::ws);
  const auto ended = answers.feed(frame("\x03\xe9"
                                        "draining",
                                        8),
                                  1000);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, exit_code::unreachable);
  EXPECT_NE(ended.error().text.find("draining"), std::string::npos);
}

TEST(bench_in_flight, AnswersMayComeInAnyOrderAndCountOnce) {
  in_flight open;
  for (std::int64_t i = 1; i <= 1000; ++i) open.push(i * 10);
  for (std::uint64_t i = 1000; i > 500; --i)
    EXPECT_EQ(open.take(i), static_cast<std::int64_t>(i * 10));
  EXPECT_EQ(open.open(), 500U);
  EXPECT_EQ(open.take(700), -1);
  EXPECT_EQ(open.take(0), -1);
  EXPECT_EQ(open.take(1001), -1);
  for (std::uint64_t i = 1; i <= 500; ++i)
    EXPECT_EQ(open.take(i), static_cast<std::int64_t>(i * 10));
  EXPECT_EQ(open.open(), 0U);
}

TEST(bench_in_flight, OpenOnesCanBeWalked) {
  in_flight open;
  open.push(5);
  open.push(6);
  open.push(7);
  open.take(2);
  std::vector<std::int64_t> times;
  open.for_each([&](std::int64_t time) { times.push_back(time); });
  EXPECT_THAT(times, ElementsAre(5, 7));
}

TEST(bench_schedule, MessagesLeaveAtTheirRateWhateverHappens) {
  const schedule plan(1'000, 2'000, 4);
  EXPECT_TRUE(plan.open_loop());
  EXPECT_EQ(plan.time_of(0), 1'000);
  EXPECT_EQ(plan.time_of(1), 501'000);
  EXPECT_EQ(plan.time_of(2'000), 1'000'001'000);
  EXPECT_FALSE(schedule(0, 0, 1).open_loop());
}

}  // namespace
}  // namespace nip::cli::bench
