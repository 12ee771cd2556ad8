#include "message/percent.hpp"

namespace nip::message {
namespace {

constexpr std::string_view hex = "0123456789ABCDEF";

int digit(char c) noexcept {
  const std::size_t at = hex.find(c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

/// The inside of a quoted string, with backslashes resolved.
std::optional<std::string> unquoted(std::string_view value) {
  std::string out;
  for (std::size_t at = 1; at < value.size(); ++at) {
    if (value[at] == '"') return at + 1 == value.size() ? std::optional(out) : std::nullopt;
    if (value[at] == '\\' && ++at == value.size()) break;
    out += value[at];
  }
  return std::nullopt;
}

}  // namespace

void append_percent_encoded(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '"' && c != '%') {
      out += c;
      continue;
    }
    out += '%';
    out += hex[byte >> 4];
    out += hex[byte & 15];
  }
}

std::optional<std::string> decode_header_value(std::string_view value) {
  std::string plain(value);
  if (value.starts_with('"')) {
    auto inside = unquoted(value);
    if (!inside) return std::nullopt;
    plain = std::move(*inside);
  }
  std::string out;
  for (std::size_t at = 0; at < plain.size(); ++at) {
    if (plain[at] != '%') {
      out += plain[at];
      continue;
    }
    const int high = at + 2 < plain.size() ? digit(plain[at + 1]) : -1;
    const int low = at + 2 < plain.size() ? digit(plain[at + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    at += 2;
  }
  return out;
}

}  // namespace nip::message
