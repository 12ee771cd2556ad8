#include "gateway/ws/frame.hpp"

#include <cstring>

namespace nip::gateway::ws {
namespace {

constexpr unsigned char bit_final = 0x80;
constexpr unsigned char bits_reserved = 0x70;
constexpr unsigned char bit_deflated = 0x40;  // RSV1, as RFC 7692 uses it
constexpr unsigned char bit_masked = 0x80;
constexpr std::size_t key_size = 4;

std::uint64_t big_endian(const char* from, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(from[i]);
  return value;
}

/// True when a shorter form of the length was possible, which the RFC forbids.
bool is_stretched(std::uint64_t length, std::size_t length_bytes) {
  return (length_bytes == 2 && length < 126) || (length_bytes == 8 && length < 65536);
}

}  // namespace

frame look_at(std::span<const char> bytes, std::size_t payload_max) {
  frame seen;
  if (bytes.size() < 2) return seen;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  const bool masked = (second & bit_masked) != 0;
  const unsigned short_length = second & 0x7f;
  const std::size_t length_bytes = short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
  seen.header_size = 2 + length_bytes + (masked ? key_size : 0);
  if (bytes.size() < seen.header_size) return seen;
  const std::uint64_t length =
      length_bytes == 0 ? short_length : big_endian(bytes.data() + 2, length_bytes);
  seen.final = (first & bit_final) != 0;
  seen.op = static_cast<opcode>(first & 0x0f);
  const bool over = length > payload_max;
  seen.size = seen.header_size + (over ? 0 : static_cast<std::size_t>(length));
  if (over) {
    seen.what = frame::kind::over;
  } else if (bytes.size() >= seen.size) {
    const bool whole =
        seen.final && masked && seen.op == opcode::text && !is_stretched(length, length_bytes);
    const unsigned reserved = first & bits_reserved;
    seen.what = whole && reserved == 0              ? frame::kind::ordinary
                : whole && reserved == bit_deflated ? frame::kind::deflated
                                                    : frame::kind::other;
  }
  return seen;
}

std::string_view unmask(std::span<char> bytes, const frame& which) {
  char* at = bytes.data() + which.header_size;
  const std::size_t size = which.size - which.header_size;
  std::uint32_t key = 0;
  std::memcpy(&key, at - key_size, key_size);
  // Eight bytes a step: the key twice. A word's worth of offset keeps the key's phase.
  const std::uint64_t wide = static_cast<std::uint64_t>(key) << 32 | key;
  std::size_t i = 0;
  for (; i + sizeof wide <= size; i += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, at + i, sizeof word);
    word ^= wide;
    std::memcpy(at + i, &word, sizeof word);
  }
  const char* key_bytes = at - key_size;
  for (; i < size; ++i) at[i] = static_cast<char>(at[i] ^ key_bytes[i & 3]);
  return {at, size};
}

bool starts_deflated(std::span<const char> bytes, const frame& which) {
  return (static_cast<unsigned char>(bytes.front()) & bit_deflated) != 0 &&
         (which.op == opcode::text || which.op == opcode::binary);
}

void disguise(std::span<char> bytes) {
  const auto kept = static_cast<unsigned char>(bytes.front()) & (bit_final | bits_reserved);
  bytes.front() =
      static_cast<char>((kept & ~bit_deflated) | static_cast<unsigned char>(opcode::binary));
}

std::uint16_t close_code_of(std::span<const char> bytes, const frame& which) {
  const bool masked = (static_cast<unsigned char>(bytes[1]) & bit_masked) != 0;
  if (!masked || which.size < which.header_size + 2) return 0;
  char code[2];
  for (std::size_t i = 0; i < sizeof code; ++i)
    code[i] =
        static_cast<char>(bytes[which.header_size + i] ^ bytes[which.header_size - key_size + i]);
  return static_cast<std::uint16_t>(big_endian(code, sizeof code));
}

void append_header(std::string& out, opcode op, std::size_t payload_bytes) {
  char header[10];
  std::size_t size = 2;
  header[0] = static_cast<char>(bit_final | static_cast<unsigned char>(op));
  const auto put_length = [&](std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i)
      header[2 + i] = static_cast<char>(payload_bytes >> (8 * (bytes - 1 - i)));
    size += bytes;
  };
  if (payload_bytes < 126) {
    header[1] = static_cast<char>(payload_bytes);
  } else if (payload_bytes < 65536) {
    header[1] = 126;
    put_length(2);
  } else {
    header[1] = 127;
    put_length(8);
  }
  out.append(header, size);
}

void append_frame(std::string& out, opcode op, std::string_view payload) {
  append_header(out, op, payload.size());
  out.append(payload);
}

void append_close(std::string& out, std::uint16_t code, std::string_view reason) {
  constexpr std::size_t reason_bytes_max = 123;
  reason = reason.substr(0, reason_bytes_max);
  char payload[2 + reason_bytes_max];
  payload[0] = static_cast<char>(code >> 8);
  payload[1] = static_cast<char>(code & 0xff);
  std::memcpy(payload + 2, reason.data(), reason.size());
  append_frame(out, opcode::close, {payload, 2 + reason.size()});
}

}  // namespace nip::gateway::ws
