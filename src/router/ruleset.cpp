#include "router/ruleset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "router/index/index_builder.hpp"

namespace nip::router {
namespace {

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

/// Where each rule stands in the index, and which are counted.
void number_rules(rule_base& in) {
  std::unordered_map<std::string_view, std::uint32_t> places(in.rules.size());
  for (std::uint32_t i = 0; i < in.rules.size(); ++i) {
    auto& one = in.rules[i];
    places.emplace(one.what.id, i);
    if (!one.when) continue;
    one.counted_at = static_cast<std::uint32_t>(std::min(in.counted.size(), ruleset::counted_max));
    if (in.counted.size() < ruleset::counted_max) in.counted.emplace_back(one.what.id);
  }
  for (const auto& each : in.written) {
    const auto found = places.find(each.id);
    in.positions.push_back(found == places.end() ? rule_base::not_in_force : found->second);
  }
}

}  // namespace

result<ruleset_ptr> ruleset::compile(std::vector<rule> rules) {
  return compile(std::move(rules), tried_max);
}

result<ruleset_ptr> ruleset::compile(std::vector<rule> rules, std::size_t tried) {
  if (rules.size() > rules_max)
    return fail(errc::too_large,
                fmt::format("{} rules, at most {} are supported", rules.size(), rules_max));
  auto made = std::make_shared<rule_base>();
  made->written = rules;
  NIP_CHECK(refuse_repeated_ids(made->written));
  std::ranges::stable_sort(rules, std::greater{}, &rule::priority);
  made->rules.reserve(rules.size());
  const auto in_force = static_cast<std::size_t>(std::ranges::count(rules, true, &rule::enabled));
  std::optional<index_builder> index;
  if (in_force > tried) index.emplace();
  for (auto& each : rules) {
    const bool enabled = each.enabled;
    NIP_TRY(compiled,
            compile_rule(std::move(each), made->paths, enabled && index ? &*index : nullptr));
    if (enabled) made->rules.push_back(std::move(compiled));
  }
  if (index) {
    made->index = index->finish(made->paths);
    number_rules(*made);
  }
  auto out = std::make_shared<ruleset>();
  out->base_ = std::move(made);
  out->runs_ = std::make_shared<counts>();
  return ruleset_ptr(std::move(out));
}

bool ruleset::has_room(std::string_view id) const {
  return base_->index && base_->rules.size() >= delta_base_min &&
         (delta_.size() < delta_max || delta_.has(id));
}

result<ruleset_ptr> ruleset::with(rule what) const {
  if (!has_room(what.id) || delta_.written_size(*base_) >= rules_max) return ruleset_ptr();
  auto made = std::make_shared<changed_rule>();
  NIP_TRY(compiled, compile_rule(std::move(what), made->paths, nullptr));
  made->rule = std::move(compiled);
  made->rule.counted_at = counted_max;
  auto to = delta_;
  to.put(*base_, std::move(made));
  return changed(std::move(to));
}

ruleset_ptr ruleset::without(std::string_view id) const {
  if (!has_room(id)) return nullptr;
  auto to = delta_;
  to.remove(*base_, id);
  return changed(std::move(to));
}

ruleset_ptr ruleset::changed(rule_delta to) const {
  auto out = std::make_shared<ruleset>();
  out->base_ = base_;
  out->runs_ = runs_;
  out->delta_ = std::move(to);
  return out;
}

std::optional<indexing> ruleset::indexed(const rule& one) const {
  if (!base_->index) return std::nullopt;
  if (delta_.has(one.id)) return one.enabled ? std::optional(indexing::none) : std::nullopt;
  const auto place = static_cast<std::size_t>(&one - base_->written.data());
  const auto position = base_->positions[place];
  if (position == rule_base::not_in_force) return std::nullopt;
  return base_->index->how(position);
}

std::vector<run_count> ruleset::runs() const {
  std::vector<run_count> out;
  const auto& counted = base_->counted;
  for (std::size_t i = 0; i < counted.size(); ++i)
    out.push_back({counted[i], (*runs_)[i].load(std::memory_order_relaxed)});
  if (counted.size() == counted_max || delta_.size() > 0)
    out.push_back({{}, (*runs_)[counted_max].load(std::memory_order_relaxed)});
  return out;
}

const rule* ruleset::find(std::string_view id) const {
  if (delta_.has(id)) return delta_.find(id);
  const auto at = std::ranges::lower_bound(
      base_->written, id, {}, [](const rule& each) -> std::string_view { return each.id; });
  return at == base_->written.end() || at->id != id ? nullptr : &*at;
}

std::size_t rule_positions::size() const {
  return of_.delta_begin() - of_.delta().hidden() + of_.delta().in_force().size();
}

const compiled_rule& rule_positions::operator[](std::uint32_t position) const {
  const auto base = of_.base_->rules.size();
  return position < base ? of_.base_->rules[position]
                         : of_.delta().in_force()[position - base].rule->rule;
}

const compiled_rule& rule_positions::iterator::operator*() const { return of_->rules()[at_]; }

rule_positions::iterator& rule_positions::iterator::operator++() {
  do ++at_;
  while (of_->delta().hides(at_));
  return *this;
}

rule_positions::iterator rule_positions::begin() const {
  std::uint32_t first = 0;
  while (of_.delta().hides(first)) ++first;
  return {of_, first};
}

rule_positions::iterator rule_positions::end() const {
  return {of_, of_.delta_begin() + static_cast<std::uint32_t>(of_.delta().in_force().size())};
}

}  // namespace nip::router
