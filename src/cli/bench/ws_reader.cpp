#include "cli/bench/ws_reader.hpp"

#include <fmt/format.h>

#include <charconv>

namespace nip::cli::bench {
namespace {

constexpr unsigned opcode_text = 1;
constexpr unsigned opcode_close = 8;

struct frame {
  unsigned opcode = 0;
  std::string_view payload;
  std::size_t whole = 0;  ///< bytes with the header; 0: not all there yet
};

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const unsigned char byte : bytes) value = value << 8 | byte;
  return value;
}

frame next_frame(std::string_view bytes, std::uint64_t& length) {
  length = 0;
  if (bytes.size() < 2) return {};
  const auto short_length = static_cast<unsigned char>(bytes[1]) & 0x7FU;
  const std::size_t header = short_length < 126 ? 2 : short_length == 126 ? 4 : 10;
  if (bytes.size() < header) return {};
  length = short_length < 126 ? short_length : big_endian(bytes.substr(2, header - 2));
  if (length > ws_reader::frame_bytes_max || bytes.size() - header < length) return {};
  return {.opcode = static_cast<unsigned char>(bytes[0]) & 0x0FU,
          .payload = bytes.substr(header, length),
          .whole = header + static_cast<std::size_t>(length)};
}

/// The number behind `key` ("\"from\":"), or 0.
std::uint64_t number_after(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return 0;
  std::uint64_t number = 0;
  std::from_chars(text.data() + at + key.size(), text.data() + text.size(), number);
  return number;
}

}  // namespace

outcome<std::size_t> ws_reader::take(std::string_view bytes, const listener& told) {
  std::size_t taken = 0;
  for (;;) {
    std::uint64_t length = 0;
    const frame got = next_frame(bytes.substr(taken), length);
    if (length > frame_bytes_max)
      return stop(exit_code::failed,
                  fmt::format("the server sends a frame of {} bytes; is it nipd?", length));
    if (got.whole == 0) return taken;
    taken += got.whole;
    if (got.opcode == opcode_close)
      return stop(exit_code::unreachable,
                  fmt::format("the server ended the stream: {}",
                              got.payload.size() > 2 ? got.payload.substr(2) : "without a reason"));
    if (got.opcode == opcode_text) NIP_CHECK(on_text(got.payload, told));
  }
}

outcome<void> ws_reader::on_text(std::string_view text, const listener& told) const {
  constexpr std::string_view key = R"("op":")";
  const auto at = text.find(key);
  if (at == std::string_view::npos) return {};
  const auto op = text.substr(at + key.size());
  if (op.starts_with("accepted\"")) {
    if (until_reply_) return {};
    told({.from = number_after(text, "\"from\":"), .to = number_after(text, "\"to\":")});
  } else if (op.starts_with("reply\"")) {
    const auto n = number_after(text, "\"n\":");
    if (until_reply_) told({.from = n, .to = n});
  } else if (op.starts_with("refused\"")) {
    const auto n = number_after(text, "\"n\":");
    told({.from = n, .to = n, .accepted = false, .text = text});
  } else if (op.starts_with("error\"")) {
    return stop(exit_code::failed,
                fmt::format("the server answers with an error: {}", text.substr(0, 500)));
  }
  return {};
}

}  // namespace nip::cli::bench
