// The program `nip`: command line in, exit code out.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/streams.hpp"

namespace nip::cli {

/// Reads a variable of the environment; nothing when it is not set.
using environment_lookup = std::function<std::optional<std::string>(const std::string&)>;

/// Runs one command. `arguments` without the program's name. The result is the process's exit code
/// (outcome.hpp). Failures are said on `io.err`, as one JSON object with --json.
int run(const std::vector<std::string>& arguments, const environment_lookup& environment,
        streams& io);

}  // namespace nip::cli
