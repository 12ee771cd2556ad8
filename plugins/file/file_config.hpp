// The settings of the file plugin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace file_plugin {

struct file_config {
  std::string directory = "data/files";               ///< made when it is not there
  std::string path;                                   ///< below directory
  std::uint64_t rotate_bytes = 64ULL << 20;           ///< 0: not by size
  std::int64_t rotate_after_ns = 86'400'000'000'000;  ///< 0: not by age
  std::uint32_t keep = 10;                            ///< rotated files; older ones are removed
  bool syncs = false;                                 ///< fsync each batch before it is done
  bool writes_data_only = false;
};

/// The JSON Schema of the config.
std::string_view file_schema();
/// Reads a config that is valid against the schema. Throws std::invalid_argument: a path that
/// leaves its directory, a duration that is none.
file_config parse_file_config(std::string_view text);

}  // namespace file_plugin
