// Cuts source text into tokens; literals stay raw until literal.hpp reads them.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cel/token.hpp"

namespace nip::cel {

/// The tokens of `source`, the last one `end`. Views into `source`. Fails with errc::parse on a
/// character that starts no token and on a string that does not end, with the place.
result<std::vector<token>> tokenize(std::string_view source);

}  // namespace nip::cel
