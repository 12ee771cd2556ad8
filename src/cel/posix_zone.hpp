// The rule that a zone follows after its last recorded change, as POSIX writes it in TZ.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nip::cel {

/// Seconds east of UTC at a Unix time by a rule like "EST5EDT,M3.2.0,M11.1.0" or "<+03>-3". Nothing
/// when the rule cannot be read.
std::optional<std::int64_t> posix_offset(std::string_view rule, std::int64_t unix_seconds) noexcept;

}  // namespace nip::cel
