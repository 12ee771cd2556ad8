// Lists and maps, native or borrowed from JSON, behind one way to look up and to walk.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <span>

#include "cel/arena.hpp"
#include "cel/value.hpp"

namespace nip::cel {

/// A JSON element as its CEL value: numbers without fraction or exponent are int, or double beyond
/// int64; the rest are double; strings are views; arrays and objects stay where they are.
value from_json(simdjson::dom::element element) noexcept;

/// Items of a list, or entries of a map.
std::size_t size_of(const value& aggregate) noexcept;

/// The item at `index`; nothing when out of range. Linear in `index` for JSON.
std::optional<value> item_at(const value& list, std::size_t index) noexcept;

/// What a map holds at `key` by CEL's equality (1, 1u and 1.0 are one key); nothing when absent.
std::optional<value> find(const value& map, const value& key) noexcept;
std::optional<value> find(const value& map, std::string_view key) noexcept;

/// A map out of entries that the arena holds. Ranks them when there are many. An error value when a
/// key is not bool, int, uint or string, when two keys are equal, or when the arena is full.
value make_map(std::span<const map_entry> entries, arena& memory) noexcept;

/// Walks a list's items, or a map's entries, in their own order.
class cursor {
 public:
  explicit cursor(const value& aggregate) noexcept;
  /// Moves to the next one; false at the end.
  bool next() noexcept;
  /// The list's item, or the map entry's key.
  const value& key() const noexcept { return key_; }
  /// The map entry's value; the list's item again.
  const value& held() const noexcept { return held_; }

 private:
  bool next_json() noexcept;

  value source_;
  value key_;
  value held_;
  std::uint32_t at_ = 0;
  simdjson::dom::array::iterator item_;
  simdjson::dom::array::iterator item_end_;
  simdjson::dom::object::iterator field_;
  simdjson::dom::object::iterator field_end_;
};

}  // namespace nip::cel
