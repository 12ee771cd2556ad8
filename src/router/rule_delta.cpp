#include "router/rule_delta.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace nip::router {
namespace {

/// Whether a rule of the API is tried before another one.
bool is_ahead(const rule& one, const rule& other) {
  if (one.priority != other.priority) return one.priority > other.priority;
  return other.from == origin::api && one.id < other.id;
}

}  // namespace

const rule_delta::change* rule_delta::at(std::string_view id) const {
  const auto found = std::ranges::lower_bound(changes_, id, {}, &change::id);
  return found == changes_.end() || found->id != id ? nullptr : &*found;
}

const rule* rule_delta::find(std::string_view id) const {
  const auto* known = at(id);
  return known->now ? &known->now->rule.what : nullptr;
}

rule_delta::change rule_delta::change_of(const rule_base& base, std::string_view id) {
  const auto found = std::ranges::lower_bound(
      base.written, id, {}, [](const rule& each) -> std::string_view { return each.id; });
  const bool replaces = found != base.written.end() && found->id == id;
  return {.id = replaces ? std::string_view(found->id) : id,
          .place = static_cast<std::uint32_t>(found - base.written.begin()),
          .replaces = replaces,
          .now = {},
          .before = none};
}

void rule_delta::put(const rule_base& base, changed_ptr now) {
  auto made = change_of(base, now->rule.what.id);
  const auto before = std::ranges::partition_point(
      base.rules, [&](const compiled_rule& each) { return !is_ahead(now->rule.what, each.what); });
  made.before = static_cast<std::uint32_t>(before - base.rules.begin());
  made.now = std::move(now);
  set(base, std::move(made));
}

void rule_delta::remove(const rule_base& base, std::string_view id) {
  auto made = change_of(base, id);
  if (made.replaces) return set(base, std::move(made));
  std::erase_if(changes_, [&](const change& each) { return each.id == id; });
  derive(base);
}

void rule_delta::set(const rule_base& base, change what) {
  const auto found = std::ranges::lower_bound(changes_, what.id, {}, &change::id);
  if (found != changes_.end() && found->id == what.id)
    *found = std::move(what);
  else
    changes_.insert(found, std::move(what));
  derive(base);
}

void rule_delta::derive(const rule_base& base) {
  active_.clear();
  hidden_.clear();
  for (const auto& each : changes_) {
    if (each.now && each.now->rule.what.enabled) active_.push_back({each.before, each.now.get()});
    if (each.replaces && base.positions[each.place] != rule_base::not_in_force)
      hidden_.push_back(base.positions[each.place]);
  }
  std::ranges::sort(hidden_);
  // By id already: rules of one priority before the same one of the base stay so.
  std::ranges::stable_sort(active_, [](const active& one, const active& other) {
    return std::tuple(one.before, -std::int64_t{one.rule->rule.what.priority}) <
           std::tuple(other.before, -std::int64_t{other.rule->rule.what.priority});
  });
}

bool rule_delta::hides(std::uint32_t position) const {
  return std::ranges::binary_search(hidden_, position);
}

std::size_t rule_delta::written_size(const rule_base& base) const {
  auto out = base.written.size();
  for (const auto& each : changes_) {
    if (each.now) ++out;
    if (each.replaces) --out;
  }
  return out;
}

const rule& rule_delta::written_at(const rule_base& base, std::size_t place) const {
  // The place that it would have if all changes were behind it.
  std::size_t in_base = place;
  for (const auto& each : changes_) {
    if (in_base < each.place) break;
    if (each.now) {
      if (in_base == each.place) return each.now->rule.what;
      --in_base;
    }
    if (each.replaces) ++in_base;
  }
  return base.written[in_base];
}

}  // namespace nip::router
