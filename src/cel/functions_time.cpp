// Accessors of timestamps and durations, with time zones.
#include "cel/functions.hpp"
#include "cel/time.hpp"
#include "cel/zone.hpp"

namespace nip::cel {

namespace {

using enum value_kind;
using arguments = std::span<const value>;

// The local calendar that an accessor's optional zone asks for; an error value when it is unknown.
template <class Read>
value read_civil(runtime& run, arguments a, Read read) {
  std::int64_t offset = 0;
  if (!a[0].is(timestamp)) return no_overload();
  if (a.size() == 2) {
    if (!a[1].is(string)) return no_overload();
    if (!run.charge(zone_lookup_cost)) return no_cost();
    const auto found = utc_offset(a[1].as_view(), a[0].as_instant().seconds);
    if (!found) return value::failure(eval_errc::invalid_argument, a[1].as_view());
    offset = *found;
  }
  return value::integer(static_cast<std::int64_t>(read(civil(a[0].as_instant(), offset))));
}

value year(runtime& run, arguments a) noexcept {
  return read_civil(run, a, [](const civil_time& t) { return t.year; });
}
value month(runtime& run, arguments a) noexcept {
  return read_civil(run, a, [](const civil_time& t) { return t.month; });
}
value day_of_month(runtime& run, arguments a) noexcept {
  return read_civil(run, a, [](const civil_time& t) { return t.day_of_month; });
}
value date(runtime& run, arguments a) noexcept {
  return read_civil(run, a, [](const civil_time& t) { return t.day_of_month + 1; });
}
value day_of_week(runtime& run, arguments a) noexcept {
  return read_civil(run, a, [](const civil_time& t) { return t.day_of_week; });
}
value day_of_year(runtime& run, arguments a) noexcept {
  return read_civil(run, a, [](const civil_time& t) { return t.day_of_year; });
}

// Of a duration the whole number of units; of a timestamp the clock's.
template <class Read>
value read_clock(runtime& run, arguments a, std::int64_t unit_nanos, Read read) {
  if (a.size() == 1 && a[0].is(duration)) return value::integer(a[0].as_nanos() / unit_nanos);
  return read_civil(run, a, read);
}

value hours(runtime& run, arguments a) noexcept {
  return read_clock(run, a, 3600 * nanos_per_second, [](const civil_time& t) { return t.hours; });
}
value minutes(runtime& run, arguments a) noexcept {
  return read_clock(run, a, 60 * nanos_per_second, [](const civil_time& t) { return t.minutes; });
}
value seconds(runtime& run, arguments a) noexcept {
  return read_clock(run, a, nanos_per_second, [](const civil_time& t) { return t.seconds; });
}

constexpr std::int64_t nanos_per_milli = 1'000'000;

// Unlike the others, a duration's milliseconds are those within its second.
value milliseconds(runtime& run, arguments a) noexcept {
  if (a.size() == 1 && a[0].is(duration)) {
    return value::integer(a[0].as_nanos() % nanos_per_second / nanos_per_milli);
  }
  if (!a[0].is(timestamp)) return no_overload();
  const std::int64_t within = a[0].as_instant().nanos / nanos_per_milli;
  return read_civil(run, a, [within](const civil_time&) { return within; });
}

constexpr std::string_view plain = "timestamp.() -> int";
constexpr std::string_view zoned = "timestamp.(string) -> int";
constexpr std::string_view of_duration = "duration.() -> int";

constexpr function_spec specs[] = {
    {"getFullYear", plain, year},
    {"getFullYear", zoned, year},
    {"getMonth", plain, month},
    {"getMonth", zoned, month},
    {"getDayOfMonth", plain, day_of_month},
    {"getDayOfMonth", zoned, day_of_month},
    {"getDate", plain, date},
    {"getDate", zoned, date},
    {"getDayOfWeek", plain, day_of_week},
    {"getDayOfWeek", zoned, day_of_week},
    {"getDayOfYear", plain, day_of_year},
    {"getDayOfYear", zoned, day_of_year},
    {"getHours", plain, hours},
    {"getHours", zoned, hours},
    {"getHours", of_duration, hours},
    {"getMinutes", plain, minutes},
    {"getMinutes", zoned, minutes},
    {"getMinutes", of_duration, minutes},
    {"getSeconds", plain, seconds},
    {"getSeconds", zoned, seconds},
    {"getSeconds", of_duration, seconds},
    {"getMilliseconds", plain, milliseconds},
    {"getMilliseconds", zoned, milliseconds},
    {"getMilliseconds", of_duration, milliseconds},
};

}  // namespace

std::span<const function_spec> time_functions() { return specs; }

}  // namespace nip::cel
