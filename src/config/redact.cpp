#include "config/redact.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace nip::config {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 9> secret_words{"password",   "passwd",        "secret",
                                                       "token",      "apikey",        "privatekey",
                                                       "credential", "authorization", "cookie"};

/// "https://user:password@host" without the password.
std::string without_password(const std::string& text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos) return text;
  const std::size_t begin = scheme + 3;
  const std::size_t at = text.substr(0, text.find_first_of("/?#", begin)).rfind('@');
  const std::size_t colon = text.find(':', begin);
  if (at == std::string::npos || at < begin || colon > at) return text;
  return text.substr(0, colon + 1) + std::string(redacted) + text.substr(at);
}

}  // namespace

bool names_a_secret(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') plain += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) plain += c;
  }
  return std::ranges::any_of(
      secret_words, [&](std::string_view word) { return plain.find(word) != std::string::npos; });
}

json redact(const json& value) {
  if (value.is_string()) return without_password(value.get<std::string>());
  json out = value;
  if (value.is_array())
    for (json& item : out) item = redact(item);
  if (value.is_object())
    for (auto& [name, item] : out.items())
      item = names_a_secret(name) && !item.is_boolean() && !item.is_null() ? json(redacted)
                                                                           : redact(item);
  return out;
}

}  // namespace nip::config
