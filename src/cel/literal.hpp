// Reads the value that a literal token stands for.
#pragma once

#include <string>

#include "base/result.hpp"
#include "cel/token.hpp"
#include "cel/value.hpp"

namespace nip::cel {

/// The number of an integer, uinteger or real token; `negative` when a minus stands before it,
/// which lets -9223372036854775808 be written. Fails with errc::parse when out of range, without a
/// place.
result<value> read_number(const token& literal, bool negative);

/// The text of a string token or the octets of a bytes token, escapes resolved. Fails with
/// errc::parse; `where` is then the byte offset of the fault in the source.
result<std::string> read_text(const token& literal, std::uint32_t& where);

}  // namespace nip::cel
