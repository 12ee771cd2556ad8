// /v4/rules: what is in force, changes by REST, and a message tried without effect.
#include "gateway/resources/handlers.hpp"

namespace nip::gateway::resources {

void list_rules(call& what) {
  if (auto page = what.page())
    what.shard.admin.list_rules(what.shard.shard, *std::move(page), what.respond());
}

void get_rule(call& what) {
  what.shard.admin.get_rule(what.shard.shard, what.parameters[0], what.respond());
}

void put_rule(call& what) {
  if (auto body = what.json_body())
    what.shard.admin.put_rule(what.shard.shard, what.shard.who, what.parameters[0],
                              *std::move(body), what.respond());
}

void delete_rule(call& what) {
  what.shard.admin.delete_rule(what.shard.shard, what.shard.who, what.parameters[0],
                               what.respond(204));
}

void test_rules(call& what) {
  if (auto body = what.json_body())
    what.shard.admin.test_rules(what.shard.shard, what.shard.who, *std::move(body), what.respond());
}

}  // namespace nip::gateway::resources
