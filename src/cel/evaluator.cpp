#include "cel/evaluator.hpp"

#include <array>
#include <cstring>

#include "cel/aggregate.hpp"
#include "cel/compare.hpp"

namespace nip::cel {

namespace {

// Short texts are compared in two overlapping words: what memcmp costs in its call alone.
bool integers_hold(comparison by, std::int64_t a, std::int64_t b) noexcept {
  switch (by) {
    case comparison::equal:
      return a == b;
    case comparison::not_equal:
      return a != b;
    case comparison::less:
      return a < b;
    case comparison::less_equal:
      return a <= b;
    case comparison::greater:
      return a > b;
    case comparison::greater_equal:
      return a >= b;
  }
  return false;
}

inline bool same_text(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  const auto words_equal = [&]<class Word>(Word) {
    Word a0, b0, a1, b1;
    std::memcpy(&a0, a.data(), sizeof(Word));
    std::memcpy(&b0, b.data(), sizeof(Word));
    std::memcpy(&a1, a.data() + a.size() - sizeof(Word), sizeof(Word));
    std::memcpy(&b1, b.data() + b.size() - sizeof(Word), sizeof(Word));
    return ((a0 ^ b0) | (a1 ^ b1)) == 0;
  };
  const std::size_t size = a.size();
  if (size > 16) return std::memcmp(a.data(), b.data(), size) == 0;
  if (size >= 8) return words_equal(std::uint64_t{});
  if (size >= 4) return words_equal(std::uint32_t{});
  if (size >= 2) return words_equal(std::uint16_t{});
  return size == 0 || a[0] == b[0];
}

}  // namespace

inline evaluator::truth evaluator::test_compare_path(const instruction& i) noexcept {
  const value& v = in_.at(i.a);
  const value& constant = code_.constants[i.first];
  const auto by = static_cast<comparison>(i.detail);
  // The pairs that rules are made of, without a call.
  if (v.kind() == constant.kind()) {
    if (v.is(value_kind::string) && by <= comparison::not_equal) {
      return decided(same_text(v.as_view(), constant.as_view()) == (by == comparison::equal));
    }
    if (v.is(value_kind::integer)) {
      return decided(integers_hold(by, v.as_integer(), constant.as_integer()));
    }
  }
  return test_compare_any(i, v, constant);
}

evaluator::truth evaluator::test_compare_any(const instruction& i, const value& v,
                                             const value& constant) noexcept {
  if (v.is_error()) return fail(v, i);
  return test_value(apply_comparison(run_, static_cast<comparison>(i.detail), v, constant), i);
}

value evaluator::run() noexcept {
  const value result = eval(code_.root());
  // Work that was cut short must not pass for an answer, whatever absorbed its error.
  return run_.exhausted ? no_cost() : result;
}

bool evaluator::run_test() noexcept { return test(code_.root()) == truth::yes && !run_.exhausted; }

value evaluator::eval(std::uint32_t at) noexcept {
  const instruction& i = code_.instructions[at];
  switch (i.op) {
    case opcode::constant:
      return code_.constants[i.a];
    case opcode::failure:
      return code_.constants[i.a].placed(i.position);
    case opcode::path: {
      const value& v = in_.at(i.a);
      return v.is_error() ? v.placed(i.position) : v;
    }
    case opcode::local:
      return locals_[i.a];
    case opcode::has_path:
      return eval_has_path(i);
    case opcode::optional_path:
      return eval_optional_path(i);
    case opcode::select:
      return eval_select(i);
    case opcode::has_field:
      return eval_has_field(i);
    case opcode::conditional:
      return eval_conditional(i);
    case opcode::call:
      return eval_call(i);
    case opcode::matches:
      return eval_matches(i);
    case opcode::either:
      return eval_either(i);
    case opcode::list:
      return eval_list(i);
    case opcode::map:
      return eval_map(i);
    case opcode::loop:
      return eval_loop(i);
    case opcode::compare:
    case opcode::compare_path:
    case opcode::both:
    case opcode::any:
    case opcode::negation:
      return settle(test(at));
  }
  return no_overload();
}

evaluator::truth evaluator::test(std::uint32_t at) noexcept {
  const instruction& i = code_.instructions[at];
  switch (i.op) {
    case opcode::compare_path:
      return test_compare_path(i);
    case opcode::both:
      return test_junction(i, truth::yes);
    case opcode::any:
      return test_junction(i, truth::no);
    case opcode::compare:
      return test_compare(i);
    case opcode::negation: {
      const truth inner = test(operand(i, 0));
      return inner == truth::failed ? inner : decided(inner == truth::no);
    }
    default:
      return test_value(eval(at), i);
  }
}

evaluator::truth evaluator::test_value(const value& v, const instruction& i) noexcept {
  if (v.is(value_kind::boolean)) return decided(v.as_bool());
  return fail(v.is_error() ? v : no_overload(), i);
}

// An error counts only when no operand decides: false && error is false, in any order.
evaluator::truth evaluator::test_junction(const instruction& i, truth neutral) noexcept {
  truth outcome = neutral;
  value first_error;
  for (std::uint32_t n = 0; n < i.count; ++n) {
    const std::uint32_t at = operand(i, n);
    const instruction& inner = code_.instructions[at];
    const truth t = inner.op == opcode::compare_path ? test_compare_path(inner) : test(at);
    if (t == neutral) continue;
    if (t != truth::failed) return t;
    if (outcome != truth::failed) first_error = error_;
    outcome = truth::failed;
  }
  if (outcome == truth::failed) error_ = first_error;
  return outcome;
}

evaluator::truth evaluator::test_compare(const instruction& i) noexcept {
  const value left = eval(operand(i, 0));
  if (left.is_error()) return fail(left, i);
  const value right = eval(operand(i, 1));
  if (right.is_error()) return fail(right, i);
  return test_value(apply_comparison(run_, static_cast<comparison>(i.detail), left, right), i);
}

value evaluator::eval_select(const instruction& i) noexcept {
  const value from = eval(operand(i, 0));
  if (from.is_error()) return from;
  const std::string_view name = code_.constants[i.a].as_view();
  if (from.is(value_kind::optional)) {
    const value held = select_optional(run_, from, name);
    return held.is_error() ? held.placed(i.position) : held;
  }
  if (!from.is(value_kind::map)) {
    return value::failure(eval_errc::no_such_field, name).placed(i.position);
  }
  if (from.is_json() && !run_.charge(1 + size_of(from))) return no_cost();
  const auto held = find(from, name);
  return held ? *held : value::failure(eval_errc::no_such_key, name).placed(i.position);
}

// No error when only the path's last step is missing: absent is an answer when what would hold it
// is there and has fields.
value evaluator::fault_of_missing(const instruction& i, const value& missing) noexcept {
  const value& holder = in_.at(code_.operands[i.first]);
  if (holder.is(value_kind::map)) return {};
  if (!holder.is_error()) return missing.placed(i.position);
  // A record that is no value by itself; its fields say whether they are there.
  const bool is_record = holder.error_code() == eval_errc::no_such_overload;
  if (is_record && missing.error_code() == eval_errc::no_such_key) return {};
  return holder.placed(i.position);
}

value evaluator::eval_has_path(const instruction& i) noexcept {
  const value found = in_.at(i.a);
  if (!found.is_error()) return value::boolean(true);
  const value fault = fault_of_missing(i, found);
  return fault.is_error() ? fault : value::boolean(false);
}

value evaluator::eval_optional_path(const instruction& i) noexcept {
  const value found = in_.at(i.a);
  if (!found.is_error()) return make_optional(run_, found);
  const value fault = fault_of_missing(i, found);
  return fault.is_error() ? fault : value::optional(nullptr);
}

value evaluator::eval_has_field(const instruction& i) noexcept {
  value from = eval(operand(i, 0));
  if (from.is_error()) return from;
  if (from.is(value_kind::optional)) {
    if (from.held() == nullptr) return value::boolean(false);
    from = *from.held();
  }
  const std::string_view name = code_.constants[i.a].as_view();
  if (!from.is(value_kind::map)) {
    return value::failure(eval_errc::no_such_field, name).placed(i.position);
  }
  return value::boolean(find(from, name).has_value());
}

value evaluator::eval_conditional(const instruction& i) noexcept {
  const truth condition = test(operand(i, 0));
  if (condition == truth::failed) return error_;
  return eval(operand(i, condition == truth::yes ? 1 : 2));
}

value evaluator::eval_call(const instruction& i) noexcept {
  constexpr std::size_t inline_arguments_max = 4;
  std::array<value, inline_arguments_max> near;
  value* arguments = near.data();
  if (i.count > inline_arguments_max) {
    arguments = run_.memory.array<value>(i.count);
    if (arguments == nullptr) return no_memory();
  }
  for (std::uint32_t n = 0; n < i.count; ++n) {
    arguments[n] = eval(operand(i, n));
    if (arguments[n].is_error()) return arguments[n];
  }
  const value made = code_.functions[i.a](run_, {arguments, i.count});
  return made.is_error() ? made.placed(i.position) : made;
}

value evaluator::eval_matches(const instruction& i) noexcept {
  const value text = eval(operand(i, 0));
  if (text.is_error()) return text;
  if (!text.is(value_kind::string)) return no_overload().placed(i.position);
  if (!run_.charge(text_cost(text.as_view().size()))) return no_cost();
  return value::boolean(code_.patterns[i.a].found_in(text.as_view()));
}

// What comes second is asked for only when the first holds nothing.
value evaluator::eval_either(const instruction& i) noexcept {
  const value first = eval(operand(i, 0));
  if (first.is_error()) return first;
  if (first.is(value_kind::optional) && first.held() != nullptr) {
    return i.detail == held_wanted ? *first.held() : first;
  }
  const std::array<value, 2> both = {first, eval(operand(i, 1))};
  if (both[1].is_error()) return both[1];
  const value made = code_.functions[i.a](run_, both);
  return made.is_error() ? made.placed(i.position) : made;
}

}  // namespace nip::cel
