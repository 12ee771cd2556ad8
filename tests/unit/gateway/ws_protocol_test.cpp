#include "unit/gateway/peer.hpp"

namespace nip::gateway {
namespace {

using ws_protocol = stream_test;

TEST_F(ws_protocol, HandshakeNamesTheSubprotocolOnlyWhenOffered) {
  slot = table->open();
  const auto plain = exchange(get("/v4/stream", handshake_fields));
  EXPECT_TRUE(plain.starts_with("HTTP/1.1 101 ")) << plain;
  EXPECT_EQ(plain.find("Sec-WebSocket-Protocol"), std::string::npos);
  EXPECT_NE(plain.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
  slot = table->open();
  const auto among =
      exchange(get("/v4/stream", std::string(handshake_fields) +
                                     "Sec-WebSocket-Protocol: chat, nip.v4.json\r\n"));
  EXPECT_NE(among.find("Sec-WebSocket-Protocol: nip.v4.json\r\n"), std::string::npos) << among;
}

TEST_F(ws_protocol, WrongHandshakesAreAnsweredInHttp) {
  const std::tuple<std::string, std::string, unsigned> cases[] = {
      {"/v4/stream", std::string(handshake_fields) + "Sec-WebSocket-Protocol: chat\r\n", 400},
      {"/v4/stream?ack=disk", std::string(handshake_fields), 400},
      {"/v4/stream", "", 426},
      {"/v4/stream", "Upgrade: h2c\r\nConnection: Upgrade\r\n", 426},
      {"/v4/stream", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",
       400},
      {"/v4/stream",
       "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
       "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n",
       400},
      {"/v4/messages", std::string(handshake_fields), 200}};
  for (const auto& [target, fields, status] : cases) {
    slot = table->open();
    const auto answer = answer_in(exchange(get(target, fields)));
    EXPECT_EQ(answer.status, status) << target << "\n" << fields;
    EXPECT_FALSE(peer().is_websocket());
  }
}

TEST_F(ws_protocol, RefusedHandshakeLeavesTheConnectionInHttp) {
  slot = table->open();
  const auto answers =
      answers_in(exchange(get("/v4/stream?ack=disk", handshake_fields) + get("/health/live")));
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].status, 400U);
  EXPECT_EQ(answers[1].status, 200U);
}

TEST_F(ws_protocol, ChunkedHandshakeIsRefused) {
  slot = table->open();
  const auto answer =
      exchange(get("/v4/stream", std::string(handshake_fields) + "Transfer-Encoding: chunked\r\n"));
  EXPECT_EQ(answer, "");
  EXPECT_EQ(answer_in(exchange("0\r\n\r\n")).status, 400U);
  EXPECT_FALSE(peer().is_websocket());
}

TEST_F(ws_protocol, HandshakeWaitsForEarlierAnswers) {
  slot = table->open();
  send(post("{}") + get("/v4/stream", handshake_fields) + client_frame("{}"));
  EXPECT_FALSE(peer().is_websocket());
  accept(1);
  const auto first = take();
  EXPECT_TRUE(first.starts_with("HTTP/1.1 202 "));
  ASSERT_TRUE(peer().is_websocket());
  EXPECT_TRUE(take().starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(port.open.size(), 1U);
}

TEST_F(ws_protocol, FramesRightBehindTheHandshakeAreTaken) {
  slot = table->open();
  send(get("/v4/stream", handshake_fields) + client_frame("{}"));
  EXPECT_EQ(port.open.size(), 1U);
}

TEST_F(ws_protocol, EveryLengthFormCarries) {
  for (const std::size_t size : {11U, 125U, 126U, 65535U, 65536U, 300000U}) {
    const std::string text = R"({"type":")" + std::string(size - 11, 'a') + "\"}";
    ASSERT_TRUE(say(text).empty());
    ASSERT_EQ(port.open.size(), 1U) << size;
    EXPECT_EQ(port.open.front().text, text);
    port.open.clear();
  }
}

TEST_F(ws_protocol, SplitAnywhereGivesTheSame) {
  const std::string bytes = client_frame(R"({"type":"a"})") + client_frame("x", 0x89) +
                            client_frame(R"({"type":)", 0x01) + client_frame("", 0x8a) +
                            client_frame(R"("b"})", 0x80) + client_frame(R"({"op":"ping"})");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    port.open.clear();
    slot = table->open();
    connect();
    send(bytes.substr(0, cut));
    send(bytes.substr(cut));
    ASSERT_EQ(port.open.size(), 2U) << cut;
    EXPECT_EQ(port.open[1].text, R"({"type":"b"})");
    const auto frames = frames_in(take());
    ASSERT_EQ(frames.size(), 2U) << cut;
    EXPECT_EQ(frames[0].op, 10U);
    EXPECT_EQ(frames[0].payload, "x");
    EXPECT_EQ(frames[1].payload, R"({"op":"pong"})");
  }
}

TEST_F(ws_protocol, OneByteAtATimeGivesTheSame) {
  send(client_frame(R"({"type":"a"})") + client_frame(R"({"ty)", 0x01) +
           client_frame(R"(pe":1})", 0x80),
       1);
  ASSERT_EQ(port.open.size(), 2U);
  EXPECT_EQ(port.open[1].text, R"({"type":1})");
}

TEST_F(ws_protocol, FragmentsOfAnOperationAreOne) {
  send(client_frame(R"({"op":)", 0x01) + client_frame(R"("ping")", 0x00) + client_frame("}", 0x80));
  EXPECT_EQ(hear()["op"], "pong");
}

struct wrong_frames {
  std::string name;
  std::string bytes;
  unsigned close_code;
};

class ws_refusal : public stream_test, public ::testing::WithParamInterface<wrong_frames> {};

TEST_P(ws_refusal, ClosesWithItsCode) {
  const auto frames = frames_in(exchange(GetParam().bytes));
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames.back().op, 8U);
  EXPECT_EQ(frames.back().close_code(), GetParam().close_code);
  EXPECT_TRUE(peer().finished());
  EXPECT_TRUE(peer().should_linger());
  // Whatever follows is not looked at.
  send(client_frame("{}"));
  EXPECT_TRUE(port.open.empty());
}

std::string unmasked(std::string_view payload) {
  std::string frame;
  ws::append_frame(frame, ws::opcode::text, payload);
  return frame;
}

std::string announced(unsigned char first, std::uint64_t size) {
  std::string frame{static_cast<char>(first), static_cast<char>(0xff)};
  for (int shift = 56; shift >= 0; shift -= 8) frame += static_cast<char>(size >> shift);
  return frame + "abcd";
}

INSTANTIATE_TEST_SUITE_P(
    all, ws_refusal,
    ::testing::Values(
        wrong_frames{"Binary", client_frame("x", 0x82), 1003},
        wrong_frames{"BinaryInFragments", client_frame("x", 0x02) + client_frame("y", 0x80), 1003},
        wrong_frames{"Utf8", client_frame("\xff\xfe"), 1007},
        wrong_frames{"Utf8Surrogate", client_frame("\"\xed\xa0\x80\""), 1007},
        wrong_frames{"Utf8InFragments", client_frame("\"\xff", 0x01) + client_frame("\"", 0x80),
                     1007},
        wrong_frames{"Utf8UnfinishedBeforeAnEmptyFragment",
                     client_frame("\xe2\x82", 0x01) + client_frame("", 0x80), 1007},
        wrong_frames{"NotMasked", unmasked("{}"), 1002},
        wrong_frames{"ReservedBit", client_frame("{}", 0xc1), 1002},
        wrong_frames{"ReservedOpcode", client_frame("{}", 0x83), 1002},
        wrong_frames{"ReservedControl", client_frame("", 0x8b), 1002},
        wrong_frames{"FragmentedControl", client_frame("", 0x09), 1002},
        wrong_frames{"LongControl", client_frame(std::string(126, 'x'), 0x89), 1002},
        wrong_frames{"ContinuationOfNothing", client_frame("x", 0x80), 1002},
        wrong_frames{"TextInsideOfAMessage", client_frame("{", 0x01) + client_frame("{}"), 1002},
        wrong_frames{"StretchedLength",
                     std::string("\x81\xfe\x00\x02", 4) + "abcd" + std::string("\x1a\x1f", 2),
                     1002},
        wrong_frames{"TooBig", announced(0x81, (1U << 20) + 1), 1009},
        wrong_frames{"AbsurdlyBig", announced(0x81, ~std::uint64_t{0} >> 1), 1009},
        wrong_frames{"TooBigInFragments",
                     client_frame(std::string(600'000, 'x'), 0x01) +
                         client_frame(std::string(600'000, 'x'), 0x80),
                     1009},
        wrong_frames{"CloseWithOneByte", client_frame("x", 0x88), 1002},
        wrong_frames{"CloseWithReservedCode", client_frame(std::string("\x03\xed", 2), 0x88), 1002},
        wrong_frames{"CloseWithCodeBeyondAll", client_frame("\x13\x88", 0x88), 1002}),
    [](const auto& of) { return of.param.name; });

TEST_F(ws_protocol, CloseIsEchoed) {
  const auto frames = say(std::string("\x03\xe8", 2), 0x88);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].op, 8U);
  EXPECT_EQ(frames[0].close_code(), 1000U);
  EXPECT_TRUE(peer().finished());
}

TEST_F(ws_protocol, PingIsAnsweredAndPongIgnored) {
  const auto frames = say("hello", 0x89);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].op, 10U);
  EXPECT_EQ(frames[0].payload, "hello");
  EXPECT_TRUE(say("", 0x8a).empty());
  say("{}");
  EXPECT_EQ(port.open.size(), 1U);
}

TEST_F(ws_protocol, AcknowledgementsPrecedeAClose) {
  say("{}");
  accept(1);
  const auto frames = say("x", 0x82);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].json()["op"], "accepted");
  EXPECT_EQ(frames[1].close_code(), 1003U);
}

TEST_F(ws_protocol, NothingFollowsAClose) {
  for (const auto& end :
       {client_frame("\x03\xe8", 0x88), client_frame("x", 0x83), client_frame("\xff")}) {
    slot = table->open();
    connect();
    port.open.clear();
    send(client_frame("{}") + client_frame("{}") +
         client_frame(R"({"op":"request","message":{}})") + client_frame("{}") + end);
    ASSERT_EQ(port.open.size(), 4U);
    const auto open = port.open;
    accept(1);
    table->on_refused(open[1].from, {errc::parse, "no", std::source_location::current()});
    table->on_no_reply(open[2].from, broker::no_reply::none, "");
    table->on_reply(open[2].from, message_of(R"({"type":"answer"})"));
    const auto frames = frames_in(take());
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].op, 8U);
  }
}

TEST_F(ws_protocol, SilentPeerIsPingedThenLeft) {
  const auto half = settings.bounds.idle_timeout / 2;
  EXPECT_EQ(peer().deadline(), clock.mono() + half);
  clock.advance(half);
  table->begin_turn();
  EXPECT_FALSE(peer().expire());
  EXPECT_EQ(frames_in(take()).at(0).op, 9U);
  clock.advance(half);
  table->begin_turn();
  EXPECT_FALSE(peer().expire());
  EXPECT_EQ(frames_in(take()).at(0).close_code(), 1001U);
  EXPECT_TRUE(peer().finished());
}

TEST_F(ws_protocol, PongKeepsASilentPeer) {
  const auto half = settings.bounds.idle_timeout / 2;
  for (int i = 0; i < 3; ++i) {
    clock.advance(half);
    table->begin_turn();
    EXPECT_FALSE(peer().expire());
    EXPECT_EQ(frames_in(take()).at(0).op, 9U);
    say("", 0x8a);
  }
  EXPECT_FALSE(peer().finished());
}

}  // namespace
}  // namespace nip::gateway
