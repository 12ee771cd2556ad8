#include "router/index/rule_index.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "cel/aggregate.hpp"

namespace nip::router {

std::string_view to_string(indexing how) noexcept {
  constexpr std::string_view names[] = {"whole", "partly", "none"};
  return names[static_cast<unsigned>(how)];
}

match_state::match_state(const rule_index& for_index)
    : facts_(for_index.slots_),
      resolved_(for_index.watched_.size()),
      lazy_(for_index.lazy_.size()),
      patterns_(for_index.patterns_) {
  fired.resize(for_index.size());
  facts_[rule_index::true_slot] = 1;
  // No more slots than there are can be touched; a path yields a few ranges.
  touched_.reserve(for_index.slots_);
}

/// One message against the index. On the stack.
class index_run {
 public:
  index_run(const rule_index& of, cel::input& in, match_state& state)
      : of_(of), in_(in), state_(state), facts_(state.facts_.data()) {}

  void collect();
  template <class Miss>
  void scan(Miss&& miss);
  void clear();

 private:
  using index = rule_index;

  template <class Miss>
  void test_passed(Miss&& miss);
  void take(const index::watched& path, const cel::value& v);
  void take_equal(const index::watched& path, const cel::value& v);
  void take_members(const index::watched& path, const cel::value& holder);
  void take_text(const index::watched& path, std::string_view text);
  template <class Held>
  void take_code(const index::scale<Held>& scale, std::uint32_t code);
  void take_affix(const index::affixes& of, std::uint32_t code);
  void set_fact(std::uint32_t slot, std::uint32_t fact) {
    facts_[slot] = fact;
    state_.touched_.push_back(slot);
  }
  void add_node(std::uint32_t node) { add_range(of_.starts_[node], of_.starts_[node + 1]); }
  void add_range(std::uint32_t begin, std::uint32_t end) {
    if (begin == end) return;
    __builtin_prefetch(&of_.postings_[begin]);
    state_.ranges_.push_back({begin, end});
  }

  bool holds(const index::test& what) {
    if (what.slot < index::deferred_flag) [[likely]]
      return facts_[what.slot] - what.first <= what.span;
    return holds_flagged(what);
  }
  bool holds_flagged(const index::test& what);
  void resolve(std::uint32_t slot);
  std::uint8_t lazy_fact(std::uint32_t number);
  std::uint8_t ask(const index::lazy_test& what);
  bool all_hold(const word* at, const word* end);
  bool any_holds(const word* at, const word* end);
  bool formula_holds(const word* at);

  const rule_index& of_;
  cel::input& in_;
  match_state& state_;
  std::uint32_t* facts_;
  std::array<const index::posting*, 32> passed_;  ///< their guard holds, their rest is to be tested
  std::size_t passed_count_ = 0;
};

void index_run::collect() {
  ++state_.epoch_;
  state_.patterns_.next();
  if (state_.epoch_ == 0) {
    std::ranges::fill(state_.lazy_, match_state::memo{});
    std::ranges::fill(state_.resolved_, 0);
    state_.epoch_ = 1;
  }
  add_node(index::always_node);
  of_.walk_->visit(in_, [this](cel::path_id path, const cel::value& v) {
    take(of_.watched_[of_.watched_at_[path]], v);
  });
}

void index_run::take(const index::watched& path, const cel::value& v) {
  if (path.present_slot != 0) set_fact(path.present_slot, 1);
  if (path.present_node != 0) add_node(path.present_node);
  if (path.equal_slot != 0) take_equal(path, v);
  if (v.is_number()) {
    if (path.numbers == 0) return;
    const auto& scale = of_.numbers_[path.numbers - 1];
    take_code(scale, scale.codes.code_of(number_of(v)));
  } else if (v.is(cel::value_kind::string)) {
    take_text(path, v.as_view());
  } else if (path.members != 0) {
    take_members(path, v);
  }
}

void index_run::take_equal(const index::watched& path, const cel::value& v) {
  constexpr std::uint32_t other_fact = 1;
  const auto operand = literal_of(v);
  const auto* found =
      operand ? of_.equal_.find(literal_table::key_of(path.path, *operand)) : nullptr;
  if (found == nullptr) return set_fact(path.equal_slot, other_fact);
  set_fact(path.equal_slot, found->number);
  add_range(found->begin, found->begin + found->count);
  if (of_.set_starts_.empty()) return;
  for (auto at = of_.set_starts_[found->number]; at < of_.set_starts_[found->number + 1]; ++at)
    add_node(of_.set_nodes_[at]);
}

/// As long as the list or map is: the message's size bounds it. What is there twice counts once.
void index_run::take_members(const index::watched& path, const cel::value& holder) {
  if (!holder.is(cel::value_kind::list) && !holder.is(cel::value_kind::map)) return;
  auto& members = state_.members_;
  members.clear();
  for (cel::cursor each(holder); each.next();) {
    const auto operand = literal_of(each.key());
    if (!operand) continue;
    if (const auto* found = of_.members_.find(literal_table::key_of(path.path, *operand)))
      members.push_back(found);
  }
  std::ranges::sort(members);
  const auto twice = std::ranges::unique(members);
  members.erase(twice.begin(), twice.end());
  for (const auto* each : members) add_range(each->begin, each->begin + each->count);
}

void index_run::take_text(const index::watched& path, std::string_view text) {
  if (path.texts != 0) {
    const auto& scale = of_.texts_[path.texts - 1];
    take_code(scale, scale.codes.code_of(text));
  }
  for (const auto place : {path.prefixes, path.suffixes})
    if (place != 0)
      take_affix(of_.affixes_[place - 1], of_.affixes_[place - 1].codes.code_of(text));
  for (auto set = path.sets_begin; set < path.sets_end; ++set)
    if (of_.leading_sets_[set])
      for (const auto pattern : of_.patterns_.found_by(set, text, state_.patterns_))
        add_node(of_.first_pattern_node_ + pattern);
}

template <class Held>
void index_run::take_code(const index::scale<Held>& scale, std::uint32_t code) {
  set_fact(scale.slot, code);
  for (const auto& level : scale.levels) add_node(level.first_node + (code >> level.shift));
}

void index_run::take_affix(const index::affixes& of, std::uint32_t code) {
  set_fact(of.slot, code);
  if (of.first_node == 0) return;
  for (; code != affix_set::none_code; code = of.codes.shorter(code))
    add_node(of.first_node + code - affix_set::first_code);
}

template <class Miss>
void index_run::scan(Miss&& miss) {
  for (const auto& range : state_.ranges_) {
    for (auto at = range.begin; at < range.end; ++at) {
      const auto& one = of_.postings_[at];
      if (!holds(one.guard)) {
        miss(one.rule);
      } else if (one.rest == 0) {
        state_.fired.put(one.rule);
      } else {
        __builtin_prefetch(&of_.rests_[one.rest]);
        passed_[passed_count_++] = &one;
        if (passed_count_ == passed_.size()) test_passed(miss);
      }
    }
  }
  test_passed(miss);
}

/// Rests and what they ask are scattered over memory that the cache does not hold when there are
/// many: those of some postings are fetched at once.
template <class Miss>
void index_run::test_passed(Miss&& miss) {
  const std::span passed(passed_.data(), std::exchange(passed_count_, 0));
  for (const auto* each : passed) {
    const word* first = &of_.rests_[each->rest + 1];
    while (is_junction(*first)) ++first;
    __builtin_prefetch(&of_.tests_[*first]);
  }
  for (const auto* each : passed) {
    const word* rest = &of_.rests_[each->rest];
    if (all_hold(rest + 1, rest + 1 + *rest))
      state_.fired.put(each->rule);
    else
      miss(each->rule);
  }
}

void index_run::clear() {
  for (const auto slot : state_.touched_) facts_[slot] = 0;
  state_.touched_.clear();
  state_.ranges_.clear();
}

bool index_run::formula_holds(const word* at) {
  if (!is_junction(*at)) return holds(of_.tests_[*at]);
  const word* end = at + words_of(*at);
  return (*at & junction_mask) == junction_all ? all_hold(at + 1, end) : any_holds(at + 1, end);
}

bool index_run::all_hold(const word* at, const word* end) {
  for (; at < end; at += words_of(*at))
    if (!formula_holds(at)) return false;
  return true;
}

bool index_run::any_holds(const word* at, const word* end) {
  for (; at < end; at += words_of(*at))
    if (formula_holds(at)) return true;
  return false;
}

bool index_run::holds_flagged(const index::test& what) {
  const bool negated = (what.slot & index::negated_flag) != 0;
  if ((what.slot & index::lazy_flag) != 0) return lazy_fact(what.first) == (negated ? 1 : 2);
  const auto slot = what.slot & index::slot_mask;
  if ((what.slot & index::deferred_flag) != 0) resolve(slot);
  const auto fact = facts_[slot];
  if (fact == 0) return false;
  if ((what.slot & index::set_flag) == 0) return (fact - what.first <= what.span) != negated;
  const auto* row = of_.sets_.data() + what.first;
  return std::binary_search(row, row + what.span, fact) != negated;
}

/// Makes the facts of a deferred path, once a message.
void index_run::resolve(std::uint32_t slot) {
  const auto owner = of_.slot_owner_[slot];
  if (state_.resolved_[owner] == state_.epoch_) return;
  state_.resolved_[owner] = state_.epoch_;
  const cel::value v = in_.at(of_.watched_[owner].path);
  if (!v.is_error()) take(of_.watched_[owner], v);
}

/// 0: an error; 1: false; 2: true.
std::uint8_t index_run::lazy_fact(std::uint32_t number) {
  auto& known = state_.lazy_[number];
  if (known.epoch != state_.epoch_) known = {state_.epoch_, ask(of_.lazy_[number])};
  return known.fact;
}

std::uint8_t index_run::ask(const index::lazy_test& what) {
  const cel::value v = in_.at(what.path);
  if (what.by == relation::pattern) {
    if (!v.is(cel::value_kind::string)) return 0;
    return of_.patterns_.found_in(what.pattern, v.as_view(), state_.patterns_) ? 2 : 1;
  }
  if (!v.is_error()) return 2;
  return in_.at(what.holder).is(cel::value_kind::map) ? 1 : 0;
}

void rule_index::match(cel::input& in, match_state& state) const {
  index_run run(*this, in, state);
  run.collect();
  run.scan([](std::uint32_t) {});
  run.clear();
}

void rule_index::match_near(cel::input& in, match_state& state, std::size_t near_max,
                            std::vector<std::uint32_t>& near) const {
  index_run run(*this, in, state);
  run.collect();
  run.scan([&](std::uint32_t rule) {
    if (near.size() < near_max) near.push_back(rule);
  });
  run.clear();
  std::ranges::sort(near);
  const auto twice = std::ranges::unique(near);
  near.erase(twice.begin(), twice.end());
  std::erase_if(near, [&](std::uint32_t rule) { return state.fired.has(rule); });
}

std::size_t rule_index::bytes() const {
  const auto of = [](const auto& rows) { return rows.capacity() * sizeof(rows[0]); };
  std::size_t sum = equal_.bytes() + members_.bytes() + of(watched_) + of(watched_at_) +
                    of(slot_owner_) + of(lazy_) + of(tests_) + of(sets_) + of(rests_) +
                    of(starts_) + of(postings_) + of(set_starts_) + of(set_nodes_) + of(how_) +
                    (walk_ ? walk_->bytes() : 0);
  for (const auto& each : numbers_) sum += each.codes.bytes() + of(each.levels);
  for (const auto& each : texts_) sum += each.codes.bytes() + of(each.levels);
  for (const auto& each : affixes_) sum += each.codes.bytes();
  return sum;
}

}  // namespace nip::router
