#include <chrono>

#include "base/clock.hpp"

namespace nip {
namespace {

/// Reads a fixed shape left to right; after the first mismatch every later read fails as well.
class reader {
 public:
  explicit reader(std::string_view text) : text_(text) {}

  int digits(std::size_t count) noexcept {
    int value = 0;
    if (text_.size() - at_ < count) return stop();
    for (std::size_t end = at_ + count; at_ < end; ++at_) {
      if (!is_digit(text_[at_])) return stop();
      value = value * 10 + (text_[at_] - '0');
    }
    return value;
  }
  void one_of(char first, char second) noexcept {
    if (at_ < text_.size() && (text_[at_] == first || text_[at_] == second)) {
      ++at_;
    } else {
      stop();
    }
  }
  bool take(char c) noexcept {
    if (!good_ || at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  /// One to nine digits after the point, as nanoseconds.
  int fraction() noexcept {
    int value = 0;
    int scale = 100'000'000;
    const std::size_t first = at_;
    for (; at_ < text_.size() && is_digit(text_[at_]); ++at_, scale /= 10) {
      if (scale == 0) return stop();
      value += (text_[at_] - '0') * scale;
    }
    return at_ == first ? stop() : value;
  }
  bool finished() const noexcept { return good_ && at_ == text_.size(); }

 private:
  static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
  int stop() noexcept {
    good_ = false;
    at_ = text_.size();
    return 0;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool good_ = true;
};

struct parts {
  int year, month, day, hour, minute, second, nanos, offset_minutes;
};

bool read_parts(reader& in, parts& out) noexcept {
  out.year = in.digits(4);
  in.one_of('-', '-');
  out.month = in.digits(2);
  in.one_of('-', '-');
  out.day = in.digits(2);
  in.one_of('T', 't');
  out.hour = in.digits(2);
  in.one_of(':', ':');
  out.minute = in.digits(2);
  in.one_of(':', ':');
  out.second = in.digits(2);
  out.nanos = in.take('.') ? in.fraction() : 0;
  out.offset_minutes = 0;
  if (in.take('Z') || in.take('z')) return in.finished();
  const bool west = in.take('-');
  if (!west) in.one_of('+', '+');
  const int hours = in.digits(2);
  in.one_of(':', ':');
  const int minutes = in.digits(2);
  if (!in.finished() || hours > 23 || minutes > 59) return false;
  out.offset_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
  return true;
}

}  // namespace

result<wall_time> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto refuse = [&](const char* why) {
    return fail(errc::parse, "time \"" + std::string(text.substr(0, 64)) + "\": " + why);
  };
  reader in(text);
  parts p{};
  if (!read_parts(in, p))
    return refuse("expected RFC 3339, for example \"2026-11-22T02:10:07.123Z\"");
  const year_month_day date(year(p.year), month(static_cast<unsigned>(p.month)),
                            day(static_cast<unsigned>(p.day)));
  if (!date.ok()) return refuse("there is no such day");
  // A leap second, 23:59:60, is taken as the instant that follows it.
  if (p.hour > 23 || p.minute > 59 || p.second > 60) return refuse("there is no such time of day");
  // What 64 bits of nanoseconds hold, to whole years.
  if (p.year < 1678 || p.year > 2261) return refuse("expected a year from 1678 to 2261");
  const auto instant = sys_days(date).time_since_epoch() + hours(p.hour) +
                       minutes(p.minute - p.offset_minutes) + seconds(p.second);
  return wall_time{nanoseconds(instant).count() + p.nanos};
}

}  // namespace nip
