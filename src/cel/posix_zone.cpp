#include "cel/posix_zone.hpp"

#include <chrono>

namespace nip::cel {

namespace {

namespace chrono = std::chrono;

constexpr std::int64_t seconds_per_day = 86'400;

// When summer time starts or ends within a year, in local seconds since that year's first midnight.
struct change {
  enum class form { month_week_day, julian_without_leap_day, day } written = form::day;
  unsigned month = 0, week = 0, weekday = 0;
  int day = 0;
  std::int64_t clock = 2 * 3600;

  std::int64_t seconds_in(chrono::year year) const {
    const auto new_year = chrono::sys_days{year / chrono::January / 1};
    int days = day;
    if (written == form::julian_without_leap_day) {
      constexpr int last_of_february = 59;
      days = day - 1 + (year.is_leap() && day > last_of_february ? 1 : 0);
    } else if (written == form::month_week_day) {
      const chrono::weekday on{weekday};
      const auto at = week == 5 ? chrono::sys_days{year / chrono::month{month} / on[chrono::last]}
                                : chrono::sys_days{year / chrono::month{month} / on[week]};
      days = static_cast<int>((at - new_year).count());
    }
    return days * seconds_per_day + clock;
  }
};

class rule_reader {
 public:
  explicit rule_reader(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }

  bool accept(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool name() {
    if (accept('<')) {
      const auto end = rest_.find('>');
      if (end == std::string_view::npos) return false;
      rest_.remove_prefix(end + 1);
      return true;
    }
    std::size_t letters = 0;
    while (letters < rest_.size() && ((rest_[letters] | 0x20) >= 'a') &&
           ((rest_[letters] | 0x20) <= 'z')) {
      ++letters;
    }
    rest_.remove_prefix(letters);
    return letters >= 3;
  }
  bool at_digit() const { return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; }
  bool number(int& out) {
    if (!at_digit()) return false;
    for (out = 0; at_digit() && out < 10'000; rest_.remove_prefix(1))
      out = out * 10 + rest_[0] - '0';
    return true;
  }
  // [+-]hh[:mm[:ss]]
  bool clock(std::int64_t& out) {
    const bool negative = accept('-');
    if (!negative) accept('+');
    int hours = 0, minutes = 0, seconds = 0;
    if (!number(hours)) return false;
    if (accept(':') && !number(minutes)) return false;
    if (accept(':') && !number(seconds)) return false;
    out = (negative ? -1 : 1) * (std::int64_t{hours} * 3600 + minutes * 60 + seconds);
    return true;
  }
  bool at(change& out) {
    if (!accept(',')) return false;
    int month = 0, week = 0, weekday = 0;
    if (accept('M')) {
      out.written = change::form::month_week_day;
      if (!number(month) || !accept('.') || !number(week) || !accept('.') || !number(weekday))
        return false;
      if (month < 1 || month > 12 || week < 1 || week > 5 || weekday > 6) return false;
      out.month = static_cast<unsigned>(month);
      out.week = static_cast<unsigned>(week);
      out.weekday = static_cast<unsigned>(weekday);
    } else {
      if (accept('J')) out.written = change::form::julian_without_leap_day;
      if (!number(out.day)) return false;
    }
    return !accept('/') || clock(out.clock);
  }

 private:
  std::string_view rest_;
};

}  // namespace

std::optional<std::int64_t> posix_offset(std::string_view rule,
                                         std::int64_t unix_seconds) noexcept {
  rule_reader in(rule);
  std::int64_t west = 0;
  if (!in.name() || !in.clock(west)) return std::nullopt;
  const std::int64_t standard = -west;
  if (in.done()) return standard;
  std::int64_t summer = standard + 3600;
  if (!in.name()) return std::nullopt;
  change starts;
  change ends;
  if (!in.at(starts)) {
    if (!in.clock(west)) return std::nullopt;
    summer = -west;
    if (!in.at(starts)) return std::nullopt;
  }
  if (!in.at(ends) || !in.done()) return std::nullopt;
  const chrono::sys_seconds local{chrono::seconds{unix_seconds + standard}};
  const chrono::year year = chrono::year_month_day{chrono::floor<chrono::days>(local)}.year();
  const std::int64_t new_year =
      chrono::sys_days{year / chrono::January / 1}.time_since_epoch().count() * seconds_per_day;
  const std::int64_t start = new_year + starts.seconds_in(year) - standard;
  const std::int64_t end = new_year + ends.seconds_in(year) - summer;
  // South of the equator summer spans the new year.
  const bool is_summer = start < end ? unix_seconds >= start && unix_seconds < end
                                     : unix_seconds >= start || unix_seconds < end;
  return is_summer ? summer : standard;
}

}  // namespace nip::cel
