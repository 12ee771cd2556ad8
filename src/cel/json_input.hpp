// An input whose variables are JSON elements or ready values.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cel/input.hpp"

namespace nip::cel {

/// For `nip eval`, transformations and tests. The documents behind its elements must outlive the
/// evaluations.
class json_input final : public input {
 public:
  using input::input;

  /// Sets a variable for the evaluations from here on.
  void set(std::string_view variable, simdjson::dom::element element);
  void set(std::string_view variable, value held);
  /// Sets one variable for each member of an object; false when `object` is none.
  bool set_all(simdjson::dom::element object);

 protected:
  value resolve(const path& wanted) noexcept override;

 private:
  std::vector<std::pair<std::string, value>> variables_;
};

}  // namespace nip::cel
