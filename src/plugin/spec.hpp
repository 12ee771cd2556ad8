// What a generation says about a plugin: which library, which config, where it runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "plugin/plugin.hpp"

namespace nip::plugin {

enum class isolation : std::uint8_t { none, process, wasm, container, remote };
enum class execution : std::uint8_t { inline_, pool };
enum class instances : std::uint8_t { per_shard, single };
std::string_view to_string(isolation value) noexcept;
std::string_view to_string(execution value) noexcept;
std::string_view to_string(instances value) noexcept;

/// What a library says about one plugin that it holds. Constant once read.
struct descriptor {
  std::string name;     ///< as rules name it
  std::string version;  ///< semantic version
  std::string description;
  nlohmann::json config_schema = nlohmann::json::object();  ///< JSON Schema; empty accepts anything
  nlohmann::json manifest = nlohmann::json::object();       ///< what it needs and declares
  execution runs = execution::inline_;
  instances count = instances::per_shard;
  bool idempotent = false;
  std::uint32_t batch_max = 256;
  std::uint32_t in_flight_max = 1024;
  double cost = 0;  ///< price of one message, in the operator's own unit
};

class library;  // a loaded file and its entry; see native/library.hpp

/// The `plugins:` entry of nip.yaml, or the default one of a plugin that was found.
struct settings {
  std::string name;     ///< name of the instance
  std::string use;      ///< name of the plugin; empty: same as `name`
  std::string version;  ///< required version, or empty
  bool enabled = true;
  isolation level = isolation::none;
  nlohmann::json config = nlohmann::json::object();
  // Overrides of the descriptor; zero or nullopt keeps it.
  std::optional<execution> runs;
  std::optional<instances> count;
  std::uint32_t in_flight_max = 0;
  std::uint32_t batch_max = 0;
  std::string where;  ///< "nip.yaml:12:3", for messages
};

/// One plugin instance as one generation knows it: immutable; equal pointers mean nothing changed.
struct spec {
  settings set;
  descriptor about;
  std::shared_ptr<const library> code;
  std::uint32_t reloads = 0;  ///< how often the file was replaced since start
  std::string unusable;       ///< why it cannot run as it stands (no config yet); empty: it can
};
using spec_ptr = std::shared_ptr<const spec>;

/// name → spec, sorted by name. Part of a generation.
using spec_map = std::map<std::string, spec_ptr, std::less<>>;

}  // namespace nip::plugin
