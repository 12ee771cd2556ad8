#include "cel/environment.hpp"

#include <utility>

namespace nip::cel {

environment::environment()
    : environment(std::make_shared<const function_table>(function_table::standard())) {}

environment::environment(std::shared_ptr<const function_table> functions)
    : functions_(std::move(functions)) {}

environment& environment::variable(std::string name, type declared) {
  qualified_ = qualified_ || name.find('.') != std::string::npos;
  variables_.insert_or_assign(std::move(name), std::move(declared));
  return *this;
}

environment& environment::object(std::string name, fields known) {
  objects_.insert_or_assign(std::move(name), std::move(known));
  return *this;
}

environment& environment::container(std::string name) {
  qualified_ = qualified_ || !name.empty();
  container_ = std::move(name);
  return *this;
}

environment& environment::unchecked() {
  checked_ = false;
  return *this;
}

environment& environment::bound(const limits& by) {
  limits_ = by;
  return *this;
}

environment& environment::functions(std::shared_ptr<const function_table> table) {
  functions_ = std::move(table);
  return *this;
}

const type* environment::find_variable(std::string_view name) const {
  const auto found = variables_.find(name);
  return found == variables_.end() ? nullptr : &found->second;
}

const environment::fields* environment::find_object(std::string_view name) const {
  const auto found = objects_.find(name);
  return found == objects_.end() ? nullptr : &found->second;
}

std::vector<std::string_view> environment::variable_names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, declared] : variables_) names.push_back(name);
  return names;
}

std::vector<std::string> environment::candidates(std::string_view name) const {
  std::vector<std::string> found;
  std::string prefix = container_;
  while (!prefix.empty()) {
    found.push_back(prefix + "." + std::string(name));
    const auto dot = prefix.rfind('.');
    prefix.resize(dot == std::string::npos ? 0 : dot);
  }
  found.emplace_back(name);
  return found;
}

}  // namespace nip::cel
