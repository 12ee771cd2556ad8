// Header values of the CloudEvents HTTP binding: any text in the visible part of ASCII.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nip::message {

/// Appends `text` with space, `"`, `%` and everything outside U+0021 to U+007E as %XX of its UTF-8
/// (HTTP protocol binding 1.0.2, section 3.1.3.2).
void append_percent_encoded(std::string& out, std::string_view text);

/// The text of a header value: quotes around it are taken off, %XX become bytes. Nothing when a
/// quote or a percent sign is broken.
std::optional<std::string> decode_header_value(std::string_view value);

}  // namespace nip::message
