// JSON text by hand: strings with escapes, and numbers. No tree in between.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace nip {

/// Appends `text` between quotes, escaping `"`, `\` and what is below U+0020. The bytes are not
/// checked: what is not UTF-8 goes out as it is.
void append_json_string(std::string& out, std::string_view text);
/// The same without the quotes.
void append_json_escaped(std::string& out, std::string_view text);

void append_json_integer(std::string& out, std::int64_t value);
void append_json_integer(std::string& out, std::uint64_t value);
/// Any other integer type, widened.
template <std::integral Number>
void append_json_integer(std::string& out, Number value) {
  if constexpr (std::signed_integral<Number>) {
    append_json_integer(out, static_cast<std::int64_t>(value));
  } else {
    append_json_integer(out, static_cast<std::uint64_t>(value));
  }
}

/// The shortest text that reads back as the same double, with a fraction or an exponent always
/// ("3.0"), so that it stays a double; `null` for NaN and infinities, which JSON does not have.
void append_json_double(std::string& out, double value);

inline void append_json_bool(std::string& out, bool value) { out += value ? "true" : "false"; }

/// Appends `"key":`.
void append_json_key(std::string& out, std::string_view key);

}  // namespace nip
