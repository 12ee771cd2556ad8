#include "cel/utf8.hpp"

#include <simdjson.h>

#include <algorithm>

namespace nip::cel {

namespace {
constexpr std::size_t code_point_bytes_max = 4;
bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }
}  // namespace

bool is_utf8(std::string_view text) noexcept {
  return text.empty() || simdjson::validate_utf8(text.data(), text.size());
}

std::size_t code_points(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !continues(c); }));
}

std::optional<std::size_t> byte_offset(std::string_view text, std::size_t index) noexcept {
  std::size_t offset = 0;
  for (; index > 0 && offset < text.size(); --index) offset += code_point_bytes(text, offset);
  if (index > 0) return std::nullopt;
  return offset;
}

std::size_t code_point_bytes(std::string_view text, std::size_t offset) noexcept {
  std::size_t end = offset + 1;
  while (end < text.size() && end - offset < code_point_bytes_max && continues(text[end])) ++end;
  return end - offset;
}

char32_t code_point_at(std::string_view text, std::size_t offset) noexcept {
  const auto first = static_cast<unsigned char>(text[offset]);
  const std::size_t bytes = code_point_bytes(text, offset);
  if (bytes == 1) return first;
  // The lead byte of an n-byte form carries 7 - n bits.
  char32_t c = first & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    c = (c << 6) | (static_cast<unsigned char>(text[offset + i]) & 0x3FU);
  }
  return c;
}

bool is_scalar(char32_t c) noexcept { return c <= code_point_last && (c < 0xD800 || c > 0xDFFF); }

void append_utf8(std::string& out, char32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80U | ((c >> shift) & 0x3FU)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0U | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0U | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace nip::cel
