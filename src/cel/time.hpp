// Instants and durations as CEL writes and reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cel/value.hpp"

namespace nip::cel {

/// First and last second that a timestamp may hold: 0001-01-01T00:00:00Z, 9999-12-31T23:59:59Z.
constexpr std::int64_t timestamp_seconds_min = -62'135'596'800;
constexpr std::int64_t timestamp_seconds_max = 253'402'300'799;
constexpr std::int64_t nanos_per_second = 1'000'000'000;

constexpr bool in_range(instant at) {
  return at.seconds >= timestamp_seconds_min && at.seconds <= timestamp_seconds_max;
}

/// RFC 3339 with any offset and up to nine fraction digits. Nothing when malformed or out of range.
std::optional<instant> parse_instant(std::string_view text) noexcept;
/// RFC 3339 in UTC with as many fraction digits as needed: "2009-02-13T23:31:30.5Z".
std::string format_instant(instant at);

/// A signed sequence of decimals with units h m s ms us ns: "1h30m", "-1.5s", "0". Nothing when
/// malformed or past 64 bits of nanoseconds.
std::optional<std::int64_t> parse_nanos(std::string_view text) noexcept;
/// Seconds with as many fraction digits as needed: "90s", "-0.5s".
std::string format_nanos(std::int64_t nanos);

/// Both fail, with nothing, when the result leaves its type's range.
std::optional<instant> add(instant at, std::int64_t nanos) noexcept;
std::optional<std::int64_t> difference(instant a, instant b) noexcept;

/// A local date and time; month and days count as CEL's accessors give them (from 0, Sunday 0).
struct civil_time {
  int year = 1;
  unsigned month = 0;
  unsigned day_of_month = 0;
  unsigned day_of_year = 0;
  unsigned day_of_week = 0;
  int hours = 0;
  int minutes = 0;
  int seconds = 0;
};

/// The calendar at `at`, shifted by a zone's offset.
civil_time civil(instant at, std::int64_t utc_offset_seconds) noexcept;

}  // namespace nip::cel
