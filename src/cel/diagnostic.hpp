// Errors in an expression's text, shown with the line and a caret under the place.
#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace nip::cel {

/// A place in a source text, both from 1; columns count code points.
struct position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  constexpr auto operator<=>(const position&) const = default;
};

/// Where the byte at `offset` stands.
position position_of(std::string_view source, std::uint32_t offset);

/// The message with its place, the source line (cut to a width that fits a terminal) and a caret:
///   1:9: message has no field "amont"; did you mean "amount"?
///     message.amont > 3
///             ^
std::string show(std::string_view source, std::uint32_t offset, std::string_view message);

/// The failure of a compilation: `code` (parse for syntax, invalid_argument for what the check
/// refuses, too_large for a limit) and a detail as show() makes it.
std::unexpected<error> compile_failure(
    errc code, std::string_view source, std::uint32_t offset, std::string_view message,
    std::source_location where = std::source_location::current());

}  // namespace nip::cel
