#include "message/traceparent.hpp"

namespace nip::message {
namespace {

constexpr std::size_t version_00_bytes = 55;

bool is_hex(std::string_view text) noexcept {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_nonzero_hex(std::string_view text) noexcept {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

bool is_traceparent(std::string_view text) noexcept {
  if (text.size() < version_00_bytes) return false;
  const std::string_view version = text.substr(0, 2);
  const bool longer = text.size() > version_00_bytes;
  if (!is_hex(version) || version == "ff") return false;
  if (longer && (version == "00" || text[version_00_bytes] != '-')) return false;
  return text[2] == '-' && is_nonzero_hex(text.substr(3, 32)) && text[35] == '-' &&
         is_nonzero_hex(text.substr(36, 16)) && text[52] == '-' && is_hex(text.substr(53, 2));
}

}  // namespace nip::message
