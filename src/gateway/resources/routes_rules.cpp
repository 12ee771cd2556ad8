// Routes of rules.
#include "gateway/resources/route_parts.hpp"

namespace nip::gateway::resources {
namespace {

using http::method;

constexpr std::array<std::uint16_t, 3> rule_deleted{204, 404, 409};

constexpr std::array rule_table{
    parts::read({"/v4/rules", "listRules", "rules", "Rules in force"}, list_rules, "Page",
                parts::ok_or_bad, parts::paged),
    parts::write(method::post,
                 {"/v4/rules:test", "testRules", "rules", "Route a message without effect"},
                 test_rules, "RuleTest", "Explanation", parts::tested),
    parts::read({"/v4/rules/{id}", "getRule", "rules", "One rule"}, get_rule, "Rule"),
    parts::write(method::put, {"/v4/rules/{id}", "putRule", "rules", "Make or replace a rule"},
                 put_rule, "Rule", "Rule", parts::changed),
    parts::act(method::del,
               {"/v4/rules/{id}", "deleteRule", "rules", "Remove a rule that was made here"},
               delete_rule, {}, rule_deleted),
};

}  // namespace

std::span<const route> rule_routes() { return rule_table; }

}  // namespace nip::gateway::resources
