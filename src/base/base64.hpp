// Base64 with padding (RFC 4648, section 4): bytes as text in JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nip {

void append_base64(std::string& out, std::string_view bytes);
/// The bytes; nothing when a character is foreign, the padding is wrong, or the spare bits are not
/// zero.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace nip
