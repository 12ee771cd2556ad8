// One CEL value in 24 bytes: a tag, and a number, a view or a borrowed JSON element.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "cel/eval_error.hpp"

namespace nip::cel {

/// What `type()` tells apart. `error` is a value too: CEL's errors travel until something absorbs
/// them.
enum class value_kind : std::uint8_t {
  null,
  boolean,
  integer,
  uinteger,
  real,
  string,
  bytes,
  list,
  map,
  timestamp,
  duration,
  type,
  optional,
  ip,
  cidr,
  error,
};

struct map_entry;

/// An instant from year 1 to year 9999; `nanos` counts forward from `seconds`, 0 to 999,999,999.
struct instant {
  std::int64_t seconds = 0;
  std::uint32_t nanos = 0;
  constexpr auto operator<=>(const instant&) const = default;
};

/// An IP address of either family; IPv4 is ::ffff:a.b.c.d, in network byte order. See network.hpp.
struct ip_address {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  constexpr bool operator==(const ip_address&) const = default;
};
/// Addresses that share their first `bits`, of 128.
struct ip_range {
  ip_address address;
  std::uint32_t bits = 0;
  constexpr bool operator==(const ip_range&) const = default;
};

/// A value of the language. Trivially copyable; owns nothing: text and aggregates live in the arena
/// of the evaluation, in the program's constants, or in the input, and the value is good as long as
/// they.
class value {
 public:
  constexpr value() = default;

  static constexpr value boolean(bool b) { return {value_kind::boolean, 0, b ? 1U : 0U}; }
  static constexpr value integer(std::int64_t i) {
    return {value_kind::integer, 0, static_cast<std::uint64_t>(i)};
  }
  static constexpr value uinteger(std::uint64_t u) { return {value_kind::uinteger, 0, u}; }
  static constexpr value real(double d) {
    return {value_kind::real, 0, std::bit_cast<std::uint64_t>(d)};
  }
  static value string(std::string_view text) { return view(value_kind::string, text); }
  static value bytes(std::string_view octets) { return view(value_kind::bytes, octets); }
  /// A type by its CEL name ("int", "google.protobuf.Timestamp").
  static value type(std::string_view name) { return view(value_kind::type, name); }
  static constexpr value timestamp(instant at) {
    return {value_kind::timestamp, at.nanos, static_cast<std::uint64_t>(at.seconds)};
  }
  /// Nanoseconds, positive or negative.
  static constexpr value duration(std::int64_t nanos) {
    return {value_kind::duration, 0, static_cast<std::uint64_t>(nanos)};
  }
  /// `size` values in a row.
  static value list(const value* items, std::uint32_t size) {
    return {value_kind::list, size, address(items)};
  }
  /// `size` entries; `order` ranks them by key when there are many (see aggregate.hpp), else null.
  static value map(const map_entry* entries, std::uint32_t size, const std::uint32_t* order) {
    return {value_kind::map, size, address(entries), address(order)};
  }
  /// optional.of(*held), or optional.none() when null.
  static value optional(const value* held) { return {value_kind::optional, 0, address(held)}; }
  static constexpr value ip(ip_address at) { return {value_kind::ip, 0, at.high, at.low}; }
  static constexpr value cidr(ip_range range) {
    return {value_kind::cidr, range.bits, range.address.high, range.address.low};
  }
  /// A JSON array or object that stays where simdjson put it; use from_json() (json.hpp).
  static value json(value_kind kind, std::array<std::uint64_t, 2> element) {
    value made{kind, 0, element[0], element[1]};
    made.json_ = true;
    return made;
  }
  /// An error; `detail` names the culprit (a key, a path) and may be empty.
  static value failure(eval_errc code, std::string_view detail = {}) {
    value made = view(value_kind::error, detail);
    made.code_ = code;
    return made;
  }

  constexpr value_kind kind() const { return kind_; }
  constexpr bool is(value_kind wanted) const { return kind_ == wanted; }
  constexpr bool is_error() const { return kind_ == value_kind::error; }
  constexpr bool is_true() const { return kind_ == value_kind::boolean && a_ != 0; }
  constexpr bool is_false() const { return kind_ == value_kind::boolean && a_ == 0; }
  constexpr bool is_number() const {
    return kind_ >= value_kind::integer && kind_ <= value_kind::real;
  }

  // Each of these needs the kind that its name says.
  constexpr bool as_bool() const { return a_ != 0; }
  constexpr std::int64_t as_integer() const { return static_cast<std::int64_t>(a_); }
  constexpr std::uint64_t as_uinteger() const { return a_; }
  constexpr double as_real() const { return std::bit_cast<double>(a_); }
  /// Of string, bytes and type.
  std::string_view as_view() const { return {pointer<char>(a_), size_}; }
  constexpr instant as_instant() const { return {static_cast<std::int64_t>(a_), size_}; }
  constexpr std::int64_t as_nanos() const { return static_cast<std::int64_t>(a_); }
  const value* items() const { return pointer<value>(a_); }
  const map_entry* entries() const { return pointer<map_entry>(a_); }
  const std::uint32_t* order() const { return pointer<std::uint32_t>(b_); }
  /// What an optional holds, or null.
  const value* held() const { return pointer<value>(a_); }
  constexpr ip_address as_address() const { return {a_, b_}; }
  constexpr ip_range as_range() const { return {{a_, b_}, size_}; }
  /// Items or entries of a list or map that is not JSON.
  constexpr std::uint32_t native_size() const { return size_; }
  constexpr bool is_json() const { return json_; }
  constexpr std::array<std::uint64_t, 2> json_element() const { return {a_, b_}; }

  constexpr eval_errc error_code() const { return code_; }
  std::string_view error_detail() const { return as_view(); }
  /// Byte offset in the source of the expression that failed, plus one; 0 when not known yet.
  constexpr std::uint32_t error_position() const { return static_cast<std::uint32_t>(b_); }
  /// The same error at a place, unless it has one already.
  constexpr value placed(std::uint32_t offset) const {
    value made = *this;
    if (made.b_ == 0) made.b_ = offset + std::uint64_t{1};
    return made;
  }

 private:
  constexpr value(value_kind kind, std::uint32_t size, std::uint64_t a, std::uint64_t b = 0)
      : kind_(kind), size_(size), a_(a), b_(b) {}
  static value view(value_kind kind, std::string_view text) {
    return {kind, static_cast<std::uint32_t>(text.size()), address(text.data())};
  }
  template <class T>
  static std::uint64_t address(const T* at) {
    return reinterpret_cast<std::uintptr_t>(at);
  }
  template <class T>
  static const T* pointer(std::uint64_t bits) {
    return reinterpret_cast<const T*>(static_cast<std::uintptr_t>(bits));
  }

  value_kind kind_ = value_kind::null;
  bool json_ = false;
  eval_errc code_ = eval_errc::none;
  std::uint32_t size_ = 0;
  std::uint64_t a_ = 0;
  std::uint64_t b_ = 0;
};

static_assert(sizeof(value) == 24 && std::is_trivially_copyable_v<value>);

/// One entry of a map that is not JSON.
struct map_entry {
  value key;
  value held;
};

/// The CEL name of a value's type: "int", "string", "map", "google.protobuf.Duration".
std::string_view type_name(const value& v);

/// Text is at most this long, so that a value holds its length in 32 bits.
constexpr std::uint64_t text_bytes_max = UINT32_MAX;

}  // namespace nip::cel
