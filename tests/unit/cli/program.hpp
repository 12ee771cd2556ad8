// Runs `nip` inside the test with strings for streams.
#pragma once

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "cli/app.hpp"

namespace nip::cli::testing {

struct ended {
  int code = -1;
  std::string out;
  std::string err;
};

struct surroundings {
  std::string input = {};
  std::map<std::string, std::string> environment = {};
  bool out_is_terminal = false;
  bool in_is_terminal = true;
};

inline ended nip(const std::vector<std::string>& arguments, const surroundings& around = {}) {
  std::istringstream in(around.input);
  std::ostringstream out;
  std::ostringstream err;
  streams io{.in = in,
             .out = out,
             .err = err,
             .in_is_terminal = around.in_is_terminal,
             .out_is_terminal = around.out_is_terminal,
             .err_is_terminal = false};
  const auto environment = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = around.environment.find(name);
    return found == around.environment.end() ? std::nullopt : std::optional(found->second);
  };
  const int code = run(arguments, environment, io);
  return {code, out.str(), err.str()};
}

}  // namespace nip::cli::testing
