// Replaces ${NAME} and ${NAME:-default} in values by variables of the environment.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace nip::config {

/// Looks a variable up. Nothing when it is not set.
using environment = std::function<std::optional<std::string>(std::string_view)>;

/// The process's own variables.
environment process_environment();

/// `text` with every ${...} replaced. `:-` takes the default when the variable is unset or empty,
/// `-` only when it is unset, as in a shell. `$${` stands for `${`; any other `$` is kept. Fails
/// with errc::invalid_argument: an unset variable without default, a name that is none, a missing
/// brace.
result<std::string> expand(std::string_view text, const environment& variables);

}  // namespace nip::config
