// The macros at run time: one bounded walk over a list's items or a map's keys.
#include "cel/aggregate.hpp"
#include "cel/evaluator.hpp"

namespace nip::cel {

// The walk that all macros share: steps the cursor, pays for the round, sets the variables.
struct evaluator::round {
  round(evaluator& by, const instruction& loop, const value& range)
      : self(by),
        slot(loop.a),
        two((loop.detail & two_variables) != 0),
        keyed(range.is(value_kind::map)),
        cost(1 + std::uint64_t{by.operand(loop, loop.count)}),
        each(range) {}

  bool next() {
    if (!each.next() || !self.run_.charge(cost)) return false;
    if (two) {
      self.locals_[slot] = keyed ? each.key() : value::integer(count);
      self.locals_[slot + 1] = each.held();
    } else {
      self.locals_[slot] = each.key();
    }
    ++count;
    return true;
  }

  evaluator& self;
  std::uint32_t slot;
  bool two;
  bool keyed;
  std::uint64_t cost;
  cursor each;
  std::int64_t count = 0;
};

bool evaluator::ready_locals() noexcept {
  if (locals_ == nullptr) locals_ = run_.memory.array<value>(code_.slots);
  return locals_ != nullptr;
}

value evaluator::eval_loop(const instruction& i) noexcept {
  if (!ready_locals()) return no_memory();
  const auto kind = static_cast<loop_kind>(i.detail & ~two_variables);
  if (kind == loop_kind::bind) return loop_bind(i);
  if (kind == loop_kind::block) return loop_block(i);
  if (kind == loop_kind::opt_map) return loop_optional(i, false);
  if (kind == loop_kind::opt_flat_map) return loop_optional(i, true);
  const value range = eval(operand(i, 0));
  if (range.is_error()) return range;
  if (!range.is(value_kind::list) && !range.is(value_kind::map)) {
    return no_overload().placed(i.position);
  }
  switch (kind) {
    case loop_kind::all:
      return loop_quantifier(i, range, truth::no);
    case loop_kind::exists:
      return loop_quantifier(i, range, truth::yes);
    case loop_kind::exists_one:
      return loop_exists_one(i, range);
    case loop_kind::map:
    case loop_kind::filter:
      return loop_list(i, range);
    default:
      return loop_map(i, range);
  }
}

// An error that is bound counts where the variable is asked for, and nowhere else.
value evaluator::loop_bind(const instruction& i) noexcept {
  locals_[i.a] = eval(operand(i, 0));
  return eval(operand(i, 1));
}

value evaluator::loop_block(const instruction& i) noexcept {
  const std::uint32_t values = i.count - 1U;
  for (std::uint32_t n = 0; n < values; ++n) locals_[i.a + n] = eval(operand(i, n));
  return eval(operand(i, values));
}

// optMap(x, t), and optFlatMap(x, t) where t is an optional itself.
value evaluator::loop_optional(const instruction& i, bool flat) noexcept {
  const value from = eval(operand(i, 0));
  if (from.is_error()) return from;
  if (!from.is(value_kind::optional)) return no_overload().placed(i.position);
  if (from.held() == nullptr) return from;
  locals_[i.a] = *from.held();
  const value made = eval(operand(i, 1));
  if (made.is_error()) return made;
  if (!flat) return make_optional(run_, made);
  return made.is(value_kind::optional) ? made : no_overload().placed(i.position);
}

// all() stops at the first no, exists() at the first yes; an error counts when neither comes.
value evaluator::loop_quantifier(const instruction& i, const value& range, truth stop) noexcept {
  value first_error;
  for (round r(*this, i, range); r.next();) {
    const truth t = test(operand(i, 1));
    if (t == stop) return value::boolean(stop == truth::yes);
    if (t == truth::failed && !first_error.is_error()) first_error = error_;
  }
  if (run_.exhausted) return no_cost();
  return first_error.is_error() ? first_error : value::boolean(stop == truth::no);
}

value evaluator::loop_exists_one(const instruction& i, const value& range) noexcept {
  std::uint64_t found = 0;
  for (round r(*this, i, range); r.next();) {
    const truth t = test(operand(i, 1));
    if (t == truth::failed) return error_;
    found += t == truth::yes ? 1 : 0;
  }
  return run_.exhausted ? no_cost() : value::boolean(found == 1);
}

// map(x, t), map(x, p, t), filter(x, p), transformList.
value evaluator::loop_list(const instruction& i, const value& range) noexcept {
  const bool filters = static_cast<loop_kind>(i.detail & ~two_variables) == loop_kind::filter;
  const bool tests = filters || i.count == 3;
  const std::size_t size = size_of(range);
  if (!run_.charge(size)) return no_cost();
  value* items = run_.memory.array<value>(size);
  if (items == nullptr) return no_memory();
  std::uint32_t kept = 0;
  for (round r(*this, i, range); r.next();) {
    if (tests) {
      const truth t = test(operand(i, 1));
      if (t == truth::failed) return error_;
      if (t == truth::no) continue;
    }
    const value made = filters ? r.each.key() : eval(operand(i, i.count - 1U));
    if (made.is_error()) return made;
    items[kept++] = made;
  }
  return run_.exhausted ? no_cost() : value::list(items, kept);
}

// transformMap(k, v, t), transformMapEntry(k, v, {k2: t}), each with a filter before t or without.
value evaluator::loop_map(const instruction& i, const value& range) noexcept {
  const std::size_t size = size_of(range);
  if (!run_.charge(2 * size)) return no_cost();
  map_entry* entries = run_.memory.array<map_entry>(size);
  if (entries == nullptr) return no_memory();
  map_entry* end = entries;
  value failed;
  for (round r(*this, i, range); r.next();) {
    if (i.count == 3) {
      const truth t = test(operand(i, 1));
      if (t == truth::failed) return error_;
      if (t == truth::no) continue;
    }
    const value made = eval(operand(i, i.count - 1U));
    if (made.is_error()) return made;
    const value key = r.keyed ? r.each.key() : value::integer(r.count - 1);
    if (!put_entries(i, made, key, end, entries + size, failed)) return failed;
  }
  if (run_.exhausted) return no_cost();
  const value map = make_map({entries, end}, run_.memory);
  return map.is_error() ? map.placed(i.position) : map;
}

bool evaluator::put_entries(const instruction& i, const value& made, const value& key,
                            map_entry*& end, const map_entry* limit, value& failed) noexcept {
  const auto kind = static_cast<loop_kind>(i.detail & ~two_variables);
  if (kind == loop_kind::transform_map) {
    *end++ = {key, made};
    return true;
  }
  // Each round adds at most one entry: what transformMapEntry() takes is a map of one.
  if (!made.is(value_kind::map) || size_of(made) > 1 || end == limit) {
    failed = value::failure(eval_errc::invalid_argument).placed(i.position);
    return false;
  }
  for (cursor each(made); each.next();) *end++ = {each.key(), each.held()};
  return true;
}

}  // namespace nip::cel
