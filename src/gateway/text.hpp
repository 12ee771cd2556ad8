// Small pieces of text that every answer is made of, appended without a temporary.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace nip::gateway {

inline void append_decimal(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

/// ASCII letters compare without case; what HTTP names and tokens want.
inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

/// Without spaces and tabs at both ends.
inline std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes what stands before `separator` off `rest`; at the last piece `rest` is left empty.
inline std::string_view take_until(std::string_view& rest, char separator) {
  const auto at = rest.find(separator);
  const auto piece = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return piece;
}

/// Undoes %XX in place of a copy; a broken escape stays as it is.
std::string percent_decoded(std::string_view text);

/// The value of `key` in a query string ("a=1&b=2"), decoded; empty when absent.
std::string query_value(std::string_view query, std::string_view key);

}  // namespace nip::gateway
