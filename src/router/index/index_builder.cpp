#include "router/index/index_builder.hpp"

#include <algorithm>
#include <cmath>

namespace nip::router {

indexing index_builder::add(const cel::checked_ast& of) {
  reader_.normalize(of, scratch_);
  added_.push_back({static_cast<std::uint32_t>(words_.size()),
                    static_cast<std::uint32_t>(scratch_.words.size()), scratch_.known});
  words_.insert(words_.end(), scratch_.words.begin(), scratch_.words.end());
  const bool decided = scratch_.whole || scratch_.known == truth::never;
  const bool some = scratch_.known != truth::always;
  const auto how = decided ? indexing::whole : some ? indexing::partly : indexing::none;
  out_.how_.push_back(how);
  ++out_.counts_[static_cast<unsigned>(how)];
  return how;
}

rule_index index_builder::finish(const cel::path_table& paths) {
  statistics_.resize(paths.size());
  out_.watched_at_.assign(paths.size(), 0);
  watched_at_.assign(paths.size(), 0);
  eager_.assign(paths.size(), false);
  out_.slot_owner_.push_back(0);
  count_uses();
  make_codes();
  make_tests();
  scale_at_.resize(out_.slots_);
  first_member_node_ = pool_.equal_literals().end_number();
  nodes_ = first_member_node_ + pool_.member_literals().end_number();
  set_nodes_.assign(pool_.sets(), 0);
  out_.first_pattern_node_ = new_nodes(static_cast<std::uint32_t>(out_.patterns_.size()));
  out_.rests_.push_back(0);
  rests_by_hash_ = number_map(added_.size());
  hung_.reserve(added_.size());
  for (std::uint32_t rule = 0; rule < added_.size(); ++rule) hang(rule, added_[rule]);
  words_ = {};
  defer_paths();
  lay_out_patterns();
  lay_out_postings();
  lay_out_sets();
  out_.equal_ = std::move(pool_.equal_literals());
  out_.members_ = std::move(pool_.member_literals());
  lay_out_literals();
  out_.watched_.shrink_to_fit();
  out_.tests_.shrink_to_fit();
  out_.rests_.shrink_to_fit();
  make_walk(paths);
  return std::move(out_);
}

void index_builder::count_uses() {
  for (const auto& each : pool_.all().subspan(predicate_pool::first_number)) {
    auto& of = statistics_[each.path];
    of.uses += each.uses;
    if (each.by == relation::equal) of.equal_uses += each.uses;
    if (is_order(each.by)) of.order_uses += each.uses;
    if (each.by == relation::member) of.member_uses += each.uses;
  }
  pool_.equal_literals().each([&](const auto& one) { ++statistics_[one.path()].literals; });
  pool_.member_literals().each([&](const auto& one) { ++statistics_[one.path()].members; });
}

rule_index::watched& index_builder::watch(cel::path_id path) {
  auto& place = watched_at_[path];
  if (place == 0) {
    out_.watched_at_[path] = static_cast<std::uint32_t>(out_.watched_.size());
    out_.watched_.push_back({.path = path});
    place = static_cast<std::uint32_t>(out_.watched_.size());
  }
  return out_.watched_[place - 1];
}

std::uint32_t index_builder::new_slot(cel::path_id path) {
  out_.slot_owner_.push_back(watched_at_[path] - 1);
  return out_.slots_++;
}

std::uint32_t index_builder::equal_slot(cel::path_id path) {
  auto& slot = watch(path).equal_slot;
  if (slot == 0) slot = new_slot(path);
  return slot;
}

std::uint32_t index_builder::present_slot(cel::path_id path) {
  auto& slot = watch(path).present_slot;
  if (slot == 0) slot = new_slot(path);
  return slot;
}

void index_builder::make_codes() {
  order_entries_.resize(pool_.order_literals().end_number());
  pool_.order_literals().each([&](const literal_table::entry& one) {
    order_entries_[one.number] = &one;
    auto& place =
        one.kind() == literal_kind::number ? watch(one.path()).numbers : watch(one.path()).texts;
    if (one.kind() == literal_kind::number) {
      if (place == 0) {
        out_.numbers_.push_back({.slot = new_slot(one.path()), .codes = {}, .levels = {}});
        place = static_cast<std::uint32_t>(out_.numbers_.size());
      }
      out_.numbers_[place - 1].codes.add(literal_table::number_at(one));
    } else {
      if (place == 0) {
        out_.texts_.push_back({.slot = new_slot(one.path()), .codes = {}, .levels = {}});
        place = static_cast<std::uint32_t>(out_.texts_.size());
      }
      out_.texts_[place - 1].codes.add(literal_table::text_of(one));
    }
  });
  for (auto& each : out_.numbers_) each.codes.finish();
  for (auto& each : out_.texts_) each.codes.finish();
  text_entries_.resize(pool_.text_literals().end_number());
  pool_.text_literals().each(
      [&](const literal_table::entry& one) { text_entries_[one.number] = &one; });
  for (const auto& each : pool_.all().subspan(predicate_pool::first_number))
    if (each.by == relation::prefix || each.by == relation::suffix)
      out_.affixes_[affixes_of(each)].codes.add(
          literal_table::text_of(*text_entries_[each.operand]));
  for (auto& each : out_.affixes_) each.codes.finish();
}

/// The place in affixes_ of the predicate's path and end.
std::uint32_t index_builder::affixes_of(const predicate& of) {
  const bool front = of.by == relation::prefix;
  auto& place = front ? watch(of.path).prefixes : watch(of.path).suffixes;
  if (place == 0) {
    const auto end = front ? affix_set::end::front : affix_set::end::back;
    out_.affixes_.push_back({.slot = new_slot(of.path), .codes = affix_set(end)});
    place = static_cast<std::uint32_t>(out_.affixes_.size());
  }
  return place - 1;
}

void index_builder::make_tests() {
  set_rows_.resize(pool_.sets());
  for (std::uint32_t i = 0; i < pool_.sets(); ++i) {
    set_rows_[i] = static_cast<std::uint32_t>(out_.sets_.size());
    out_.sets_.insert(out_.sets_.end(), pool_.set(i).begin(), pool_.set(i).end());
  }
  pattern_at_.resize(text_entries_.size());
  out_.tests_.push_back({});
  selectivity_.push_back(1);
  for (std::uint32_t i = predicate_pool::first_number; i < pool_.all().size(); ++i) {
    auto made = test_of(pool_[i]);
    if (pool_[i].negated) made.slot |= rule_index::negated_flag;
    out_.tests_.push_back(made);
    selectivity_.push_back(selectivity(i));
  }
  out_.patterns_.finish();
}

rule_index::test index_builder::test_of(const predicate& of) {
  switch (of.by) {
    case relation::equal:
      return {.slot = equal_slot(of.path), .first = of.operand, .span = 0};
    case relation::one_of:
      return set_test(of);
    case relation::prefix:
    case relation::suffix:
      return affix_test(of);
    case relation::pattern:
      return lazy_test(of);
    case relation::member:
      // It only leads to rules: where something else does, the program asks.
      watch(of.path);
      return {};
    case relation::present:
      if (of.negated) return lazy_test(of);
      return {.slot = present_slot(of.path), .first = 1, .span = 0};
    default:
      return order_test(of);
  }
}

rule_index::test index_builder::set_test(const predicate& of) {
  return {.slot = equal_slot(of.path) | rule_index::set_flag,
          .first = set_rows_[of.operand],
          .span = static_cast<std::uint32_t>(pool_.set(of.operand).size())};
}

rule_index::test index_builder::order_test(const predicate& of) {
  const auto& entry = *order_entries_[of.operand];
  const auto& path = watch(of.path);
  const auto made = [&](std::uint32_t slot, code_interval codes, std::uint32_t place) {
    if (scale_at_.size() <= slot) scale_at_.resize(slot + 1);
    scale_at_[slot] = place;
    // An empty interval, as of x < the least possible, is one that no fact lies in.
    if (codes.empty()) return test{.slot = slot, .first = rule_index::slot_mask, .span = 0};
    return test{.slot = slot, .first = codes.first, .span = codes.last - codes.first};
  };
  if (entry.kind() == literal_kind::number) {
    const auto& scale = out_.numbers_[path.numbers - 1];
    return made(scale.slot, scale.codes.interval_of(of.by, literal_table::number_at(entry)),
                2 * path.numbers);
  }
  const auto& scale = out_.texts_[path.texts - 1];
  return made(scale.slot, scale.codes.interval_of(of.by, literal_table::text_of(entry)),
              2 * path.texts + 1);
}

rule_index::test index_builder::affix_test(const predicate& of) {
  const auto& affixes = out_.affixes_[affixes_of(of)];
  const auto codes = affixes.codes.interval_of(literal_table::text_of(*text_entries_[of.operand]));
  return {.slot = affixes.slot, .first = codes.first, .span = codes.last - codes.first};
}

rule_index::test index_builder::lazy_test(const predicate& of) {
  rule_index::lazy_test made{.by = of.by, .path = of.path, .holder = cel::no_path, .pattern = 0};
  if (of.by == relation::pattern) {
    // A literal is of one path. Its negation asks the same pattern.
    auto& known = pattern_at_[of.operand];
    if (known == 0)
      known = 1 + out_.patterns_.add(of.path, literal_table::text_of(*text_entries_[of.operand]));
    made.pattern = known - 1;
  } else {
    made.holder = of.operand;
  }
  out_.lazy_.push_back(made);
  return {.slot = rule_index::lazy_flag,
          .first = static_cast<std::uint32_t>(out_.lazy_.size()) - 1,
          .span = 0};
}

/// How often the path is there, guessed: what many rules ask for is in many messages.
double index_builder::presence(cel::path_id path) const {
  return std::sqrt(std::min(1.0, statistics_[path].uses / static_cast<double>(added_.size())));
}

/// How often the predicate holds, guessed. Between constants of one path those that many rules ask
/// for are frequent; between paths the one with more constants tells messages apart better.
double index_builder::selectivity(std::uint32_t number) const {
  const predicate& of = pool_[number];
  const auto& known = statistics_[of.path];
  const double there = presence(of.path);
  // Asking a pattern costs more than anything else does.
  if (of.by == relation::pattern) return 1;
  if (of.by == relation::present) return of.negated ? 1 : there;
  if (of.by == relation::member)
    return there * std::sqrt(of.uses / std::max(1.0, 1.0 * known.member_uses) /
                             std::max(1U, known.members));
  if (is_order(of.by)) {
    const auto& what = out_.tests_.size() > number ? out_.tests_[number] : test{};
    const auto& path = out_.watched_[watched_at_[of.path] - 1];
    const bool numeric = order_entries_[of.operand]->kind() == literal_kind::number;
    const double codes = numeric ? out_.numbers_[path.numbers - 1].codes.last_code()
                                 : out_.texts_[path.texts - 1].codes.last_code();
    const double share = std::min(1.0, (what.span + 1) / codes);
    return there * (of.negated ? 1 - share : share);
  }
  if (of.negated) return there;
  const double literals = std::max(1U, known.literals);
  if (of.by == relation::equal)
    return there * std::sqrt(of.uses / std::max(1.0, 1.0 * known.equal_uses) / literals);
  if (of.by == relation::one_of)
    return there * std::min(1.0, static_cast<double>(pool_.set(of.operand).size()) / literals);
  return there * 0.3;
}

}  // namespace nip::router
