// Routes of plugins.
#include "gateway/resources/route_parts.hpp"

namespace nip::gateway::resources {
namespace {

using http::method;

constexpr std::array<std::uint16_t, 4> plugin_reloaded{200, 400, 404, 409};

constexpr std::array plugin_table{
    parts::read({"/v4/plugins", "listPlugins", "plugins", "Plugins found and loaded"}, list_plugins,
                "Page", parts::ok_or_bad, parts::paged),
    parts::act(
        method::post,
        {"/v4/plugins/{name}:enable", "enablePlugin", "plugins", "Let a plugin take messages"},
        enable_plugin, "Plugin", parts::ok_or_missing),
    parts::act(method::post,
               {"/v4/plugins/{name}:disable", "disablePlugin", "plugins",
                "Let a plugin take no more messages"},
               disable_plugin, "Plugin", parts::ok_or_missing),
    parts::act(method::post,
               {"/v4/plugins/{name}:reload", "reloadPlugin", "plugins",
                "Load a plugin anew beside the old one and move over"},
               reload_plugin, "Plugin", plugin_reloaded),
    parts::read({"/v4/plugins/{name}", "getPlugin", "plugins", "One plugin"}, get_plugin, "Plugin"),
    parts::read({"/v4/plugins/{name}/config", "getPluginConfig", "plugins",
                 "Configuration of a plugin, secrets redacted"},
                get_plugin_config, "PluginConfig"),
    parts::write(method::put,
                 {"/v4/plugins/{name}/config", "putPluginConfig", "plugins",
                  "Configure a plugin; checked against its schema first"},
                 put_plugin_config, "PluginConfig", "PluginConfig", parts::changed),
    parts::read({"/v4/plugins/{name}/health", "getPluginHealth", "plugins", "Health of a plugin"},
                plugin_health, "PluginHealth"),
};

}  // namespace

std::span<const route> plugin_routes() { return plugin_table; }

}  // namespace nip::gateway::resources
