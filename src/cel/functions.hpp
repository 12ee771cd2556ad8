// Every function and operator of the language in one table: signatures for the check, code to run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/aggregate.hpp"
#include "cel/arena.hpp"
#include "cel/compare.hpp"
#include "cel/type.hpp"
#include "cel/value.hpp"

namespace nip::cel {

/// What a function may use while it runs, and what it may still spend.
struct runtime {
  arena& memory;
  std::uint64_t cost_left;
  bool exhausted = false;

  /// Takes `units` of work (about one for each item touched or ten bytes of text); false when the
  /// limit is reached, and for good.
  bool charge(std::uint64_t units) noexcept {
    if (units > cost_left) {
      cost_left = 0;
      exhausted = true;
      return false;
    }
    cost_left -= units;
    return true;
  }
};

/// Units that handling `bytes` of text costs.
constexpr std::uint64_t text_cost(std::size_t bytes) { return 1 + bytes / 10; }

/// A member call's target is the first argument. No argument is an error value. Answers
/// no_such_overload for argument types that it does not take.
using implementation = value (*)(runtime& run, std::span<const value> arguments) noexcept;

/// One row of the table; `signature` reads "(int, int) -> int" or "string.(string) -> bool", with
/// capital letters for type variables.
struct function_spec {
  std::string_view name;
  std::string_view signature;
  implementation run;
};

struct overload {
  bool member = false;
  std::uint32_t variables = 0;  ///< type variables in the signature
  std::vector<type> parameters;
  type result;
  std::string_view signature;
};

struct function {
  std::string_view name;
  implementation run = nullptr;
  std::vector<overload> overloads;

  /// Whether some overload is called this way with so many arguments (a target counts).
  bool takes(bool member, std::size_t arguments) const;
};

/// The functions that expressions may call. Immutable once built, shared by environments.
class function_table {
 public:
  /// CEL's standard library and its string, list and math helpers.
  static function_table standard();

  /// Adds rows; rows of one name share one implementation, the first row's. Fails by assertion on a
  /// signature that cannot be read: the table is ours.
  void add(std::span<const function_spec> specs);
  /// Adds a function that is known by its types only: calling it is no_such_overload. The
  /// signatures of `overloads` are made from their types.
  void declare(std::string_view name, std::vector<overload> overloads);
  /// Null when there is none.
  const function* find(std::string_view name) const;
  /// Names that are no operators, for suggestions.
  std::vector<std::string_view> names(bool member) const;

 private:
  std::string_view keep(std::string text);

  std::map<std::string_view, function, std::less<>> functions_;
  /// What declare() was given; copies of the table share it.
  std::vector<std::shared_ptr<const std::string>> texts_;
};

std::span<const function_spec> operator_functions();
std::span<const function_spec> ordering_functions();
std::span<const function_spec> aggregate_functions();
std::span<const function_spec> conversion_functions();
std::span<const function_spec> string_functions();
std::span<const function_spec> text_list_functions();
std::span<const function_spec> time_functions();
std::span<const function_spec> format_functions();
std::span<const function_spec> math_functions();
std::span<const function_spec> encoding_functions();
std::span<const function_spec> access_functions();
std::span<const function_spec> optional_functions();
std::span<const function_spec> network_functions();

/// The six comparisons of two values, neither an error: a bool, or no_such_overload for an order
/// that CEL does not define.
value apply_comparison(runtime& run, comparison by, const value& a, const value& b) noexcept;

/// `from.?name`: an optional of the field, of nothing where it is absent or `from` is an optional
/// of nothing. An error when `from` has no fields.
value select_optional(runtime& run, const value& from, std::string_view name) noexcept;
/// optional.of(held).
value make_optional(runtime& run, const value& held) noexcept;

// Building blocks for implementations.
inline value no_overload() { return value::failure(eval_errc::no_such_overload); }
inline value no_memory() { return value::failure(eval_errc::memory_exceeded); }
inline value no_cost() { return value::failure(eval_errc::cost_exceeded); }
/// Text built aside, moved into the arena.
value keep_string(runtime& run, std::string_view text) noexcept;

}  // namespace nip::cel
