// The functions named like types: conversions between them.
#include <charconv>
#include <cmath>

#include "cel/functions.hpp"
#include "cel/network.hpp"
#include "cel/time.hpp"
#include "cel/utf8.hpp"
#include "cel/write.hpp"

namespace nip::cel {

namespace {

using enum value_kind;
using arguments = std::span<const value>;

constexpr double two_to_63 = 0x1.0p63;
constexpr double two_to_64 = 0x1.0p64;

value invalid(const value& from) {
  return value::failure(eval_errc::invalid_argument,
                        from.is(string) ? from.as_view() : std::string_view());
}
value overflow() { return value::failure(eval_errc::overflow); }

template <class Number>
bool read_all(std::string_view text, Number& out) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc() && end == text.data() + text.size();
}

value to_int(runtime&, arguments a) noexcept {
  switch (a[0].kind()) {
    case integer:
      return a[0];
    case uinteger:
      return a[0].as_uinteger() > INT64_MAX
                 ? overflow()
                 : value::integer(static_cast<std::int64_t>(a[0].as_uinteger()));
    case real:
      // Both ends are excluded: a double cannot tell them from what lies beyond.
      if (!(a[0].as_real() > -two_to_63 && a[0].as_real() < two_to_63)) return overflow();
      return value::integer(static_cast<std::int64_t>(a[0].as_real()));
    case string: {
      std::int64_t number = 0;
      return read_all(a[0].as_view(), number) ? value::integer(number) : invalid(a[0]);
    }
    case timestamp:
      return value::integer(a[0].as_instant().seconds);
    case duration:
      return value::integer(a[0].as_nanos() / nanos_per_second);
    default:
      return no_overload();
  }
}

value to_uint(runtime&, arguments a) noexcept {
  switch (a[0].kind()) {
    case uinteger:
      return a[0];
    case integer:
      return a[0].as_integer() < 0 ? overflow()
                                   : value::uinteger(static_cast<std::uint64_t>(a[0].as_integer()));
    case real:
      if (!(a[0].as_real() >= 0 && a[0].as_real() < two_to_64)) return overflow();
      return value::uinteger(static_cast<std::uint64_t>(a[0].as_real()));
    case string: {
      std::uint64_t number = 0;
      return read_all(a[0].as_view(), number) ? value::uinteger(number) : invalid(a[0]);
    }
    default:
      return no_overload();
  }
}

value real_from_text(const value& from) {
  const std::string_view text = from.as_view();
  if (text == "NaN") return value::real(NAN);
  if (text == "Infinity" || text == "+Infinity") return value::real(HUGE_VAL);
  if (text == "-Infinity") return value::real(-HUGE_VAL);
  double number = 0;
  return read_all(text, number) ? value::real(number) : invalid(from);
}

value to_double(runtime&, arguments a) noexcept {
  switch (a[0].kind()) {
    case real:
      return a[0];
    case integer:
      return value::real(static_cast<double>(a[0].as_integer()));
    case uinteger:
      return value::real(static_cast<double>(a[0].as_uinteger()));
    case string:
      return real_from_text(a[0]);
    default:
      return no_overload();
  }
}

value to_string(runtime& run, arguments a) noexcept {
  switch (a[0].kind()) {
    case string:
      return a[0];
    case bytes:
      if (!run.charge(text_cost(a[0].as_view().size()))) return no_cost();
      return is_utf8(a[0].as_view()) ? value::string(a[0].as_view()) : invalid(a[0]);
    case real: {
      std::string text;
      append_real(text, a[0].as_real());
      return keep_string(run, text);
    }
    case timestamp:
      return keep_string(run, format_instant(a[0].as_instant()));
    case duration:
      return keep_string(run, format_nanos(a[0].as_nanos()));
    case ip:
      return keep_string(run, format_address(a[0].as_address()));
    case cidr:
      return keep_string(run, format_range(a[0].as_range()));
    case boolean:
    case integer:
    case uinteger:
      return keep_string(run, to_json(a[0]));
    default:
      return no_overload();
  }
}

value to_bytes(runtime&, arguments a) noexcept {
  if (a[0].is(string)) return value::bytes(a[0].as_view());
  return a[0].is(bytes) ? a[0] : no_overload();
}

value to_bool(runtime&, arguments a) noexcept {
  if (a[0].is(boolean)) return a[0];
  if (!a[0].is(string)) return no_overload();
  const std::string_view text = a[0].as_view();
  for (const std::string_view yes : {"true", "True", "TRUE", "t", "1"}) {
    if (text == yes) return value::boolean(true);
  }
  for (const std::string_view no : {"false", "False", "FALSE", "f", "0"}) {
    if (text == no) return value::boolean(false);
  }
  return invalid(a[0]);
}

value to_timestamp(runtime&, arguments a) noexcept {
  if (a[0].is(timestamp)) return a[0];
  if (a[0].is(integer)) {
    const instant at{a[0].as_integer(), 0};
    return in_range(at) ? value::timestamp(at) : overflow();
  }
  if (!a[0].is(string)) return no_overload();
  const auto at = parse_instant(a[0].as_view());
  return at ? value::timestamp(*at) : invalid(a[0]);
}

value to_duration(runtime&, arguments a) noexcept {
  if (a[0].is(duration)) return a[0];
  if (a[0].is(integer)) {
    std::int64_t nanos = 0;
    if (__builtin_mul_overflow(a[0].as_integer(), nanos_per_second, &nanos)) return overflow();
    return value::duration(nanos);
  }
  if (!a[0].is(string)) return no_overload();
  const auto nanos = parse_nanos(a[0].as_view());
  return nanos ? value::duration(*nanos) : invalid(a[0]);
}

constexpr function_spec specs[] = {
    {"int", "(int) -> int", to_int},
    {"int", "(uint) -> int", to_int},
    {"int", "(double) -> int", to_int},
    {"int", "(string) -> int", to_int},
    {"int", "(timestamp) -> int", to_int},
    {"int", "(duration) -> int", to_int},
    {"uint", "(uint) -> uint", to_uint},
    {"uint", "(int) -> uint", to_uint},
    {"uint", "(double) -> uint", to_uint},
    {"uint", "(string) -> uint", to_uint},
    {"double", "(double) -> double", to_double},
    {"double", "(int) -> double", to_double},
    {"double", "(uint) -> double", to_double},
    {"double", "(string) -> double", to_double},
    {"string", "(string) -> string", to_string},
    {"string", "(bool) -> string", to_string},
    {"string", "(int) -> string", to_string},
    {"string", "(uint) -> string", to_string},
    {"string", "(double) -> string", to_string},
    {"string", "(bytes) -> string", to_string},
    {"string", "(timestamp) -> string", to_string},
    {"string", "(duration) -> string", to_string},
    {"string", "(ip) -> string", to_string},
    {"string", "(cidr) -> string", to_string},
    {"bytes", "(bytes) -> bytes", to_bytes},
    {"bytes", "(string) -> bytes", to_bytes},
    {"bool", "(bool) -> bool", to_bool},
    {"bool", "(string) -> bool", to_bool},
    {"timestamp", "(timestamp) -> timestamp", to_timestamp},
    {"timestamp", "(string) -> timestamp", to_timestamp},
    {"timestamp", "(int) -> timestamp", to_timestamp},
    {"duration", "(duration) -> duration", to_duration},
    {"duration", "(string) -> duration", to_duration},
    {"duration", "(int) -> duration", to_duration},
};

}  // namespace

std::span<const function_spec> conversion_functions() { return specs; }

}  // namespace nip::cel
