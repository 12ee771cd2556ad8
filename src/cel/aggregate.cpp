#include "cel/aggregate.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "cel/compare.hpp"

namespace nip::cel {

namespace {

namespace dom = simdjson::dom;

// Below this many entries a walk beats a binary search over a separate ranking.
constexpr std::size_t ranked_entries_min = 9;

dom::element element_of(const value& v) { return std::bit_cast<dom::element>(v.json_element()); }
dom::array array_of(const value& v) { return element_of(v).get_array().value_unsafe(); }
dom::object object_of(const value& v) { return element_of(v).get_object().value_unsafe(); }

bool may_be_key(const value& v) {
  return v.is(value_kind::boolean) || v.is(value_kind::integer) || v.is(value_kind::uinteger) ||
         v.is(value_kind::string);
}

std::optional<value> find_native(const value& map, const value& key) noexcept {
  const std::span entries(map.entries(), map.native_size());
  if (map.order() == nullptr) {
    for (const map_entry& entry : entries) {
      if (equals(entry.key, key)) return entry.held;
    }
    return std::nullopt;
  }
  const std::span ranked(map.order(), entries.size());
  const auto at = std::ranges::lower_bound(ranked, key, key_less,
                                           [&](std::uint32_t i) { return entries[i].key; });
  if (at == ranked.end() || !equals(entries[*at].key, key)) return std::nullopt;
  return entries[*at].held;
}

bool keys_are_distinct(std::span<const map_entry> entries, const std::uint32_t* ranks) noexcept {
  if (ranks != nullptr) {
    for (std::size_t i = 1; i < entries.size(); ++i) {
      if (equals(entries[ranks[i - 1]].key, entries[ranks[i]].key)) return false;
    }
    return true;
  }
  for (std::size_t i = 1; i < entries.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (equals(entries[i].key, entries[j].key)) return false;
    }
  }
  return true;
}

}  // namespace

value from_json(dom::element element) noexcept {
  switch (element.type()) {
    case dom::element_type::NULL_VALUE:
      return {};
    case dom::element_type::BOOL:
      return value::boolean(element.get_bool().value_unsafe());
    case dom::element_type::INT64:
      return value::integer(element.get_int64().value_unsafe());
    case dom::element_type::UINT64:
      return value::real(static_cast<double>(element.get_uint64().value_unsafe()));
    case dom::element_type::DOUBLE:
      return value::real(element.get_double().value_unsafe());
    case dom::element_type::STRING:
      return value::string(element.get_string().value_unsafe());
    case dom::element_type::ARRAY:
      return value::json(value_kind::list, std::bit_cast<std::array<std::uint64_t, 2>>(element));
    case dom::element_type::OBJECT:
      return value::json(value_kind::map, std::bit_cast<std::array<std::uint64_t, 2>>(element));
  }
  return {};
}

std::size_t size_of(const value& aggregate) noexcept {
  if (!aggregate.is_json()) return aggregate.native_size();
  // simdjson keeps at most 2^24 - 1 as the count; past that the elements have to be walked.
  constexpr std::size_t count_saturated = 0xFFFFFF;
  const std::size_t count =
      aggregate.is(value_kind::list) ? array_of(aggregate).size() : object_of(aggregate).size();
  if (count < count_saturated) return count;
  std::size_t walked = 0;
  for (cursor each(aggregate); each.next();) ++walked;
  return walked;
}

std::optional<value> item_at(const value& list, std::size_t index) noexcept {
  if (list.is_json()) {
    dom::element item;
    if (array_of(list).at(index).get(item) != simdjson::SUCCESS) return std::nullopt;
    return from_json(item);
  }
  if (index >= list.native_size()) return std::nullopt;
  return list.items()[index];
}

std::optional<value> find(const value& map, const value& key) noexcept {
  if (!map.is_json()) return find_native(map, key);
  if (!key.is(value_kind::string)) return std::nullopt;
  dom::element held;
  if (object_of(map).at_key(key.as_view()).get(held) != simdjson::SUCCESS) return std::nullopt;
  return from_json(held);
}

std::optional<value> find(const value& map, std::string_view key) noexcept {
  return find(map, value::string(key));
}

value make_map(std::span<const map_entry> entries, arena& memory) noexcept {
  for (const map_entry& entry : entries) {
    if (!may_be_key(entry.key)) {
      return value::failure(eval_errc::invalid_key, type_name(entry.key));
    }
  }
  std::uint32_t* ranks = nullptr;
  if (entries.size() >= ranked_entries_min) {
    ranks = memory.array<std::uint32_t>(entries.size());
    if (ranks == nullptr) return value::failure(eval_errc::memory_exceeded);
    std::iota(ranks, ranks + entries.size(), 0U);
    std::sort(ranks, ranks + entries.size(), [&](std::uint32_t a, std::uint32_t b) {
      return key_less(entries[a].key, entries[b].key);
    });
  }
  if (!keys_are_distinct(entries, ranks)) return value::failure(eval_errc::invalid_key);
  return value::map(entries.data(), static_cast<std::uint32_t>(entries.size()), ranks);
}

cursor::cursor(const value& aggregate) noexcept : source_(aggregate) {
  if (!source_.is_json()) return;
  if (source_.is(value_kind::list)) {
    item_ = array_of(source_).begin();
    item_end_ = array_of(source_).end();
  } else {
    field_ = object_of(source_).begin();
    field_end_ = object_of(source_).end();
  }
}

bool cursor::next() noexcept {
  if (source_.is_json()) return next_json();
  if (at_ >= source_.native_size()) return false;
  if (source_.is(value_kind::list)) {
    key_ = held_ = source_.items()[at_];
  } else {
    key_ = source_.entries()[at_].key;
    held_ = source_.entries()[at_].held;
  }
  ++at_;
  return true;
}

bool cursor::next_json() noexcept {
  if (source_.is(value_kind::list)) {
    if (!(item_ != item_end_)) return false;
    key_ = held_ = from_json(*item_);
    ++item_;
    return true;
  }
  if (!(field_ != field_end_)) return false;
  key_ = value::string(field_.key());
  held_ = from_json(field_.value());
  ++field_;
  return true;
}

}  // namespace nip::cel
