// /v4/plugins: what is loaded, its configuration and health, and switching it.
#include "gateway/resources/handlers.hpp"

namespace nip::gateway::resources {
namespace {

using action = broker::administration::plugin_action;

void act(call& what, action which) {
  what.shard.admin.act_on_plugin(what.shard.shard, what.shard.who, what.parameters[0], which,
                                 what.respond());
}

}  // namespace

void list_plugins(call& what) {
  if (auto page = what.page())
    what.shard.admin.list_plugins(what.shard.shard, *std::move(page), what.respond());
}

void get_plugin(call& what) {
  what.shard.admin.get_plugin(what.shard.shard, what.parameters[0], what.respond());
}

void plugin_health(call& what) {
  what.shard.admin.plugin_health(what.shard.shard, what.parameters[0], what.respond());
}

void get_plugin_config(call& what) {
  what.shard.admin.get_plugin_config(what.shard.shard, what.parameters[0], what.respond());
}

void put_plugin_config(call& what) {
  if (auto body = what.json_body())
    what.shard.admin.put_plugin_config(what.shard.shard, what.shard.who, what.parameters[0],
                                       *std::move(body), what.respond());
}

void enable_plugin(call& what) { act(what, action::enable); }
void disable_plugin(call& what) { act(what, action::disable); }
void reload_plugin(call& what) { act(what, action::reload); }

}  // namespace nip::gateway::resources
