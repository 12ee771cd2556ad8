#include <optional>

#include "config/keys.hpp"

namespace nip::config {
namespace {

using settings = plugin::settings;

/// An enum that may be left to the plugin.
template <class Enum>
key<settings> optional_choice(std::string_view path, choice_codec codec,
                              std::optional<Enum> settings::* slot, std::string_view doc) {
  key<settings> made;
  made.path = path;
  made.doc = doc;
  made.schema = [codec] { return codec.schema(); };
  made.read = [codec, slot](const node& from, settings& into) -> status {
    std::size_t position = 0;
    NIP_CHECK(codec.read(from, position));
    into.*slot = static_cast<Enum>(position);
    return {};
  };
  made.write = [codec, slot](const settings& from) -> nlohmann::json {
    if (!(from.*slot)) return nullptr;
    return codec.write(static_cast<std::size_t>(*(from.*slot)));
  };
  return made;
}

key<settings> config_key() {
  key<settings> made;
  made.path = "config";
  made.doc = "The plugin's own configuration, checked against its schema.";
  made.schema = [] { return nlohmann::json{{"type", "object"}}; };
  made.read = [](const node& from, settings& into) -> status {
    if (from.kind != node_kind::map) return fail_expected("a map", from);
    into.config = to_json(from);
    return {};
  };
  made.write = [](const settings& from) { return from.config; };
  return made;
}

/// A key that is not printed while it has its default.
key<settings> quiet(key<settings> made) {
  made.write = [write = std::move(made.write)](const settings& from) {
    nlohmann::json value = write(from);
    return value == write(settings{}) ? nlohmann::json() : value;
  };
  return made;
}

}  // namespace

std::vector<key<settings>> plugin_keys() {
  std::vector<key<settings>> keys;
  const auto add = [&](std::string_view path, auto codec, auto access, std::string_view doc) {
    keys.push_back(quiet(make_key<settings>(path, codec, access, doc)));
  };
  add(
      "use", text_codec{128}, [](auto& s) -> auto& { return s.use; },
      "The plugin that this entry is an instance of; left out: the one of the entry's own name.");
  add(
      "version", text_codec{128}, [](auto& s) -> auto& { return s.version; },
      "The version that is required; left out: any.");
  add(
      "enabled", flag_codec{}, [](auto& s) -> auto& { return s.enabled; },
      "false keeps it from getting messages.");
  add(
      "isolation", choice_codec{"none", "process", "wasm", "container", "remote"},
      [](auto& s) -> auto& { return s.level; }, "What stands between the plugin and nipd.");
  keys.push_back(
      optional_choice("execution", choice_codec{"inline", "pool"}, &settings::runs,
                      "inline runs on the shard and must not block; pool has its own threads."));
  keys.push_back(optional_choice("instances", choice_codec{"per_shard", "single"}, &settings::count,
                                 "One instance a shard, or one for all."));
  add(
      "in_flight", count_codec{}, [](auto& s) -> auto& { return s.in_flight_max; },
      "Messages that it works on at once; 0: as the plugin says.");
  add(
      "batch", count_codec{}, [](auto& s) -> auto& { return s.batch_max; },
      "Messages handed over in one call; 0: as the plugin says.");
  keys.push_back(config_key());
  return keys;
}

}  // namespace nip::config
