// List and map literals at run time.
#include "cel/aggregate.hpp"
#include "cel/evaluator.hpp"

namespace nip::cel {

// An entry written with `?` is left away when it holds nothing. False when `entry` has become the
// error that ends the literal, or is left away.
bool evaluator::take_entry(const instruction& i, std::uint32_t n, value& entry) noexcept {
  if (entry.is_error()) return false;
  if (i.detail != optional_entries || operand(i, i.count + n) == 0) return true;
  if (!entry.is(value_kind::optional)) {
    entry = no_overload().placed(i.position);
    return false;
  }
  const value* held = entry.held();
  if (held != nullptr) entry = *held;
  return held != nullptr;
}

value evaluator::eval_list(const instruction& i) noexcept {
  if (!run_.charge(i.count)) return no_cost();
  value* items = run_.memory.array<value>(i.count);
  if (items == nullptr) return no_memory();
  std::uint32_t size = 0;
  for (std::uint32_t n = 0; n < i.count; ++n) {
    value item = eval(operand(i, n));
    if (take_entry(i, n, item)) {
      items[size++] = item;
    } else if (item.is_error()) {
      return item;
    }
  }
  return value::list(items, size);
}

value evaluator::eval_map(const instruction& i) noexcept {
  if (!run_.charge(i.count)) return no_cost();
  map_entry* entries = run_.memory.array<map_entry>(i.count / 2U);
  if (entries == nullptr) return no_memory();
  std::uint32_t size = 0;
  for (std::uint32_t n = 0; n < i.count / 2U; ++n) {
    const value key = eval(operand(i, 2 * n));
    if (key.is_error()) return key;
    value held = eval(operand(i, 2 * n + 1));
    if (take_entry(i, n, held)) {
      entries[size++] = {key, held};
    } else if (held.is_error()) {
      return held;
    }
  }
  const value made = make_map({entries, size}, run_.memory);
  return made.is_error() ? made.placed(i.position) : made;
}

}  // namespace nip::cel
