#include "cli/commands/eval_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "cel/typed_json.hpp"

namespace nip::cli {
namespace {

namespace dom = simdjson::dom;

std::unexpected<error> refuse(std::string_view member, std::string_view wanted) {
  return fail(errc::invalid_argument, fmt::format("\"{}\" is {}", member, wanted));
}

// A member under either of its names; nothing when it is absent or null.
std::optional<dom::element> member_of(dom::element from, std::string_view name,
                                      std::string_view other) {
  for (const std::string_view each : {name, other}) {
    dom::element found;
    if (from.at_key(each).get(found) == simdjson::SUCCESS && !found.is_null()) return found;
  }
  return std::nullopt;
}

result<bool> read_flag(dom::element from, std::string_view name, std::string_view other) {
  const auto given = member_of(from, name, other);
  bool flag = false;
  if (given && given->get_bool().get(flag) != simdjson::SUCCESS) {
    return refuse(name, "true or false");
  }
  return flag;
}

result<cel::overload> read_overload(dom::element from) {
  cel::overload made;
  std::vector<std::string> parameters;
  dom::array given;
  if (from.at_key("params").get_array().get(given) == simdjson::SUCCESS) {
    for (const dom::element each : given) {
      NIP_TRY(parameter, cel::read_type_json(each, parameters));
      made.parameters.push_back(parameter);
    }
  }
  dom::element result_type;
  const bool named = from.at_key("resultType").get(result_type) == simdjson::SUCCESS ||
                     from.at_key("result_type").get(result_type) == simdjson::SUCCESS;
  if (!named) return refuse("type_env", "an overload without a resultType");
  NIP_TRY(returned, cel::read_type_json(result_type, parameters));
  made.result = returned;
  made.variables = static_cast<std::uint32_t>(parameters.size());
  NIP_TRY(member, read_flag(from, "is_instance_function", "isInstanceFunction"));
  made.member = member;
  return made;
}

status declare_function(cel::function_table& table, std::string_view name, dom::element function) {
  dom::array given;
  if (function.at_key("overloads").get_array().get(given) != simdjson::SUCCESS) {
    return refuse("type_env", fmt::format("a function \"{}\" without overloads", name));
  }
  std::vector<cel::overload> overloads;
  for (const dom::element each : given) {
    NIP_TRY(made, read_overload(each));
    overloads.push_back(made);
  }
  table.declare(name, std::move(overloads));
  return {};
}

status read_declarations(dom::element from, cel::environment& known) {
  const auto given = member_of(from, "type_env", "typeEnv");
  if (!given) return {};
  dom::array declarations;
  if (given->get_array().get(declarations) != simdjson::SUCCESS) {
    return refuse("type_env", "an array of {\"name\", \"ident\" or \"function\"}");
  }
  std::shared_ptr<cel::function_table> functions;
  std::vector<std::string> parameters;
  for (const dom::element each : declarations) {
    std::string_view name;
    dom::element inside;
    if (each.at_key("name").get_string().get(name) != simdjson::SUCCESS) {
      return refuse("type_env", "an array of {\"name\", \"ident\" or \"function\"}");
    }
    if (each.at_key("ident").at_key("type").get(inside) == simdjson::SUCCESS) {
      NIP_TRY(declared, cel::read_type_json(inside, parameters));
      known.variable(std::string(name), declared);
    } else if (each.at_key("function").get(inside) == simdjson::SUCCESS) {
      if (!functions) functions = std::make_shared<cel::function_table>(known.functions());
      NIP_CHECK(declare_function(*functions, name, inside));
    }
  }
  if (functions) known.functions(functions);
  return {};
}

status read_bindings(dom::element from, eval_request& into) {
  const auto given = member_of(from, "bindings", "bindings");
  if (!given) return {};
  dom::object members;
  if (given->get_object().get(members) != simdjson::SUCCESS) {
    return refuse("bindings", "an object: the variables by name");
  }
  for (const auto field : members) {
    into.bindings.emplace_back(field.key, field.value);
    if (into.known.find_variable(field.key) == nullptr) into.known.variable(std::string(field.key));
  }
  return {};
}

}  // namespace

result<eval_request> read_eval_request(simdjson::dom::element line,
                                       std::shared_ptr<const cel::function_table> functions) {
  eval_request made(std::move(functions));
  dom::object object;
  if (line.get_object().get(object) != simdjson::SUCCESS) {
    return fail(errc::invalid_argument, "a line is an object: {\"expr\": …, \"bindings\": {…}}");
  }
  if (line.at_key("expr").get_string().get(made.expression) != simdjson::SUCCESS) {
    return refuse("expr", "missing, or no string; it is the expression");
  }
  if (const auto given = member_of(line, "container", "container")) {
    std::string_view name;
    if (given->get_string().get(name) != simdjson::SUCCESS) {
      return refuse("container", "the name of a namespace");
    }
    made.known.container(std::string(name));
  }
  NIP_TRY(unchecked, read_flag(line, "disable_check", "disableCheck"));
  if (unchecked) made.known.unchecked();
  NIP_TRY(check_only, read_flag(line, "check_only", "checkOnly"));
  made.check_only = check_only;
  NIP_TRY(cost, read_flag(line, "cost", "cost"));
  made.cost = cost;
  made.typed_result = member_of(line, "typed_result", "typedResult").has_value();
  NIP_CHECK(read_declarations(line, made.known));
  NIP_CHECK(read_bindings(line, made));
  return made;
}

}  // namespace nip::cli
