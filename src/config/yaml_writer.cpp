#include "config/yaml_writer.hpp"

#include <algorithm>

#include "config/tree.hpp"

namespace nip::config {
namespace {

using nlohmann::ordered_json;

/// Plain when the reader would make the same text of it; else a double-quoted JSON string, which is
/// YAML.
std::string scalar(const ordered_json& value) {
  if (!value.is_string()) return value.dump();
  const std::string text = value.get<std::string>();
  const auto safe = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./+").find(c) != std::string_view::npos;
  };
  node plain;
  plain.kind = node_kind::scalar;
  plain.text = text;
  const bool starts_well =
      !text.empty() && std::string_view("-.+").find(text[0]) == std::string_view::npos;
  if (starts_well && std::ranges::all_of(text, safe) && to_json(plain).is_string()) return text;
  std::string quoted = value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return quoted;
}

/// A value that holds ${ must not be expanded when it is read again; keys never are.
std::string unexpanded(std::string text) {
  for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at + 3))
    text.insert(at, 1, '$');
  return text;
}

void write(const ordered_json& value, std::size_t depth, std::string& out) {
  const std::string indent(depth * 2, ' ');
  if (value.is_object() && !value.empty()) {
    for (const auto& [name, item] : value.items()) {
      const bool block = item.is_structured() && !item.empty();
      out += indent + scalar(name) + (block ? ":\n" : ": ");
      write(item, depth + 1, out);
    }
  } else if (value.is_array() && !value.empty()) {
    for (const ordered_json& item : value) {
      const bool block = item.is_structured() && !item.empty();
      out += indent + (block ? "-\n" : "- ");
      write(item, depth + 1, out);
    }
  } else {
    out += unexpanded(scalar(value)) + '\n';
  }
}

}  // namespace

std::string write_yaml(const ordered_json& value) {
  std::string out;
  write(value, 0, out);
  return out;
}

}  // namespace nip::config
