// Any bytes behind a WebSocket handshake, in any pieces; every other input is masked into frames
// first, so that the operations behind the frames are reached too.
#include <string>

#include "gateway_peer.hpp"

namespace {

constexpr std::string_view handshake =
    "GET /v4/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: nip.v4.json\r\n";
constexpr std::string_view offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

/// Each line of `text` as a text frame under a zero mask.
std::string frames_of(std::string_view text) {
  std::string made;
  while (!text.empty()) {
    const auto payload = text.substr(0, std::min<std::size_t>(text.find('\n'), 125));
    text.remove_prefix(std::min(text.size(), payload.size() + 1));
    made += '\x81';
    made += static_cast<char>(0x80 | payload.size());
    made.append(4, '\0');
    made += payload;
  }
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static nip::gateway::fuzz_shard shard;
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t cuts =
      std::min<std::size_t>(static_cast<unsigned char>(input[1]) % 8, size - 2);
  const auto splits = input.substr(2, cuts);
  const auto rest = input.substr(2 + cuts);
  const auto slot = shard.open();
  const bool deflates = (input[0] & 2) != 0;
  shard.send(slot, std::string(handshake) + std::string(deflates ? offer : "") + "\r\n", {});
  if (!shard.is_websocket(slot)) std::abort();
  shard.send(slot, (input[0] & 1) != 0 ? frames_of(rest) : std::string(rest), splits);
  shard.turn(slot);
  shard.close(slot);
  return 0;
}
