#include "file_config.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/clock.hpp"

namespace file_plugin {

namespace {

void check_path(const std::filesystem::path& path) {
  if (path.is_absolute())
    throw std::invalid_argument("path: \"" + path.string() +
                                "\" is absolute; give it below `directory`");
  for (const auto& part : path)
    if (part == ".." || part == "." || part.empty())
      throw std::invalid_argument("path: \"" + path.string() +
                                  "\" may not contain empty parts, \".\" or \"..\"");
}

}  // namespace

std::string_view file_schema() {
  return R"({
    "type": "object",
    "additionalProperties": false,
    "required": ["path"],
    "properties": {
      "directory": {"type": "string", "minLength": 1, "maxLength": 1024},
      "path": {"type": "string", "minLength": 1, "maxLength": 255},
      "rotate_bytes": {"type": "integer", "minimum": 0},
      "rotate_after": {"type": "string"},
      "keep": {"type": "integer", "minimum": 0, "maximum": 1000},
      "fsync": {"type": "boolean"},
      "write": {"enum": ["envelope", "data"]}
    }
  })";
}

file_config parse_file_config(std::string_view text) {
  const auto json = nlohmann::json::parse(text);
  file_config out;
  out.directory = json.value("directory", out.directory);
  out.path = json.at("path").get<std::string>();
  check_path(out.path);
  out.rotate_bytes = json.value("rotate_bytes", out.rotate_bytes);
  if (json.contains("rotate_after")) {
    const auto after = nip::parse_duration(json["rotate_after"].get<std::string>());
    if (!after) throw std::invalid_argument("rotate_after: " + after.error().detail);
    out.rotate_after_ns = after->count();
  }
  out.keep = json.value("keep", out.keep);
  out.syncs = json.value("fsync", out.syncs);
  out.writes_data_only = json.value("write", "envelope") == std::string("data");
  return out;
}

}  // namespace file_plugin
