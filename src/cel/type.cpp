#include "cel/type.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace nip::cel {

namespace {

using enum type_kind;

constexpr std::array<std::pair<type_kind, std::string_view>, 15> simple_names = {
    {{dyn, "dyn"},
     {null, "null"},
     {boolean, "bool"},
     {integer, "int"},
     {uinteger, "uint"},
     {real, "double"},
     {string, "string"},
     {bytes, "bytes"},
     {timestamp, "timestamp"},
     {duration, "duration"},
     {ip, "net.IP"},
     {cidr, "net.CIDR"},
     {list, "list"},
     {map, "map"},
     {meta, "type"}}};

constexpr std::array<std::pair<std::string_view, type_kind>, 16> denotations = {
    {{"bool", boolean},
     {"int", integer},
     {"uint", uinteger},
     {"double", real},
     {"string", string},
     {"bytes", bytes},
     {"list", list},
     {"map", map},
     {"null_type", null},
     {"type", meta},
     {"google.protobuf.Timestamp", timestamp},
     {"google.protobuf.Duration", duration},
     {"optional_type", optional},
     {"net.IP", ip},
     {"net.CIDR", cidr},
     {"google.protobuf.Value", dyn}}};

bool nullable(const type& t) {
  return t.is(object) || t.is(timestamp) || t.is(duration) || t.is(optional);
}

}  // namespace

std::string to_text(const type& t) {
  std::string out = t.name;
  if (t.is(parameter)) return fmt::format("{}", static_cast<char>('A' + t.id % 26));
  if (t.is(optional)) out = "optional_type";
  for (const auto& [kind, name] : simple_names) {
    if (kind == t.kind) out = name;
  }
  if (t.params.empty()) return out;
  out += '(';
  for (std::size_t i = 0; i < t.params.size(); ++i) {
    if (i > 0) out += ", ";
    out += to_text(t.params[i]);
  }
  return out + ")";
}

std::optional<type> type_named(std::string_view name) {
  for (const auto& [known, kind] : denotations) {
    if (known != name) continue;
    type named{.kind = kind};
    const std::size_t params = kind == map ? 2 : kind == list || kind == optional ? 1 : 0;
    named.params.resize(params);
    return named;
  }
  return std::nullopt;
}

type substitution::fresh() { return {.kind = parameter, .id = reserve(1)}; }

std::uint32_t substitution::reserve(std::uint32_t count) {
  const auto first = static_cast<std::uint32_t>(bound_.size());
  bound_.resize(bound_.size() + count);
  return first;
}

bool substitution::assign(const type& to, const type& from) {
  const bool simple =
      to.params.empty() && from.params.empty() && !to.is(parameter) && !from.is(parameter);
  if (simple) return unify(to, from);
  const auto before = bound_;
  if (unify(to, from)) return true;
  bound_ = before;
  return false;
}

const type& substitution::look(const type& t) const {
  const type* at = &t;
  while (at->is(parameter) && at->id < bound_.size() && bound_[at->id]) at = &*bound_[at->id];
  return *at;
}

bool substitution::occurs(std::uint32_t id, const type& in) const {
  const type& t = look(in);
  if (t.is(parameter)) return t.id == id;
  for (const type& part : t.params) {
    if (occurs(id, part)) return true;
  }
  return false;
}

bool substitution::bind(std::uint32_t id, const type& to) {
  if (occurs(id, to)) return false;
  bound_[id] = type(to);
  return true;
}

bool substitution::unify(const type& wanted, const type& given) {
  const type to = look(wanted);
  const type from = look(given);
  if (to.is(parameter) && from.is(parameter) && to.id == from.id) return true;
  if (to.is(parameter)) return bind(to.id, from);
  if (from.is(parameter)) return bind(from.id, to);
  if (to.is(dyn) || from.is(dyn)) return true;
  if (from.is(null) && nullable(to)) return true;
  if (to.kind != from.kind || to.name != from.name) return false;
  if (to.is(meta)) return true;
  if (to.params.size() != from.params.size()) return false;
  for (std::size_t i = 0; i < to.params.size(); ++i) {
    if (!unify(to.params[i], from.params[i])) return false;
  }
  return true;
}

type substitution::resolve(const type& t, bool final) const {
  const type& seen = look(t);
  if (seen.is(parameter)) return final ? type{} : seen;
  if (seen.params.empty()) return seen;
  type out = seen;
  for (type& part : out.params) part = resolve(part, final);
  return out;
}

type substitution::general(const type& a, const type& b) const {
  const type left = resolve(a);
  const type right = resolve(b);
  if (left.is(null)) return right;
  if (right.is(null) || left.is(parameter)) return left;
  const bool alike = left.kind == right.kind && left.name == right.name &&
                     left.params.size() == right.params.size();
  if (!alike) return right.is(parameter) ? left : type{};
  type made = left;
  for (std::size_t i = 0; i < made.params.size(); ++i) {
    made.params[i] = general(left.params[i], right.params[i]);
  }
  return made;
}

type renumbered(const type& t, std::uint32_t base) {
  type out = t;
  if (out.is(parameter)) out.id += base;
  for (type& part : out.params) part = renumbered(part, base);
  return out;
}

}  // namespace nip::cel
