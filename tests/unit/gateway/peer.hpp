// A client and its session, without sockets: bytes in, bytes out.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/session_table.hpp"
#include "gateway/ws/frame.hpp"
#include "unit/gateway/fake_broker.hpp"

namespace nip::gateway {

/// One shard's sessions over a fake broker and a clock that the test drives.
class table_test : public ::testing::Test {
 protected:
  void SetUp() override { remake(); }

  /// After a change of `settings`.
  void remake() {
    table.reset();
    auto made = session_table::make({settings, port, admin, 0, clock, counts, loop, 1, {}});
    ASSERT_TRUE(made) << made.error().detail;
    table = *std::move(made);
    slot = table->open();
  }

  session& peer() { return *table->find(slot); }

  /// As a transport would receive them: in pieces of at most `step`.
  void send(std::string_view bytes, std::size_t step = SIZE_MAX) {
    table->begin_turn();
    while (!bytes.empty()) {
      const auto room = peer().room(buffer);
      const auto size = std::min({bytes.size(), room.size(), step});
      std::copy_n(bytes.data(), size, room.data());
      peer().received(size);
      bytes.remove_prefix(size);
    }
  }

  /// Ends a turn and takes everything that is to be sent.
  std::string take() {
    peer().settle();
    const std::string text(peer().output().pending());
    peer().sent(text.size());
    if (peer().wants_resume()) peer().resume();
    return text;
  }

  std::string exchange(std::string_view bytes) {
    send(bytes);
    return take();
  }

  /// Accepts the oldest submission that is open.
  void accept(std::uint64_t seq = 1, message::ack_level level = message::ack_level::fsync,
              bool duplicate = false, std::string_view id = "id-1") {
    ASSERT_FALSE(port.open.empty());
    const auto from = port.open.front().from;
    port.open.pop_front();
    accept(from, seq, level, duplicate, id);
  }
  void accept(const broker::caller& from, std::uint64_t seq,
              message::ack_level level = message::ack_level::fsync, bool duplicate = false,
              std::string_view id = "id-1") {
    table->on_accepted(from, {id, tenant_seq_t(seq), level, generation_id(4), duplicate});
  }

  message::message_ptr message_of(std::string_view json) {
    std::string padded(json);
    padded.reserve(padded.size() + message::message::padding);
    const auto parsed = codec.parse(padded);
    EXPECT_TRUE(parsed) << parsed.error().detail;
    message::acceptance filled;
    filled.id = "00000000-0000-7000-8000-000000000000";
    return message::make_message(pool, *parsed, filled);
  }

  options settings;
  fake_port port;
  fake_administration admin;
  manual_clock clock;
  counters counts;
  boost::asio::io_context loop;
  receive_buffer buffer;
  message::codec codec;
  buffer_pool pool;
  std::unique_ptr<session_table> table;
  std::uint32_t slot = 0;
};

/// A parsed HTTP answer.
struct http_answer {
  unsigned status = 0;
  std::string head;
  std::string body;
  nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
  std::string field(std::string_view name) const {
    const auto at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return {};
    const auto from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }
};

/// Cuts a stream of answers; a rest that is no whole answer fails the test. `heads`: to HEAD
/// requests.
inline std::vector<http_answer> answers_in(std::string_view text, bool heads = false) {
  std::vector<http_answer> found;
  while (!text.empty()) {
    http_answer one;
    const auto end = text.find("\r\n\r\n");
    if (end == std::string_view::npos || !text.starts_with("HTTP/1.1 ")) {
      ADD_FAILURE() << "not an answer: " << text;
      return found;
    }
    one.head = text.substr(0, end + 4);
    one.status = static_cast<unsigned>(std::stoul(one.head.substr(9, 3)));
    const auto length = one.field("Content-Length");
    const std::size_t size = heads || length.empty() ? 0 : std::stoul(length);
    EXPECT_LE(end + 4 + size, text.size());
    one.body = text.substr(end + 4, size);
    text.remove_prefix(std::min(text.size(), end + 4 + size));
    found.push_back(std::move(one));
  }
  return found;
}

/// The one answer in `text`.
inline http_answer answer_in(std::string_view text, bool head = false) {
  const auto found = answers_in(text, head);
  EXPECT_EQ(found.size(), 1U) << text;
  return found.empty() ? http_answer{} : found.front();
}

inline std::string post(std::string_view body, std::string_view fields = "",
                        std::string_view target = "/v4/messages") {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline std::string get(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n";
}

/// A masked client frame.
inline std::string client_frame(std::string_view payload, unsigned char first = 0x81) {
  std::string frame(1, static_cast<char>(first));
  const auto size = payload.size();
  if (size < 126) {
    frame += static_cast<char>(0x80 | size);
  } else if (size < 65536) {
    frame += static_cast<char>(0xfe);
    frame += static_cast<char>(size >> 8);
    frame += static_cast<char>(size);
  } else {
    frame += static_cast<char>(0xff);
    for (int shift = 56; shift >= 0; shift -= 8) frame += static_cast<char>(size >> shift);
  }
  const char key[] = {0x37, static_cast<char>(0xfa), 0x21, 0x3d};
  frame.append(key, 4);
  for (std::size_t i = 0; i < size; ++i) frame += static_cast<char>(payload[i] ^ key[i & 3]);
  return frame;
}

struct server_frame {
  unsigned op = 0;
  std::string payload;
  nlohmann::json json() const { return nlohmann::json::parse(payload, nullptr, false); }
  unsigned close_code() const {
    return static_cast<unsigned char>(payload.at(0)) << 8 |
           static_cast<unsigned char>(payload.at(1));
  }
};

/// Cuts a stream of server frames; each must be final and unmasked.
inline std::vector<server_frame> frames_in(std::string_view bytes) {
  std::vector<server_frame> found;
  while (!bytes.empty()) {
    const auto frame = ws::look_at(bytes, SIZE_MAX / 2);
    if (frame.size == 0 || frame.size > bytes.size()) {
      ADD_FAILURE() << "not a whole frame";
      return found;
    }
    EXPECT_TRUE(frame.final);
    found.push_back({static_cast<unsigned>(frame.op),
                     std::string(bytes.substr(frame.header_size, frame.size - frame.header_size))});
    bytes.remove_prefix(frame.size);
  }
  return found;
}

inline constexpr std::string_view handshake_fields =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n";

/// Past its handshake.
class stream_test : public table_test {
 protected:
  void SetUp() override {
    table_test::SetUp();
    connect();
  }
  void connect(std::string_view target = "/v4/stream") {
    const auto answer = exchange(
        get(target, std::string(handshake_fields) + "Sec-WebSocket-Protocol: nip.v4.json\r\n"));
    ASSERT_TRUE(answer.starts_with("HTTP/1.1 101 ")) << answer;
    ASSERT_TRUE(peer().is_websocket());
  }
  std::vector<server_frame> say(std::string_view payload, unsigned char first = 0x81) {
    return frames_in(exchange(client_frame(payload, first)));
  }
  /// The one text frame in what is to be sent, parsed.
  nlohmann::json hear() {
    const auto frames = frames_in(take());
    EXPECT_EQ(frames.size(), 1U);
    return frames.empty() ? nlohmann::json() : frames.front().json();
  }
};

}  // namespace nip::gateway
