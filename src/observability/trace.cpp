#include "observability/trace.hpp"

#include <algorithm>
#include <cstring>
#include <span>

namespace nip::observability {
namespace {

// Offsets of the fields in the text.
constexpr std::size_t trace_at = 3;
constexpr std::size_t span_at = 36;
constexpr std::size_t flags_at = 53;

/// Value of a lower-case hex digit, or -1: the specification forbids upper case.
int digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool read_hex(const char* text, std::span<std::uint8_t> out) noexcept {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

char* write_hex(std::span<const std::uint8_t> bytes, char* out) noexcept {
  constexpr char digits[] = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 15];
  }
  return out;
}

bool all_zero(std::span<const std::uint8_t> bytes) noexcept {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

void fill(std::span<std::uint8_t> out, random_source& random) noexcept {
  do {
    for (std::size_t i = 0; i < out.size(); i += sizeof(std::uint64_t)) {
      const std::uint64_t bits = random.next();
      std::memcpy(out.data() + i, &bits, sizeof bits);
    }
  } while (all_zero(out));
}

bool has_frame(std::string_view text, std::uint8_t version) noexcept {
  if (text[2] != '-' || text[span_at - 1] != '-' || text[flags_at - 1] != '-') return false;
  if (version == 0) return text.size() == trace_context::text_size;
  return text.size() == trace_context::text_size || text[trace_context::text_size] == '-';
}

}  // namespace

std::optional<trace_context> parse_traceparent(std::string_view text) noexcept {
  if (text.size() < trace_context::text_size) return std::nullopt;
  std::uint8_t version = 0;
  trace_context read;
  if (!read_hex(text.data(), {&version, 1}) || version == 0xff) return std::nullopt;
  if (!has_frame(text, version)) return std::nullopt;
  if (!read_hex(text.data() + trace_at, read.trace_id)) return std::nullopt;
  if (!read_hex(text.data() + span_at, read.span_id)) return std::nullopt;
  if (!read_hex(text.data() + flags_at, {&read.flags, 1})) return std::nullopt;
  if (all_zero(read.trace_id) || all_zero(read.span_id)) return std::nullopt;
  read.flags &= trace_context::sampled_flag;
  return read;
}

char* format_traceparent(const trace_context& what, char* out) noexcept {
  *out++ = '0';
  *out++ = '0';
  *out++ = '-';
  out = write_hex(what.trace_id, out);
  *out++ = '-';
  out = write_hex(what.span_id, out);
  *out++ = '-';
  return write_hex({&what.flags, 1}, out);
}

std::string format_traceparent(const trace_context& what) {
  std::string text(trace_context::text_size, '\0');
  format_traceparent(what, text.data());
  return text;
}

trace_context child_of(const trace_context& parent, random_source& random) noexcept {
  trace_context child = parent;
  fill(child.span_id, random);
  return child;
}

trace_context new_trace(random_source& random, bool sampled) noexcept {
  trace_context fresh;
  fill(fresh.trace_id, random);
  fill(fresh.span_id, random);
  fresh.flags = sampled ? trace_context::sampled_flag : 0;
  return fresh;
}

}  // namespace nip::observability
