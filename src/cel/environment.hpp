// What an expression may mention: variables with their types, records, functions, and its limits.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cel/functions.hpp"
#include "cel/parser.hpp"
#include "cel/type.hpp"

namespace nip::cel {

/// Bounds of one expression, at load and at run time.
struct limits {
  syntax_limits syntax;
  /// Units of work of one evaluation; see runtime::charge(). Straight code is bounded by its size
  /// and costs little; comprehensions and text pay by what they touch.
  std::uint64_t cost_max = 1'000'000;
};

/// Built once for a set of rules, then shared and only read; copies are cheap enough for tests.
class environment {
 public:
  using fields = std::map<std::string, type, std::less<>>;

  environment();
  /// With functions that are there already: many environments may share one table.
  explicit environment(std::shared_ptr<const function_table> functions);

  /// A variable; its name may be dotted. dyn when its type is not known before it is there.
  environment& variable(std::string name, type declared = {});
  /// A record that variables of type object_of(name) are: any other field is refused at load.
  environment& object(std::string name, fields known);
  /// The namespace in which names are looked up first.
  environment& container(std::string name);
  /// Leaves type errors and unknown names to the evaluation.
  environment& unchecked();
  environment& bound(const limits& by);
  /// More functions, kept beside the standard ones.
  environment& functions(std::shared_ptr<const function_table> table);

  const type* find_variable(std::string_view name) const;
  const fields* find_object(std::string_view name) const;
  const function* find_function(std::string_view name) const { return functions_->find(name); }
  const function_table& functions() const { return *functions_; }
  std::vector<std::string_view> variable_names() const;
  const std::string& container() const { return container_; }
  bool checked() const { return checked_; }
  const limits& bounds() const { return limits_; }
  /// True when some variable's name is dotted or names are looked up in a container.
  bool has_qualified_names() const { return qualified_; }

  /// The names that `name` may stand for, the innermost namespace first: in container "a.b", "x" is
  /// a.b.x, a.x, x.
  std::vector<std::string> candidates(std::string_view name) const;

 private:
  std::map<std::string, type, std::less<>> variables_;
  std::map<std::string, fields, std::less<>> objects_;
  std::shared_ptr<const function_table> functions_;
  std::string container_;
  bool checked_ = true;
  bool qualified_ = false;
  limits limits_;
};

}  // namespace nip::cel
