#include "config/load.hpp"

#include <fmt/format.h>

#include <array>
#include <initializer_list>

#include "config/bind.hpp"
#include "config/keys.hpp"
#include "config/overlay.hpp"
#include "config/plugin_entries.hpp"
#include "config/rule_files.hpp"
#include "config/source_file.hpp"
#include "config/yaml_reader.hpp"

namespace nip::config {
namespace {

namespace fs = std::filesystem;

// Top-level keys that are not in the table because their content is not ours.
constexpr std::array<std::string_view, 2> sections{"rules", "plugins"};

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("[::1]:") ||
         address.starts_with("localhost:");
}

/// The place of a key, or of the file when the key has its default.
const place& place_of(const node& root, std::initializer_list<std::string_view> path) {
  const node* at = &root;
  for (const std::string_view word : path) {
    at = at->find(word);
    if (at == nullptr) return root.at;
  }
  return at->at;
}

/// Plain text on an address that others reach: refused in production, warned of in development.
void check_tls(const node& root, configuration& read, problems& wrong) {
  if (read.tls.enabled)
    wrong.add(place_of(root, {"api_gateway", "tls", "enabled"}),
              "api_gateway.tls.enabled: this nipd does not serve TLS itself; put a proxy in front"
              " and set api_gateway.tls.terminated_upstream: true");
  if (read.tls.terminated_upstream) return;
  const place& where = place_of(root, {"api_gateway", "address"});
  for (const std::string& address : read.gateway.addresses) {
    if (is_loopback(address)) continue;
    if (read.environment == environment_kind::production) {
      wrong.add(where, fmt::format("api_gateway.address: production does not serve {} without TLS;"
                                   " listen on 127.0.0.1 or set"
                                   " api_gateway.tls.terminated_upstream: true",
                                   address));
    } else {
      read.warnings.push_back(fmt::format(
          "{}: {} is served without TLS to everybody who reaches it", where.text(), address));
    }
  }
}

/// Values that are fine alone but not together.
void check_together(const node& root, configuration& read, problems& wrong) {
  check_tls(root, read, wrong);
  if (read.broker.ack == message::ack_level::replicated)
    wrong.add(place_of(root, {"services", "event_bus", "ack"}),
              "services.event_bus.ack: replicated needs a cluster; the embedded journal reaches"
              " fsync");
}

/// Reads the tree's own keys; rule files come later, because the tree says where they are.
result<configuration> read_tree(const node& root) {
  if (root.kind != node_kind::map)
    return fail(
        errc::invalid_argument,
        describe(root.at, fmt::format("expected a map of settings, got {}", to_string(root.kind))));
  configuration read;
  problems wrong;
  bind_keys<configuration>(root, configuration_keys(), read, wrong, sections);
  if (const node* plugins = root.find("plugins")) read.plugins = read_plugins(*plugins, wrong);
  if (const node* rules = root.find("rules")) NIP_CHECK(take_rules(*rules, read.rules, wrong));
  check_together(root, read, wrong);
  NIP_CHECK(wrong.finish());
  return read;
}

/// "config/nip.yaml" and "production" give "config/nip.production.yaml".
fs::path overlay_path(const fs::path& file, std::string_view environment_name) {
  return file.parent_path() /
         fmt::format("{}.{}{}", file.stem().string(), environment_name, file.extension().string());
}

/// Lays the overlay over `root`; true when there was one.
result<bool> apply_overlay(node& root, const fs::path& file, const environment& variables) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return false;
  NIP_TRY(text, read_source(file));
  NIP_TRY(over, read_yaml(text, variables));
  if (const node* name = over.find("environment"))
    return fail(
        errc::invalid_argument,
        describe(name->at, "environment: an overlay cannot change it; set it in the main file"));
  overlay(root, std::move(over));
  return true;
}

std::string environment_of(const node& root) {
  const node* name = root.find("environment");
  const bool given = name != nullptr && name->kind == node_kind::scalar;
  return given ? name->text : "development";
}

}  // namespace

result<configuration> load(const fs::path& file, const environment& variables) {
  NIP_TRY(text, read_source(file));
  NIP_TRY(root, read_yaml(text, variables));
  const fs::path over = overlay_path(file, environment_of(root));
  NIP_TRY(overlaid, apply_overlay(root, over, variables));
  NIP_TRY(read, read_tree(root));

  read.files.push_back(file);
  if (overlaid) read.files.push_back(over);
  read.base_dir = file.has_parent_path() ? file.parent_path() : fs::path(".");
  read.plugin_orchestrator.directories = {read.base_dir / read.plugin_directory};

  problems wrong;
  NIP_TRY(rule_files, find_rule_files(read.base_dir, read.rules_pattern));
  for (const fs::path& each : rule_files) {
    NIP_CHECK(read_rule_file(each, variables, read.rules, wrong));
    read.files.push_back(each);
  }
  NIP_CHECK(wrong.finish());
  return std::move(read);
}

result<configuration> load_text(std::string name, std::string text, const environment& variables) {
  const auto from = std::make_shared<const source>(source{std::move(name), std::move(text)});
  NIP_TRY(root, read_yaml(from, variables));
  return read_tree(root);
}

}  // namespace nip::config
