// Runs the compiled form. Not part of the room's interface; program is.
#pragma once

#include <cstdint>
#include <span>

#include "cel/code.hpp"
#include "cel/input.hpp"

namespace nip::cel {

/// One evaluation. Lives on the stack for that long; its recursion is bounded by the nesting limit
/// of the parser.
class evaluator {
 public:
  evaluator(const code& compiled, input& in, arena& memory) noexcept
      : code_(compiled), in_(in), run_{memory, compiled.cost_max} {}

  value run() noexcept;
  bool run_test() noexcept;
  /// Units of work so far; all that were allowed when they did not suffice.
  std::uint64_t spent() const noexcept { return code_.cost_max - run_.cost_left; }

 private:
  /// A condition is decided, or failed with the error in error_.
  enum class truth : std::uint8_t { no, yes, failed };
  static truth decided(bool holds) { return holds ? truth::yes : truth::no; }

  value eval(std::uint32_t at) noexcept;
  truth test(std::uint32_t at) noexcept;
  value settle(truth t) noexcept {
    return t == truth::failed ? error_ : value::boolean(t == truth::yes);
  }
  truth fail(const value& error, const instruction& by) noexcept {
    error_ = error.placed(by.position);
    return truth::failed;
  }

  // A condition that stays when the operands say nothing else: yes for &&, no for ||.
  truth test_junction(const instruction& i, truth neutral) noexcept;
  truth test_compare(const instruction& i) noexcept;
  truth test_compare_path(const instruction& i) noexcept;
  truth test_compare_any(const instruction& i, const value& v, const value& constant) noexcept;
  truth test_value(const value& v, const instruction& i) noexcept;

  value eval_select(const instruction& i) noexcept;
  value fault_of_missing(const instruction& i, const value& missing) noexcept;
  value eval_has_path(const instruction& i) noexcept;
  value eval_optional_path(const instruction& i) noexcept;
  value eval_has_field(const instruction& i) noexcept;
  value eval_conditional(const instruction& i) noexcept;
  value eval_call(const instruction& i) noexcept;
  value eval_matches(const instruction& i) noexcept;
  value eval_either(const instruction& i) noexcept;

  // evaluate_aggregate.cpp
  value eval_list(const instruction& i) noexcept;
  value eval_map(const instruction& i) noexcept;
  bool take_entry(const instruction& i, std::uint32_t n, value& entry) noexcept;

  // evaluate_loop.cpp
  struct round;
  value eval_loop(const instruction& i) noexcept;
  value loop_quantifier(const instruction& i, const value& range, truth stop) noexcept;
  value loop_exists_one(const instruction& i, const value& range) noexcept;
  value loop_list(const instruction& i, const value& range) noexcept;
  value loop_map(const instruction& i, const value& range) noexcept;
  bool put_entries(const instruction& i, const value& made, const value& key, map_entry*& end,
                   const map_entry* limit, value& failed) noexcept;
  value loop_bind(const instruction& i) noexcept;
  value loop_block(const instruction& i) noexcept;
  value loop_optional(const instruction& i, bool flat) noexcept;
  bool ready_locals() noexcept;

  std::uint32_t operand(const instruction& i, std::uint32_t n) const {
    return code_.operands[i.first + n];
  }

  const code& code_;
  input& in_;
  runtime run_;
  value* locals_ = nullptr;
  value error_;
};

}  // namespace nip::cel
