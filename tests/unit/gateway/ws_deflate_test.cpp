#include "unit/gateway/deflate.hpp"
#include "unit/gateway/peer.hpp"

namespace nip::gateway {
namespace {

constexpr unsigned char text_deflated = 0xc1;
constexpr unsigned char first_deflated = 0x41;
constexpr std::string_view note = R"({"type":"note","data":"aaaaaaaaaaaaaaaa"})";

/// Past a handshake that agreed on permessage-deflate.
class ws_deflate : public stream_test {
 protected:
  void SetUp() override {
    settings.websocket_compression = true;
    table_test::SetUp();
    answer_ = shake("permessage-deflate; client_max_window_bits");
  }
  std::string shake(std::string_view offer) {
    slot = table->open();
    auto answer = exchange(get(
        "/v4/stream", std::string(handshake_fields) + "Sec-WebSocket-Protocol: nip.v4.json\r\n" +
                          (offer.empty() ? "" : "Sec-WebSocket-Extensions: ") + std::string(offer) +
                          (offer.empty() ? "" : "\r\n")));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 ")) << answer;
    return answer;
  }
  /// The close code that `bytes` bring; 0: none.
  unsigned closed_by(std::string_view bytes) {
    const auto frames = frames_in(exchange(bytes));
    if (frames.empty() || frames.back().op != 8) return 0;
    EXPECT_TRUE(peer().finished());
    return frames.back().close_code();
  }

  std::string answer_;
};

TEST_F(ws_deflate, ContextTakeoverIsDeclinedForBothSides) {
  EXPECT_NE(answer_.find("Sec-WebSocket-Extensions: permessage-deflate; "), std::string::npos);
  EXPECT_NE(answer_.find("client_no_context_takeover"), std::string::npos);
  EXPECT_NE(answer_.find("server_no_context_takeover"), std::string::npos);
}

TEST_F(ws_deflate, ItTakesAnOfferAndAnOption) {
  EXPECT_EQ(shake("").find("Sec-WebSocket-Extensions"), std::string::npos);
  EXPECT_EQ(closed_by(client_frame(deflated_message(note), text_deflated)), 1002U);
  EXPECT_EQ(shake("x-webkit-deflate-frame").find("Sec-WebSocket-Extensions"), std::string::npos);
  settings.websocket_compression = false;
  remake();
  EXPECT_EQ(shake("permessage-deflate").find("Sec-WebSocket-Extensions"), std::string::npos);
  EXPECT_EQ(closed_by(client_frame(deflated_message(note), text_deflated)), 1002U);
  EXPECT_EQ(port.count, 0U);
}

TEST_F(ws_deflate, DeflatedAndPlainMessagesComeInAnyOrder) {
  for (int round = 0; round < 3; ++round) {
    send(client_frame(deflated_message(note), text_deflated) + client_frame("{}") +
         client_frame(deflated_message("1"), text_deflated));
    ASSERT_EQ(port.open.size(), 3U);
    EXPECT_EQ(port.open[0].text, note);
    EXPECT_EQ(port.open[1].text, "{}");
    EXPECT_EQ(port.open[2].text, "1");
    port.open.clear();
  }
  EXPECT_EQ(counts.inflated.value(), 6U);
  EXPECT_EQ(counts.frames_slow.value(), 0U);
}

TEST_F(ws_deflate, OperationsComeDeflatedAndAnswersAreNot) {
  const auto frames = frames_in(
      exchange(client_frame(deflated_message(R"({"op":"ping","ref":1})"), text_deflated)));
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].json(), (nlohmann::json{{"op", "pong"}, {"ref", 1}}));
}

TEST_F(ws_deflate, MessageMayComeInFragmentsAroundControlFrames) {
  const auto packed = deflated_message(note);
  for (std::size_t cut = 0; cut <= packed.size(); ++cut) {
    const auto frames =
        frames_in(exchange(client_frame(packed.substr(0, cut), first_deflated) +
                           client_frame("p", 0x89) + client_frame(packed.substr(cut), 0x80)));
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].op, 10U);
    ASSERT_EQ(port.open.size(), 1U) << cut;
    EXPECT_EQ(port.open[0].text, note);
    port.open.clear();
  }
  // A fragmented message behind it that is not deflated, and a deflated one behind that.
  send(client_frame("{", 0x01) + client_frame("}", 0x80) + client_frame(packed, first_deflated) +
       client_frame("", 0x80));
  ASSERT_EQ(port.open.size(), 2U);
  EXPECT_EQ(port.open[0].text, "{}");
  EXPECT_EQ(port.open[1].text, note);
}

TEST_F(ws_deflate, MessageMayComeByteByByte) {
  send(client_frame(deflated_message(note), text_deflated), 1);
  ASSERT_EQ(port.open.size(), 1U);
  EXPECT_EQ(port.open[0].text, note);
}

TEST_F(ws_deflate, BombCloses1009) {
  const auto bomb = deflated_message(std::string(std::size_t{4} << 20, 'a'));
  EXPECT_EQ(closed_by(client_frame(bomb, text_deflated)), 1009U);
  shake("permessage-deflate");
  EXPECT_EQ(closed_by(client_frame(bomb.substr(0, 9), first_deflated) +
                      client_frame(bomb.substr(9), 0x80)),
            1009U);
  EXPECT_EQ(port.count, 0U);
  EXPECT_EQ(counts.inflate_refused.value(), 2U);
}

TEST_F(ws_deflate, RatioIsBoundedToo) {
  const auto frames =
      frames_in(exchange(client_frame(deflated_message(std::string(50'000, '1')), text_deflated)));
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].close_code(), 1009U);
  EXPECT_NE(frames[0].payload.find("compression_ratio"), std::string::npos);
  EXPECT_EQ(port.count, 0U);
}

TEST_F(ws_deflate, BoundCountsWhatAMessageInflatesTo) {
  settings.bounds.ws_message_bytes_max = 1000;
  settings.bounds.compression_ratio_max = 10'000;
  remake();
  shake("permessage-deflate");
  send(client_frame(deflated_message(std::string(1000, '1')), text_deflated));
  EXPECT_EQ(port.count, 1U);
  EXPECT_EQ(closed_by(client_frame(deflated_message(std::string(1001, '1')), text_deflated)),
            1009U);
  shake("permessage-deflate");
  std::string announced{static_cast<char>(text_deflated), static_cast<char>(0xfe), '\x7f', '\0'};
  EXPECT_EQ(closed_by(announced + "abcd"), 1009U);
}

TEST_F(ws_deflate, WrongFramesClose) {
  const auto packed = deflated_message(note);
  const auto cut = packed.substr(0, packed.size() / 2);
  const std::tuple<const char*, std::string, unsigned> cases[] = {
      {"no deflate data", client_frame("\xff\xff\xff", text_deflated), 1007},
      {"nothing", client_frame("", text_deflated), 1007},
      {"cut", client_frame(cut, text_deflated), 1007},
      {"cut, in fragments", client_frame(cut, first_deflated) + client_frame("", 0x80), 1007},
      {"no UTF-8", client_frame(deflated_message("\"\xff\""), text_deflated), 1007},
      {"binary", client_frame(packed, 0xc2), 1003},
      {"binary, in fragments", client_frame(packed, 0x42) + client_frame("", 0x80), 1003},
      {"RSV1 of a continuation", client_frame("{", 0x01) + client_frame("", 0xc0), 1002},
      {"RSV1 of a ping", client_frame("", 0xc9), 1002},
      {"RSV2", client_frame(packed, 0xe1), 1002},
      {"RSV3", client_frame(packed, 0xd1), 1002},
      {"message in a message",
       client_frame(cut, first_deflated) + client_frame(packed, text_deflated), 1002},
      {"not masked", std::string("\xc1\x01\x00", 3), 1002}};
  for (const auto& [name, bytes, code] : cases) {
    shake("permessage-deflate");
    EXPECT_EQ(closed_by(bytes), code) << name;
  }
  EXPECT_EQ(port.count, 0U);
}

TEST_F(ws_deflate, NobodyHearsOfTheMessagesOfAnother) {
  // "Hello" out of the window of a message before (RFC 7692, 7.2.3.2), whoever has sent that one.
  const std::string from_window("\xf2\x00\x11\x00\x00", 5);
  send(client_frame(deflated_message("Hello-Hello-Hello"), text_deflated));
  send(client_frame(deflated_message("Hello-Hello-Hello"), first_deflated) +
       client_frame("", 0x80));
  EXPECT_EQ(port.count, 2U);
  shake("permessage-deflate");
  EXPECT_EQ(closed_by(client_frame(from_window, text_deflated)), 1007U);
  shake("permessage-deflate");
  EXPECT_EQ(closed_by(client_frame(from_window, first_deflated) + client_frame("", 0x80)), 1007U);
}

}  // namespace
}  // namespace nip::gateway
