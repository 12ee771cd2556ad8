// Builds generations out of files, REST rules and plugins on disk, and remembers the one in force.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "broker/generation.hpp"
#include "broker/reloader.hpp"
#include "plugin/catalogue.hpp"
#include "state/state_store.hpp"

namespace nip::broker {

/// [control thread]. A change is built aside and either becomes the next generation or leaves
/// nothing.
class generations {
 public:
  generations(reloader& files, plugin::catalogue& plugins, state::state_store& kept,
              clock_source& clock)
      : files_(files), plugins_(plugins), kept_(kept), clock_(clock) {}

  /// Reads files, stored rules and plugin folders. Fails with the first thing that is wrong.
  result<generation_ptr> load();
  /// Adds or replaces a rule made by REST. Fails with errc::conflict when a file has this id, with
  /// the rule's own fault otherwise.
  result<generation_ptr> put_rule(router::rule what);
  /// errc::not_found; errc::conflict when a file has it.
  result<generation_ptr> delete_rule(std::string_view id);
  /// Looks at the folders again; null when nothing changed.
  result<generation_ptr> rescan();
  /// errc::not_found. Enabling and disabling is kept over a restart.
  result<generation_ptr> enable_plugin(std::string_view name, bool enabled);
  /// errc::not_found, errc::invalid_argument against the plugin's schema. Kept over a restart.
  result<generation_ptr> configure_plugin(std::string_view name, nlohmann::json config);
  /// errc::not_found.
  result<generation_ptr> reload_plugin(std::string_view name);

  const generation_ptr& current() const { return current_; }
  std::vector<plugin::problem> plugin_problems() const { return plugins_.problems(); }
  /// What works but is probably not meant.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  /// What REST changed about a plugin.
  struct override_of {
    std::optional<bool> enabled;
    std::optional<nlohmann::json> config;
  };
  struct sources {
    definitions files;
    std::map<std::string, router::rule, std::less<>> api;
    std::map<std::string, override_of, std::less<>> plugins;
  };

  result<sources> read_kept(definitions files);
  result<generation_ptr> build(sources from);
  result<generation_id> next_number();
  /// What made it (`cause`) is kept with its number, or neither is.
  result<generation_ptr> commit(sources from, generation_ptr made,
                                std::optional<state::change> cause = {});
  result<generation_ptr> commit(generation_ptr made, std::optional<state::change> cause);
  std::vector<plugin::settings> settings_of(const sources& from) const;
  /// A generation that differs from the present one by its rules.
  result<generation_ptr> beside(router::ruleset_ptr rules);
  status check_targets(const std::vector<router::rule>& rules, const plugin::spec_map& plugins);
  status check_targets(const router::rule& rule, const plugin::spec_map& plugins);
  void forget_warnings_about(std::string_view rule);
  static std::string text_of(const override_of& what);
  result<generation_ptr> change_plugin(std::string_view name, const override_of& what);

  reloader& files_;
  plugin::catalogue& plugins_;
  state::state_store& kept_;
  clock_source& clock_;
  sources sources_;
  generation_ptr current_;
  std::vector<std::string> warnings_;
};

}  // namespace nip::broker
