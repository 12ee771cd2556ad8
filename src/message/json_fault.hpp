// Says where and why a text is not JSON; run only after the fast parser has refused it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace nip::message {

struct json_fault {
  std::size_t at = 0;  ///< byte offset of what is wrong
  std::string what;    ///< "expected ',' or '}' after a member, got 'x'"
  bool too_deep = false;
};

/// The first fault of `text` as one JSON value (RFC 8259, UTF-8, no lone surrogates, integers of at
/// most 64 bits, nesting of at most `depth_max`); nothing when there is none. Never recurses.
std::optional<json_fault> find_json_fault(std::string_view text, std::size_t depth_max);

}  // namespace nip::message
