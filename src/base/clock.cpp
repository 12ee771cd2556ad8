#include "base/clock.hpp"

#include <array>
#include <cstring>
#include <ctime>

namespace nip {
namespace {

std::int64_t read_clock(clockid_t which) noexcept {
  timespec now{};
  ::clock_gettime(which, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// "00" to "99", one after the other.
constexpr std::array<char, 200> make_pairs() {
  std::array<char, 200> pairs{};
  for (std::size_t n = 0; n < 100; ++n) {
    pairs[2 * n] = static_cast<char>('0' + n / 10);
    pairs[2 * n + 1] = static_cast<char>('0' + n % 10);
  }
  return pairs;
}
constexpr std::array<char, 200> pairs = make_pairs();

char* write_pair(char* out, unsigned value, char after) noexcept {
  std::memcpy(out, &pairs[std::size_t{value} * 2], 2);
  out[2] = after;
  return out + 3;
}

struct civil_date {
  unsigned year, month, day;
};

/// Days since 1970-01-01 to a date of the proleptic Gregorian calendar, for years 0 to 9999. The
/// year is made to begin in March, so that the leap day is its last.
civil_date to_civil(std::int64_t days) noexcept {
  constexpr unsigned days_to_1970 = 719'468;  // from 0000-03-01
  constexpr unsigned days_in_era = 146'097;   // 400 years
  const auto since = static_cast<unsigned>(days + days_to_1970);
  const unsigned era = since / days_in_era;
  const unsigned in_era = since % days_in_era;
  const unsigned year_in_era = (in_era - in_era / 1460 + in_era / 36'524 - in_era / 146'096) / 365;
  const unsigned in_year = in_era - (365 * year_in_era + year_in_era / 4 - year_in_era / 100);
  const unsigned from_march = (5 * in_year + 2) / 153;
  const unsigned month = from_march < 10 ? from_march + 3 : from_march - 9;
  return {era * 400 + year_in_era + (month <= 2 ? 1 : 0), month,
          in_year - (153 * from_march + 2) / 5 + 1};
}

}  // namespace

mono_time system_clock::mono() const noexcept { return {read_clock(CLOCK_MONOTONIC)}; }
wall_time system_clock::wall() const noexcept { return {read_clock(CLOCK_REALTIME)}; }

char* format_rfc3339(wall_time time, char* out) noexcept {
  constexpr std::int64_t milliseconds_per_day = 86'400'000;
  std::int64_t milliseconds = time.ns / 1'000'000 - (time.ns % 1'000'000 < 0 ? 1 : 0);
  std::int64_t days = milliseconds / milliseconds_per_day;
  milliseconds -= days * milliseconds_per_day;
  if (milliseconds < 0) {
    milliseconds += milliseconds_per_day;
    --days;
  }
  const civil_date date = to_civil(days);
  const auto of_day = static_cast<unsigned>(milliseconds);
  const unsigned seconds = of_day / 1000;
  const unsigned fraction = of_day % 1000;
  std::memcpy(out, &pairs[std::size_t{date.year / 100} * 2], 2);
  out = write_pair(out + 2, date.year % 100, '-');
  out = write_pair(out, date.month, '-');
  out = write_pair(out, date.day, 'T');
  out = write_pair(out, seconds / 3600, ':');
  out = write_pair(out, seconds / 60 % 60, ':');
  out = write_pair(out, seconds % 60, '.');
  out = write_pair(out, fraction / 10, static_cast<char>('0' + fraction % 10));
  *out++ = 'Z';
  return out;
}

std::string format_rfc3339(wall_time time) {
  std::string text(24, '\0');
  format_rfc3339(time, text.data());
  return text;
}

}  // namespace nip
