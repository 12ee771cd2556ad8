// The ways an evaluation fails, as CEL names them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nip::cel {

class value;

enum class eval_errc : std::uint8_t {
  none,
  no_such_overload,  ///< an operator or function met types it does not take
  no_such_key,       ///< a map has no such key, or a path is absent in the input
  no_such_field,     ///< select or has() on something without fields
  index_out_of_range,
  overflow,  ///< an integer, timestamp or duration left its range
  divide_by_zero,
  modulus_by_zero,
  invalid_argument,  ///< a conversion or function got text or a number it cannot take
  invalid_key,       ///< a map literal with an unsupported or repeated key
  unbound,           ///< a name that the environment does not declare
  cost_exceeded,     ///< the evaluation did more work than its limit allows
  memory_exceeded,   ///< the evaluation built more than its arena allows
};

/// The stable text of a code: "no such key".
std::string_view to_string(eval_errc code) noexcept;

/// An error value as a sentence: "no such key: message.data.amount".
std::string error_text(const value& failure);

}  // namespace nip::cel
