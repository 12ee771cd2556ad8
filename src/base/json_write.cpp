#include "base/json_write.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace nip {
namespace {

/// What stands behind the backslash: 0 for characters that go out as they are, 'u' for \u00XX.
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\t'] = 't';
  table['\n'] = 'n';
  table['\f'] = 'f';
  table['\r'] = 'r';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}
constexpr std::array<char, 256> escapes = make_escapes();

/// None of eight characters needs an escape: haszero and hasless of Anderson's Bit Twiddling Hacks.
bool eight_are_plain(const char* text) {
  constexpr std::uint64_t ones = 0x0101010101010101, high = 0x80 * ones;
  std::uint64_t word = 0;
  std::memcpy(&word, text, sizeof word);
  const auto has_zero = [](std::uint64_t in) { return (in - ones) & ~in & high; };
  const std::uint64_t control = (word - ones * 0x20) & ~word & high;
  return (control | has_zero(word ^ (ones * '"')) | has_zero(word ^ (ones * '\\'))) == 0;
}

void append_escape(std::string& out, unsigned char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '\\';
  out += escapes[c];
  if (escapes[c] != 'u') return;
  out += "00";
  out += hex[c >> 4];
  out += hex[c & 15];
}

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> digits;  // the longest double takes 24 characters
  const auto [end, status] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  static_cast<void>(status);  // cannot run out of room
  out.append(digits.data(), end);
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  std::size_t clean_from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    while (at + sizeof(std::uint64_t) <= text.size() && eight_are_plain(text.data() + at))
      at += sizeof(std::uint64_t);
    if (at == text.size()) break;
    const auto c = static_cast<unsigned char>(text[at]);
    if (escapes[c] == 0) continue;
    out.append(text, clean_from, at - clean_from);
    append_escape(out, c);
    clean_from = at + 1;
  }
  out.append(text, clean_from);
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

void append_json_integer(std::string& out, std::int64_t value) { append_number(out, value); }
void append_json_integer(std::string& out, std::uint64_t value) { append_number(out, value); }

void append_json_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  const std::size_t from = out.size();
  append_number(out, value);
  if (out.find_first_of(".e", from) == std::string::npos) out += ".0";
}

void append_json_key(std::string& out, std::string_view key) {
  append_json_string(out, key);
  out += ':';
}

}  // namespace nip
