// Time zones: fixed offsets, and names from the system's tz database.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nip::cel {

/// What looking a zone up costs, in units of work: a name opens a small file.
constexpr std::uint64_t zone_lookup_cost = 200;

/// Seconds east of UTC in `zone` at a Unix time. `zone` is "UTC", an offset ("+02:00", "-02:30",
/// "02:00") or a name of the tz database ("Europe/Berlin"). Nothing when it is unknown.
std::optional<std::int64_t> utc_offset(std::string_view zone, std::int64_t unix_seconds) noexcept;

}  // namespace nip::cel
