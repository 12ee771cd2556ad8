#include "router/ruleset.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "router/message_input.hpp"

namespace nip::router {
namespace {

std::unexpected<error> in_rule(const rule& what, std::string_view key, const error& why) {
  const std::string place = what.where.empty() ? "" : what.where + ": ";
  return fail(why.code, fmt::format("{}rule \"{}\": {}: {}", place, what.id, key, why.detail));
}

result<compiled_rule> compile_rule(rule what, cel::path_table& paths) {
  const auto& env = message_environment();
  auto when = cel::compile(what.when, env, paths);
  if (!when) return in_rule(what, "when", when.error());
  const auto& yields = when->result_type();
  if (!yields.is(cel::type_kind::boolean) && !yields.is(cel::type_kind::dyn))
    return fail(errc::invalid_argument,
                fmt::format("{}rule \"{}\": when: expected a condition, a bool, but \"{}\" is "
                            "of type {}",
                            what.where.empty() ? "" : what.where + ": ", what.id, what.when,
                            cel::to_text(yields)));
  if (!what.order.empty())
    if (auto order = cel::compile(what.order, env, paths); !order)
      return in_rule(what, "order", order.error());
  return compiled_rule{std::move(what), std::move(*when)};
}

status refuse_repeated_ids(std::vector<rule>& by_id) {
  std::ranges::stable_sort(by_id, {}, &rule::id);
  const auto twice = std::ranges::adjacent_find(by_id, {}, &rule::id);
  if (twice == by_id.end()) return {};
  const auto place = [](const rule& each) {
    return each.from == origin::api ? std::string("the REST API") : each.where;
  };
  return fail(errc::conflict,
              fmt::format("rule \"{}\" is there twice: in {} and in {}; give one of them "
                          "another id",
                          twice->id, place(*twice), place(*std::next(twice))));
}

}  // namespace

result<ruleset_ptr> ruleset::compile(std::vector<rule> rules) {
  if (rules.size() > rules_max)
    return fail(errc::too_large,
                fmt::format("{} rules, at most {} are supported", rules.size(), rules_max));
  auto made = std::make_shared<ruleset>();
  made->written_ = rules;
  NIP_CHECK(refuse_repeated_ids(made->written_));
  std::ranges::stable_sort(rules, std::greater{}, &rule::priority);
  made->rules_.reserve(rules.size());
  for (auto& each : rules) {
    const bool enabled = each.enabled;
    NIP_TRY(compiled, compile_rule(std::move(each), made->paths_));
    if (enabled) made->rules_.push_back(std::move(compiled));
  }
  return ruleset_ptr(std::move(made));
}

const rule* ruleset::find(std::string_view id) const {
  const auto at = std::ranges::lower_bound(
      written_, id, {}, [](const rule& each) -> std::string_view { return each.id; });
  return at == written_.end() || at->id != id ? nullptr : &*at;
}

}  // namespace nip::router
