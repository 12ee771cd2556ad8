// The config of a shaper, compiled: which expression goes where.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cel/program.hpp"

namespace transform {

constexpr std::size_t expressions_max = 256;  // of `set`
constexpr std::size_t path_depth_max = 32;    // steps in a path of `set`

/// `data.total: expression`.
struct assignment {
  std::string place;               // as configured, for messages
  std::vector<std::string> steps;  // "data", "total"
  nip::cel::program expression;
};

struct shaper_config {
  nip::cel::path_table paths;
  std::optional<nip::cel::program> drop_if;
  std::vector<assignment> set;
  nlohmann::json merge = nlohmann::json::object();
  std::string topic;  // metadata.topic of the result; empty: none
  bool publishes = false;
  std::uint32_t level = 2;    // an index into memory, buffered, fsync, replicated
  bool touches_data = false;  // else its bytes go through as they came
};

/// Throws std::invalid_argument: no JSON, a bad expression (with its place), a bad path.
shaper_config parse_config(std::string_view text);

}  // namespace transform
