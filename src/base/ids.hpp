// Strong numbers: a sequence is not a generation is not a tenant.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace nip {

/// A number with a meaning. Zero is "none" for every kind of id.
template <class Tag, class Number>
struct strong_id {
  Number value = 0;

  constexpr strong_id() = default;
  constexpr explicit strong_id(Number number) : value(number) {}
  constexpr auto operator<=>(const strong_id&) const = default;
  constexpr explicit operator bool() const { return value != 0; }
  constexpr strong_id next() const { return strong_id(static_cast<Number>(value + 1)); }
};

/// Position of a message in the journal, counted over all tenants, from 1. A message at level
/// `memory` is not in the journal: its number has `volatile_bit` set, is unique while the process
/// lives, and is shown to clients as 0.
using seq_t = strong_id<struct seq_tag, std::uint64_t>;
constexpr std::uint64_t volatile_bit = std::uint64_t{1} << 63;
constexpr bool is_volatile(seq_t seq) { return (seq.value & volatile_bit) != 0; }

/// Position of a message among its tenant's own, from 1: the `seq` that a client sees.
using tenant_seq_t = strong_id<struct tenant_seq_tag, std::uint64_t>;
/// Number of a tenant; 1 is the default tenant.
using tenant_id = strong_id<struct tenant_tag, std::uint32_t>;
constexpr tenant_id default_tenant{1};
/// Number of one immutable set of rules, plugins, tenants and limits, from 1 at start.
using generation_id = strong_id<struct generation_tag, std::uint64_t>;

}  // namespace nip

template <class Tag, class Number>
struct std::hash<nip::strong_id<Tag, Number>> {
  std::size_t operator()(const nip::strong_id<Tag, Number>& id) const noexcept {
    return std::hash<Number>{}(id.value);
  }
};
