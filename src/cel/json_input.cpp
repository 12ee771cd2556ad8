#include "cel/json_input.hpp"

#include <algorithm>

#include "cel/aggregate.hpp"

namespace nip::cel {

void json_input::set(std::string_view variable, simdjson::dom::element element) {
  set(variable, from_json(element));
}

void json_input::set(std::string_view variable, value held) {
  const auto found = std::ranges::find(variables_, variable, &std::pair<std::string, value>::first);
  if (found != variables_.end()) {
    found->second = held;
  } else {
    variables_.emplace_back(variable, held);
  }
  begin();
}

bool json_input::set_all(simdjson::dom::element object) {
  simdjson::dom::object fields;
  if (object.get(fields) != simdjson::SUCCESS) return false;
  for (const auto field : fields) set(field.key, field.value);
  return true;
}

value json_input::resolve(const path& wanted) noexcept {
  if (wanted.parent != no_path) return step_down(wanted);
  for (const auto& [name, held] : variables_) {
    if (name == wanted.variable) return held;
  }
  return value::failure(eval_errc::unbound, wanted.text);
}

}  // namespace nip::cel
