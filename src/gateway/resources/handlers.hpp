// The handlers of every route, by resource.
#pragma once

#include "gateway/resources/call.hpp"

namespace nip::gateway::resources {

// messages.cpp
void post_message(call& what);
void get_message(call& what);
void explain_message(call& what);
void list_messages(call& what);
// stream.cpp
void open_stream(call& what);
// rules.cpp
void list_rules(call& what);
void get_rule(call& what);
void put_rule(call& what);
void delete_rule(call& what);
void test_rules(call& what);
// plugins.cpp
void list_plugins(call& what);
void get_plugin(call& what);
void plugin_health(call& what);
void get_plugin_config(call& what);
void put_plugin_config(call& what);
void enable_plugin(call& what);
void disable_plugin(call& what);
void reload_plugin(call& what);
// replay.cpp
void begin_replay(call& what);
void list_replays(call& what);
void get_replay(call& what);
void cancel_replay(call& what);
// subscriptions.cpp
void list_subscriptions(call& what);
void end_subscription(call& what);
// dead_letters.cpp
void list_dead_letters(call& what);
void dead_letter_groups(call& what);
void get_dead_letter(call& what);
void redrive_some(call& what);
void redrive_one(call& what);
void purge_some(call& what);
void purge_one(call& what);
// system.cpp
void get_stats(call& what);
void list_audit(call& what);
void get_config(call& what);
void health(call& what);
void health_live(call& what);
void health_ready(call& what);
void metrics(call& what);
void index_page(call& what);
// openapi.cpp
void openapi(call& what);

}  // namespace nip::gateway::resources
