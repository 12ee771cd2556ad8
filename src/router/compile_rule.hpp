// From a rule as it was written to one that can be tried.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "cel/path.hpp"
#include "cel/program.hpp"
#include "router/rule.hpp"

namespace nip::router {

class index_builder;

/// A rule and its program. A rule that the index decides by itself has none.
struct compiled_rule {
  rule what;
  std::optional<cel::program> when;
  std::uint32_t counted_at = 0;  ///< see ruleset::count_run()
};

/// Its paths are added to `paths`. Without `index` the rule is compiled to be tried; a disabled one
/// only to see whether it could be. Fails with errc::invalid_argument or errc::parse, naming the
/// rule, its place, and the place in its expression.
result<compiled_rule> compile_rule(rule what, cel::path_table& paths, index_builder* index);

}  // namespace nip::router
