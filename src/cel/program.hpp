// A compiled expression: parse, check and generate once, evaluate on every message.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cel/arena.hpp"
#include "cel/check.hpp"
#include "cel/cost.hpp"
#include "cel/environment.hpp"
#include "cel/input.hpp"
#include "cel/path.hpp"
#include "cel/value.hpp"

namespace nip::cel {

struct code;

/// Immutable, cheap to copy, safe to evaluate from many threads at once (each with its own input
/// and arena). Its constants live as long as one copy of it does.
class program {
 public:
  explicit program(std::shared_ptr<const code> compiled) : code_(std::move(compiled)) {}

  /// The expression's value on `in`, or an error value. What it builds lives in `memory`, the rest
  /// in `in` and in this program. No allocation unless text, a list or a map is built.
  value evaluate(input& in, arena& memory) const noexcept;

  /// Whether it evaluates to true; false for anything else, an error too.
  bool matches(input& in, arena& memory) const noexcept;

  /// The same; `cost` becomes what was spent, in the units of runtime::charge().
  value evaluate(input& in, arena& memory, std::uint64_t& cost) const noexcept;
  /// What an evaluation is expected to cost.
  cost_range estimated_cost() const noexcept;

  /// The type it yields: dyn when that is known only when it runs.
  const type& result_type() const noexcept;
  /// The paths that it may ask for, ascending.
  std::span<const path_id> paths() const noexcept;
  std::string_view source() const noexcept;
  /// An error value of this program as text with place, source line and caret.
  std::string describe(const value& failure) const;

 private:
  std::shared_ptr<const code> code_;
};

/// Source to program. `paths` is the table of the inputs it will run on. Fails with errc::parse,
/// errc::too_large (also when it is certain to cost more than the environment allows) or
/// errc::invalid_argument; the detail shows "line:column: message", the source
/// line, a caret, and a suggestion where there is one.
result<program> compile(std::string_view source, const environment& env, path_table& paths);

/// The last step of compile(), for whoever has the checked tree already.
result<program> generate(const checked_ast& checked, const environment& env);

}  // namespace nip::cel
