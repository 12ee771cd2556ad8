#include "router/ruleset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "cel/check.hpp"
#include "cel/parser.hpp"
#include "router/index/index_builder.hpp"
#include "router/message_input.hpp"

namespace nip::router {
namespace {

std::unexpected<error> in_rule(const rule& what, std::string_view key, const error& why) {
  const std::string place = what.where.empty() ? "" : what.where + ": ";
  return fail(why.code, fmt::format("{}rule \"{}\": {}: {}", place, what.id, key, why.detail));
}

result<cel::checked_ast> check_condition(const std::string& text, cel::path_table& paths) {
  const auto& env = message_environment();
  NIP_TRY(tree, cel::parse(text, env.bounds().syntax));
  return cel::check(std::move(tree), env, paths);
}

/// Without `index` the rule is compiled to be tried; a disabled one only to see whether it could
/// be.
result<compiled_rule> compile_rule(rule what, cel::path_table& paths, index_builder* index) {
  const auto& env = message_environment();
  auto checked = check_condition(what.when, paths);
  if (!checked) return in_rule(what, "when", checked.error());
  const auto& yields = checked->result_type();
  if (!yields.is(cel::type_kind::boolean) && !yields.is(cel::type_kind::dyn))
    return fail(errc::invalid_argument,
                fmt::format("{}rule \"{}\": when: expected a condition, a bool, but \"{}\" is "
                            "of type {}",
                            what.where.empty() ? "" : what.where + ": ", what.id, what.when,
                            cel::to_text(yields)));
  if (!what.order.empty())
    if (auto order = cel::compile(what.order, env, paths); !order)
      return in_rule(what, "order", order.error());
  // What the index decides needs no program, and what it can decide is always a valid one.
  if (index != nullptr && index->add(*checked) == indexing::whole)
    return compiled_rule{std::move(what), std::nullopt};
  auto when = cel::generate(*checked, env);
  if (!when) return in_rule(what, "when", when.error());
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
  return compile(std::move(rules), tried_max);
}

result<ruleset_ptr> ruleset::compile(std::vector<rule> rules, std::size_t tried) {
  if (rules.size() > rules_max)
    return fail(errc::too_large,
                fmt::format("{} rules, at most {} are supported", rules.size(), rules_max));
  auto made = std::make_shared<ruleset>();
  made->written_ = rules;
  NIP_CHECK(refuse_repeated_ids(made->written_));
  std::ranges::stable_sort(rules, std::greater{}, &rule::priority);
  made->rules_.reserve(rules.size());
  const auto in_force = static_cast<std::size_t>(std::ranges::count(rules, true, &rule::enabled));
  std::optional<index_builder> index;
  if (in_force > tried) index.emplace();
  for (auto& each : rules) {
    const bool enabled = each.enabled;
    NIP_TRY(compiled,
            compile_rule(std::move(each), made->paths_, enabled && index ? &*index : nullptr));
    if (enabled) made->rules_.push_back(std::move(compiled));
  }
  if (index) {
    made->index_ = index->finish(made->paths_);
    made->number_rules();
  }
  return ruleset_ptr(std::move(made));
}

/// Where each rule stands in the index, and which are counted.
void ruleset::number_rules() {
  std::unordered_map<std::string_view, std::uint32_t> places(rules_.size());
  for (std::uint32_t i = 0; i < rules_.size(); ++i) {
    auto& one = rules_[i];
    places.emplace(one.what.id, i);
    if (!one.when) continue;
    one.counted_at = static_cast<std::uint32_t>(std::min(counted_.size(), counted_max));
    if (counted_.size() < counted_max) counted_.emplace_back(one.what.id);
  }
  for (const auto& each : written_) {
    const auto found = places.find(each.id);
    positions_.push_back(found == places.end() ? not_in_force : found->second);
  }
  runs_ = std::make_unique<std::atomic<std::uint64_t>[]>(counted_max + 1);
}

std::optional<indexing> ruleset::indexed(const rule& one) const {
  const auto place = static_cast<std::size_t>(&one - written_.data());
  if (!index_ || positions_[place] == not_in_force) return std::nullopt;
  return index_->how(positions_[place]);
}

std::vector<run_count> ruleset::runs() const {
  std::vector<run_count> out;
  for (std::size_t i = 0; i < counted_.size(); ++i)
    out.push_back({counted_[i], runs_[i].load(std::memory_order_relaxed)});
  if (counted_.size() == counted_max)
    out.push_back({{}, runs_[counted_max].load(std::memory_order_relaxed)});
  return out;
}

const rule* ruleset::find(std::string_view id) const {
  const auto at = std::ranges::lower_bound(
      written_, id, {}, [](const rule& each) -> std::string_view { return each.id; });
  return at == written_.end() || at->id != id ? nullptr : &*at;
}

}  // namespace nip::router
