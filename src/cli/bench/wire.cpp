#include "cli/bench/wire.hpp"

#include <fmt/format.h>

#include "cli/bench/http_reader.hpp"
#include "cli/bench/ws_reader.hpp"

namespace nip::cli::bench {
namespace {

constexpr unsigned char mask[4] = {0x4e, 0x49, 0x50, 0x34};
constexpr unsigned wait_seconds = 10;  // of a request; far above what a live server needs

std::string ack_preference(const options& chosen) {
  return chosen.ack.empty() ? std::string{} : fmt::format("Prefer: ack={}\r\n", chosen.ack);
}

}  // namespace

std::string make_envelope(std::size_t size, std::string_view type) {
  const std::string head = fmt::format(R"({{"type":"{}","source":"nip-bench",)", type) +
                           R"("data":{"order":{"id":4711,"amount":129.5,"currency":"EUR"},"pad":")";
  constexpr std::string_view tail = R"("},"metadata":{"priority":"normal"}})";
  const std::size_t fixed = head.size() + tail.size();
  return head + std::string(size > fixed ? size - fixed : 0, 'x') + std::string(tail);
}

std::string ws_text_frame(std::string_view payload) {
  std::string frame(1, static_cast<char>(0x81));  // final, text
  const std::size_t size = payload.size();
  if (size < 126) {
    frame += static_cast<char>(0x80 | size);
  } else {
    const bool wide = size > 0xFFFF;
    frame += static_cast<char>(wide ? 0xFF : 0xFE);
    for (int shift = wide ? 56 : 8; shift >= 0; shift -= 8)
      frame += static_cast<char>(size >> shift);
  }
  for (const unsigned char byte : mask) frame += static_cast<char>(byte);
  for (std::size_t i = 0; i < size; ++i)
    frame += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ mask[i % 4]);
  return frame;
}

std::string ws_handshake(const options& chosen) {
  return fmt::format(
      "GET /v4/stream{}{} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bmlwLWJlbmNoLW5pcC1iZQ==\r\n"
      "Sec-WebSocket-Protocol: nip.v4.json\r\n\r\n",
      chosen.ack.empty() ? "" : "?ack=", chosen.ack, chosen.server.authority());
}

std::string message_bytes(const options& chosen) {
  const std::string envelope = make_envelope(chosen.size, chosen.type);
  switch (chosen.kind) {
    case traffic::ws:
      return ws_text_frame(envelope);
    case traffic::request:
      return ws_text_frame(
          fmt::format(R"({{"op":"request","wait":{},"message":{}}})", wait_seconds, envelope));
    case traffic::http:
      break;
  }
  return fmt::format(
      "POST /v4/messages HTTP/1.1\r\nHost: {}\r\nContent-Type: "
      "application/json\r\n{}Content-Length: "
      "{}\r\n\r\n{}",
      chosen.server.authority(), ack_preference(chosen), envelope.size(), envelope);
}

std::unique_ptr<reader> make_reader(traffic kind) {
  if (kind == traffic::http) return std::make_unique<http_reader>();
  return std::make_unique<ws_reader>(kind == traffic::request);
}

}  // namespace nip::cli::bench
