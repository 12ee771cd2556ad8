// Everything that an operator has set, as the options of the rooms that own them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "broker/options.hpp"
#include "bus/journal/journal.hpp"
#include "gateway/options.hpp"
#include "observability/options.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/spec.hpp"
#include "state/options.hpp"

namespace nip::config {

/// A rule as it stands in a file, for router::parse_rule. One bad rule is named by its place.
struct located_rule {
  nlohmann::json document;
  std::string where;  ///< "rules.d/orders.yaml:12:5"
};

enum class environment_kind : std::uint8_t { development, production };
enum class bus_backend : std::uint8_t { embedded };

/// Encryption of the listener.
struct tls_options {
  bool enabled = false;
  /// A proxy in front ends TLS, so plain text on a public address is meant.
  bool terminated_upstream = false;
};

/// The outcome of load(). Paths are absolute or relative to the working directory, ready to be
/// used.
struct configuration {
  environment_kind environment = environment_kind::development;
  gateway::options gateway;
  tls_options tls;
  broker::options broker;
  std::uint32_t shards = 0;                ///< threads that serve; 0: as many as there are cores
  std::uint32_t cpu_hint_thousandths = 0;  ///< `resources.cpu`; 0: none
  plugin::options plugin_orchestrator;
  std::filesystem::path plugin_directory = "plugins";  ///< first of plugin_orchestrator.directories
  bus_backend backend = bus_backend::embedded;
  bus::options bus;
  state::options state;
  observability::options observability;
  std::string rules_pattern = "rules.d/*.yaml";  ///< relative to base_dir

  std::vector<located_rule> rules;           ///< inline ones first, then by file name
  std::vector<plugin::settings> plugins;     ///< in the order of the file
  std::vector<std::filesystem::path> files;  ///< everything that was read, nip.yaml first
  std::filesystem::path base_dir;            ///< folder of nip.yaml
  std::vector<std::string> warnings;         ///< what starts, but is probably not meant
};

}  // namespace nip::config
