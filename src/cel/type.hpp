// What is known about a value before it is there: types, and their unification.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nip::cel {

enum class type_kind : std::uint8_t {
  dyn,  ///< anything; checked when it is there
  null,
  boolean,
  integer,
  uinteger,
  real,
  string,
  bytes,
  timestamp,
  duration,
  list,       ///< params: item
  map,        ///< params: key, value
  meta,       ///< a type as a value; params: the type it denotes
  optional,   ///< params: what it may hold
  object,     ///< a record with declared fields; `name` is looked up in the environment
  ip,         ///< net.IP
  cidr,       ///< net.CIDR
  parameter,  ///< a type variable; `id` numbers it
};

struct type {
  type_kind kind = type_kind::dyn;
  std::uint32_t id = 0;
  std::string name = {};
  std::vector<type> params = {};

  bool operator==(const type&) const = default;
  bool is(type_kind wanted) const { return kind == wanted; }
};

inline type list_of(type item) { return {.kind = type_kind::list, .params = {std::move(item)}}; }
inline type map_of(type key, type held) {
  return {.kind = type_kind::map, .params = {std::move(key), std::move(held)}};
}
inline type optional_of(type held) {
  return {.kind = type_kind::optional, .params = {std::move(held)}};
}
inline type type_of(type denoted) {
  return {.kind = type_kind::meta, .params = {std::move(denoted)}};
}
inline type object_of(std::string name) {
  return {.kind = type_kind::object, .name = std::move(name)};
}

/// As CEL writes it: "map(string, list(int))"; a parameter is a letter.
std::string to_text(const type& t);

/// The type that a name in an expression denotes: int, list, google.protobuf.Timestamp ...
std::optional<type> type_named(std::string_view name);

/// What type variables stand for, while one expression is checked.
class substitution {
 public:
  /// A variable that nothing is known about yet.
  type fresh();
  /// Room for `count` variables; returns the first one's id.
  std::uint32_t reserve(std::uint32_t count);
  /// Whether a value of type `from` may stand where `to` is wanted; binds variables as needed, and
  /// leaves them alone when the answer is no. dyn fits everywhere.
  bool assign(const type& to, const type& from);
  /// `t` with every variable replaced by what it stands for; a free one becomes dyn when `final`.
  type resolve(const type& t, bool final = false) const;
  /// The type of either of two, one of which assign() took for the other: dyn where one of them is.
  type general(const type& a, const type& b) const;

 private:
  bool unify(const type& to, const type& from);
  bool bind(std::uint32_t id, const type& to);
  bool occurs(std::uint32_t id, const type& in) const;
  const type& look(const type& t) const;

  std::vector<std::optional<type>> bound_;
};

/// `t` with its variables renumbered from `base`.
type renumbered(const type& t, std::uint32_t base);

}  // namespace nip::cel
