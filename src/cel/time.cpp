#include "cel/time.hpp"

#include <fmt/format.h>

#include <chrono>

namespace nip::cel {

namespace {

namespace chrono = std::chrono;

constexpr std::int64_t seconds_per_day = 86'400;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Reads text from the left; every step says whether it could.
class reader {
 public:
  explicit reader(std::string_view text) : rest_(text) {}
  bool done() const noexcept { return rest_.empty(); }
  bool at_digit() const noexcept { return !rest_.empty() && is_digit(rest_[0]); }

  bool literal(char c) noexcept {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool literal(std::string_view word) noexcept {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  // Exactly `digits` digits.
  bool number(int digits, int& out) noexcept {
    out = 0;
    for (int i = 0; i < digits; ++i) {
      if (!at_digit()) return false;
      out = out * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return true;
  }
  // One to nine digits after a point, as nanoseconds.
  bool fraction(std::uint32_t& nanos) noexcept {
    nanos = 0;
    std::uint32_t unit = 100'000'000;
    if (!at_digit()) return false;
    for (; at_digit(); rest_.remove_prefix(1)) {
      if (unit == 0) return false;
      nanos += static_cast<std::uint32_t>(rest_[0] - '0') * unit;
      unit /= 10;
    }
    return true;
  }
  char digit() noexcept {
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }

 private:
  std::string_view rest_;
};

bool read_offset(reader& in, std::int64_t& seconds) noexcept {
  seconds = 0;
  if (in.literal('Z')) return true;
  const bool west = in.literal('-');
  if (!west && !in.literal('+')) return false;
  int hours = 0;
  int minutes = 0;
  if (!in.number(2, hours) || !in.literal(':') || !in.number(2, minutes)) return false;
  if (hours > 23 || minutes > 59) return false;
  seconds = (west ? -1 : 1) * (std::int64_t{hours} * 3600 + minutes * 60);
  return true;
}

struct unit {
  std::string_view name;
  std::int64_t nanos;
};
// Longer names stand before their prefixes.
constexpr unit units[] = {{"ns", 1},
                          {"us", 1'000},
                          {"\u00B5s", 1'000},
                          {"\u03BCs", 1'000},
                          {"ms", 1'000'000},
                          {"s", nanos_per_second},
                          {"m", 60 * nanos_per_second},
                          {"h", 3600 * nanos_per_second}};

// One decimal and its unit, added to `total`; exact down to the nanosecond, the rest is cut off.
bool read_part(reader& in, std::int64_t& total) noexcept {
  std::int64_t whole = 0;
  std::int64_t fraction = 0;
  std::int64_t fraction_unit = 1;
  bool any = false;
  for (; in.at_digit(); any = true) {
    if (__builtin_mul_overflow(whole, 10, &whole)) return false;
    if (__builtin_add_overflow(whole, in.digit() - '0', &whole)) return false;
  }
  if (in.literal('.')) {
    for (; in.at_digit(); any = true) {
      const char c = in.digit();
      if (fraction_unit > nanos_per_second * 1'000'000) continue;
      fraction = fraction * 10 + (c - '0');
      fraction_unit *= 10;
    }
  }
  if (!any) return false;
  for (const unit& u : units) {
    if (!in.literal(u.name)) continue;
    if (__builtin_mul_overflow(whole, u.nanos, &whole)) return false;
    const auto part =
        static_cast<std::int64_t>(static_cast<__int128_t>(fraction) * u.nanos / fraction_unit);
    return !__builtin_add_overflow(whole, part, &whole) &&
           !__builtin_add_overflow(total, whole, &total);
  }
  return false;
}

std::string trimmed_fraction(std::uint32_t nanos) {
  if (nanos == 0) return {};
  std::string text = fmt::format(".{:09}", nanos);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

}  // namespace

std::optional<instant> parse_instant(std::string_view text) noexcept {
  reader in(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!in.number(4, year) || !in.literal('-') || !in.number(2, month) || !in.literal('-') ||
      !in.number(2, day) || !in.literal('T') || !in.number(2, hour) || !in.literal(':') ||
      !in.number(2, minute) || !in.literal(':') || !in.number(2, second)) {
    return std::nullopt;
  }
  instant at;
  if (in.literal('.') && !in.fraction(at.nanos)) return std::nullopt;
  std::int64_t offset = 0;
  if (!read_offset(in, offset) || !in.done()) return std::nullopt;
  const chrono::year_month_day date{chrono::year{year}, chrono::month{static_cast<unsigned>(month)},
                                    chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t days = chrono::sys_days{date}.time_since_epoch().count();
  at.seconds = days * seconds_per_day + hour * 3600 + minute * 60 + second - offset;
  if (!in_range(at)) return std::nullopt;
  return at;
}

std::string format_instant(instant at) {
  const civil_time t = civil(at, 0);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", t.year, t.month + 1,
                     t.day_of_month + 1, t.hours, t.minutes, t.seconds, trimmed_fraction(at.nanos));
}

std::optional<std::int64_t> parse_nanos(std::string_view text) noexcept {
  reader in(text);
  const bool negative = in.literal('-');
  if (!negative) in.literal('+');
  std::int64_t total = 0;
  if (in.literal('0') && in.done()) return 0;
  in = reader(text.substr(text.starts_with('-') || text.starts_with('+') ? 1 : 0));
  if (in.done()) return std::nullopt;
  while (!in.done()) {
    if (!read_part(in, total)) return std::nullopt;
  }
  return negative ? -total : total;
}

std::string format_nanos(std::int64_t nanos) {
  const std::uint64_t size =
      nanos < 0 ? 0 - static_cast<std::uint64_t>(nanos) : static_cast<std::uint64_t>(nanos);
  return fmt::format("{}{}{}s", nanos < 0 ? "-" : "", size / nanos_per_second,
                     trimmed_fraction(static_cast<std::uint32_t>(size % nanos_per_second)));
}

std::optional<instant> add(instant at, std::int64_t nanos) noexcept {
  std::int64_t seconds = at.seconds + nanos / nanos_per_second;
  std::int64_t rest = at.nanos + nanos % nanos_per_second;
  if (rest < 0) {
    rest += nanos_per_second;
    --seconds;
  } else if (rest >= nanos_per_second) {
    rest -= nanos_per_second;
    ++seconds;
  }
  const instant sum{seconds, static_cast<std::uint32_t>(rest)};
  if (!in_range(sum)) return std::nullopt;
  return sum;
}

std::optional<std::int64_t> difference(instant a, instant b) noexcept {
  std::int64_t nanos = 0;
  if (__builtin_mul_overflow(a.seconds - b.seconds, nanos_per_second, &nanos)) return std::nullopt;
  const std::int64_t rest = std::int64_t{a.nanos} - std::int64_t{b.nanos};
  if (__builtin_add_overflow(nanos, rest, &nanos)) return std::nullopt;
  return nanos;
}

civil_time civil(instant at, std::int64_t utc_offset_seconds) noexcept {
  const chrono::sys_seconds local{chrono::seconds{at.seconds + utc_offset_seconds}};
  const auto day = chrono::floor<chrono::days>(local);
  const chrono::year_month_day date{day};
  const auto new_year = chrono::sys_days{date.year() / chrono::January / 1};
  const auto clock = (local - day).count();
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<unsigned>(date.month()) - 1,
          .day_of_month = static_cast<unsigned>(date.day()) - 1,
          .day_of_year = static_cast<unsigned>((day - new_year).count()),
          .day_of_week = chrono::weekday{day}.c_encoding(),
          .hours = static_cast<int>(clock / 3600),
          .minutes = static_cast<int>(clock / 60 % 60),
          .seconds = static_cast<int>(clock % 60)};
}

}  // namespace nip::cel
