#include "config/print.hpp"

#include <fmt/format.h>

#include "config/keys.hpp"
#include "config/redact.hpp"
#include "config/yaml_writer.hpp"

namespace nip::config {
namespace {

using nlohmann::ordered_json;

/// The object that holds the last word of a dotted path, made on the way, and that word.
std::pair<ordered_json&, std::string> slot_of(ordered_json& root, const std::string& path) {
  ordered_json* at = &root;
  std::size_t begin = 0;
  for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', begin)) {
    at = &(*at)[path.substr(begin, dot - begin)];
    begin = dot + 1;
  }
  return {*at, path.substr(begin)};
}

template <class Target>
void write_keys(const std::vector<key<Target>>& table, const Target& from, ordered_json& into) {
  for (const key<Target>& each : table) {
    const nlohmann::json value = each.write(from);
    if (value.is_null()) continue;
    auto [parent, word] = slot_of(into, each.path);
    parent[word] = value;
  }
}

ordered_json object_schema() {
  return {
      {"type", "object"}, {"additionalProperties", false}, {"properties", ordered_json::object()}};
}

/// Schemas of the objects on the way to `path`, made when absent, and the last one's properties.
ordered_json& properties_of(ordered_json& root, std::string_view path) {
  ordered_json* at = &root;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    ordered_json& next = (*at)["properties"][std::string(path.substr(0, dot))];
    if (next.is_null()) next = object_schema();
    at = &next;
    path.remove_prefix(dot + 1);
  }
  return (*at)["properties"][std::string(path)];
}

template <class Target>
ordered_json schema_of(const std::vector<key<Target>>& table, const Target& defaults) {
  ordered_json root = object_schema();
  for (const key<Target>& each : table) {
    ordered_json& slot = properties_of(root, each.path);
    const nlohmann::json own = each.schema();
    slot = own;
    slot["description"] =
        own.contains("description")
            ? fmt::format("{} ({})", each.doc, own["description"].get<std::string>())
            : each.doc;
    if (const nlohmann::json value = each.write(defaults); !value.is_null())
      slot["default"] = value;
  }
  return root;
}

}  // namespace

ordered_json to_json(const configuration& what) {
  ordered_json root;
  write_keys(configuration_keys(), what, root);
  ordered_json& plugins = root["plugins"] = ordered_json::object();
  const auto table = plugin_keys();
  for (plugin::settings entry : what.plugins) {
    entry.config = redact(entry.config);
    ordered_json& shown = plugins[entry.name] = ordered_json::object();
    write_keys(table, entry, shown);
  }
  return root;
}

std::string print(const configuration& what) {
  std::string out;
  for (const auto& file : what.files) out += fmt::format("# read: {}\n", file.string());
  out += fmt::format("# rules: {}\n", what.rules.size());
  return out + write_yaml(to_json(what));
}

ordered_json json_schema() {
  ordered_json root = schema_of(configuration_keys(), configuration{});
  ordered_json entry = schema_of(plugin_keys(), plugin::settings{});
  entry["type"] = ordered_json::array({"object", "null"});
  root["properties"]["rules"] = {{"type", "array"}, {"items", {{"type", "object"}}}};
  root["properties"]["plugins"] = {{"type", "object"}, {"additionalProperties", entry}};
  ordered_json whole = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                        {"title", "nip.yaml"}};
  whole.update(root);
  return whole;
}

}  // namespace nip::config
