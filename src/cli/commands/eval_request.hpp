// What one line of `nip eval --batch` asks for.
#pragma once

#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "cel/environment.hpp"

namespace nip::cli {

/// Borrows from the parsed line.
struct eval_request {
  explicit eval_request(std::shared_ptr<const cel::function_table> functions)
      : known(std::move(functions)) {}

  std::string_view expression;
  cel::environment known;  ///< with the line's variables, functions and container
  std::vector<std::pair<std::string_view, simdjson::dom::element>> bindings;
  bool check_only = false;    ///< its type is all that is wanted
  bool cost = false;          ///< what it costs is wanted beside the value
  bool typed_result = false;  ///< its type is wanted beside the value
};

/// Reads {"expr", "bindings", "container", "type_env", "disable_check", "check_only",
/// "typed_result", "cost"}; the names may be written typeEnv and so on, as the tests of the CEL
/// specification do, and members of other names are passed over. Fails with errc::invalid_argument,
/// which names the member. `functions` are those that every line may call.
result<eval_request> read_eval_request(simdjson::dom::element line,
                                       std::shared_ptr<const cel::function_table> functions);

}  // namespace nip::cli
