// Chooses under which predicates a rule hangs: as few and as rarely true as can be, so that one of
// them holds whenever the rule is true.
#include <xxhash.h>

#include <algorithm>

#include "router/index/index_builder.hpp"

namespace nip::router {
namespace {

/// Codes of an order are covered by at most so many blocks of a power of two of them.
constexpr std::uint32_t blocks_max = 4;
/// Where rules ask for fewer orders of a path, one row of all of them is faster than blocks.
constexpr std::uint32_t orders_for_blocks_min = 256;
/// A block of all codes.
constexpr std::uint32_t shift_of_all = 31;

/// Calls `take(member)` with each member of a row of formulas.
template <class Take>
void each_member(std::span<const word> row, Take&& take) {
  for (std::size_t at = 0; at < row.size(); at += words_of(row[at]))
    take(row.subspan(at, words_of(row[at])));
}

}  // namespace

void index_builder::hang(std::uint32_t rule, const added& of) {
  rule_ = rule;
  pending_.clear();
  if (of.known == truth::never) return;
  const span formula = span(words_).subspan(of.first, of.count);
  if (of.known == truth::always) return hang_always(formula);
  posted_ = 0;
  const auto before = hung_.size();
  hang(formula);
  if (posted_ <= postings_per_rule_max) return;
  hung_.resize(before);
  hang_always(formula);
}

void index_builder::hang_always(span formula) {
  pending_.assign(formula.begin(), formula.end());
  targets_.assign(1, rule_index::always_node);
  post_at_nodes();
}

void index_builder::hang(span formula) {
  if (posted_ > postings_per_rule_max) return;
  const word head = formula.front();
  if (!is_junction(head)) return hang_predicate(head);
  if ((head & junction_mask) == junction_all) return hang_all(formula.subspan(1));
  each_member(formula.subspan(1), [&](span member) { hang(member); });
}

/// Under the member that holds most rarely; the others are then to be tested.
void index_builder::hang_all(span members) {
  std::vector<word> row(members.begin(), members.end());
  if (!merge_orders(row)) return;
  span best;
  double best_cost = 0;
  each_member(row, [&](span member) {
    const double one = cost(member);
    if (!best.empty() && one >= best_cost) return;
    best = member;
    best_cost = one;
  });
  const auto before = pending_.size();
  each_member(row, [&](span member) {
    if (member.data() != best.data() && !is_member_test(member.front()))
      pending_.insert(pending_.end(), member.begin(), member.end());
  });
  hang(best);
  pending_.resize(before);
}

double index_builder::cost(span formula) const {
  const word head = formula.front();
  if (!is_junction(head)) return selectivity_[head];
  const bool all = (head & junction_mask) == junction_all;
  double out = all ? 1 : 0;
  each_member(formula.subspan(1), [&](span member) {
    const double one = cost(member);
    out = all ? std::min(out, one) : out + one;
  });
  return out;
}

bool index_builder::is_order_test(word w) const {
  if (is_junction(w)) return false;
  const auto slot = out_.tests_[w].slot;
  return slot < rule_index::lazy_flag && scale_at_[slot] != 0;
}

/// Such a test always holds.
bool index_builder::is_member_test(word w) const {
  return !is_junction(w) && out_.tests_[w].slot == rule_index::true_slot;
}

/// Replaces the orders of one path by one interval. False when none is left in it.
bool index_builder::merge_orders(std::vector<word>& members) {
  for (std::size_t i = 0; i < members.size(); i += words_of(members[i])) {
    if (!is_order_test(members[i])) continue;
    for (auto j = i + 1; j < members.size();) {
      const auto& one = out_.tests_[members[i]];
      if (!is_order_test(members[j]) || out_.tests_[members[j]].slot != one.slot) {
        j += words_of(members[j]);
        continue;
      }
      const auto& other = out_.tests_[members[j]];
      const code_interval both{std::max(one.first, other.first),
                               std::min(one.first + one.span, other.first + other.span)};
      if (both.empty()) return false;
      members[i] = merged(both, members[i]);
      members.erase(members.begin() + static_cast<std::ptrdiff_t>(j));
    }
  }
  return true;
}

word index_builder::merged(code_interval codes, word like) {
  const test made{out_.tests_[like].slot, codes.first, codes.last - codes.first};
  const auto number = static_cast<word>(out_.tests_.size());
  const auto known = merged_.intern(XXH3_64bits(&made, sizeof(made)), number);
  if (known != number) {
    const auto& one = out_.tests_[known];
    if (one.slot == made.slot && one.first == made.first && one.span == made.span) return known;
  }
  const double share = (made.span + 1.0) / (out_.tests_[like].span + 1.0);
  selectivity_.push_back(selectivity_[like] * share);
  out_.tests_.push_back(made);
  return number;
}

void index_builder::hang_predicate(word w) {
  targets_.clear();
  const auto before = pending_.size();
  if (!nodes_of(w)) pending_.push_back(w);
  post_at_nodes();
  pending_.resize(before);
}

bool index_builder::nodes_of(word w) {
  const test what = out_.tests_[w];
  const auto slot = what.slot & rule_index::slot_mask;
  if ((what.slot & rule_index::lazy_flag) == 0 && (what.slot & rule_index::set_flag) == 0 &&
      scale_at_[slot] != 0)
    return order_nodes(what);
  const predicate& of = pool_[w];
  if (of.by == relation::present && of.negated) {
    targets_.push_back(rule_index::always_node);
    return false;
  }
  if (of.by == relation::pattern && !of.negated) return pattern_nodes(of, what);
  if (of.negated) {
    targets_.push_back(present_node(of.path));
    return false;
  }
  eager_[of.path] = true;
  switch (of.by) {
    case relation::equal:
      targets_.push_back(of.operand);
      return true;
    case relation::one_of:
      if (set_nodes_[of.operand] == 0) set_nodes_[of.operand] = new_nodes(1);
      targets_.push_back(set_nodes_[of.operand]);
      return true;
    case relation::present:
      targets_.push_back(present_node(of.path));
      return true;
    case relation::member:
      watch(of.path).members = 1;
      targets_.push_back(first_member_node_ + of.operand);
      return true;
    default: {
      auto& affixes = out_.affixes_[affixes_of(of)];
      if (affixes.first_node == 0)
        affixes.first_node = new_nodes(static_cast<std::uint32_t>(affixes.codes.size()));
      targets_.push_back(affixes.first_node + what.first - affix_set::first_code);
      return true;
    }
  }
}

/// A pattern in a set leads to its rules: the set is searched for every message. One that is in
/// none is asked where its path is there.
bool index_builder::pattern_nodes(const predicate& of, const test& what) {
  const auto pattern = out_.lazy_[what.first].pattern;
  const auto set = out_.patterns_.set_of(pattern);
  if (set == pattern_bank::no_set) {
    targets_.push_back(present_node(of.path));
    return false;
  }
  eager_[of.path] = true;
  if (out_.leading_sets_.size() <= set) out_.leading_sets_.resize(set + 1);
  out_.leading_sets_[set] = true;
  targets_.push_back(out_.first_pattern_node_ + pattern);
  return true;
}

bool index_builder::order_nodes(const test& what) {
  const auto slot = what.slot & rule_index::slot_mask;
  const auto place = scale_at_[slot] / 2 - 1;
  const auto path = out_.watched_[out_.slot_owner_[slot]].path;
  eager_[path] = true;
  const bool few = statistics_[path].order_uses < orders_for_blocks_min;
  const auto cover = [&](auto& scale) {
    const auto last = what.first + what.span;
    const auto end = scale.codes.last_code();
    if ((what.slot & rule_index::negated_flag) == 0)
      return last > end ? true : block_nodes(scale, {what.first, last}, few);
    // What is not in it, unordered values among them. Together they cover more than they say.
    if (last > end) return block_nodes(scale, {1, end}, few);
    if (what.first > 1) block_nodes(scale, {1, what.first - 1}, few);
    if (last < end) block_nodes(scale, {last + 1, end}, few);
    std::ranges::sort(targets_);
    const auto twice = std::ranges::unique(targets_);
    targets_.erase(twice.begin(), twice.end());
    return false;
  };
  return scale_at_[slot] % 2 == 0 ? cover(out_.numbers_[place]) : cover(out_.texts_[place]);
}

template <class Scale>
bool index_builder::block_nodes(Scale& scale, code_interval codes, bool few) {
  std::uint32_t shift = few ? shift_of_all : 0;
  while ((codes.last >> shift) - (codes.first >> shift) >= blocks_max) ++shift;
  auto level = std::ranges::find(scale.levels, shift, &rule_index::level::shift);
  if (level == scale.levels.end()) {
    scale.levels.push_back({shift, new_nodes((scale.codes.last_code() >> shift) + 1)});
    level = std::prev(scale.levels.end());
  }
  for (auto block = codes.first >> shift; block <= codes.last >> shift; ++block)
    targets_.push_back(level->first_node + block);
  const auto begin = codes.first >> shift << shift;
  const auto end = ((codes.last >> shift) + 1) << shift;
  return begin == codes.first && (end - 1 == codes.last || codes.last == scale.codes.last_code());
}

std::uint32_t index_builder::present_node(cel::path_id path) {
  eager_[path] = true;
  auto& node = watch(path).present_node;
  if (node == 0) node = new_nodes(1);
  return node;
}

std::uint32_t index_builder::new_nodes(std::uint32_t count) {
  nodes_ += count;
  return nodes_ - count;
}

/// Posts the rule at all targets_ with what is pending.
void index_builder::post_at_nodes() {
  rest_ = pending_;
  const word guard = take_guard();
  const auto rest = rest_of();
  for (const auto node : targets_)
    hung_.push_back({node, {.rule = rule_, .rest = rest, .guard = out_.tests_[guard]}});
  posted_ += targets_.size();
}

/// Takes the predicate that is false most often out of rest_; 0, which is true, when there is none.
word index_builder::take_guard() {
  std::size_t best = rest_.size();
  for (std::size_t at = 0; at < rest_.size(); at += words_of(rest_[at]))
    if (!is_junction(rest_[at]) &&
        (best == rest_.size() || selectivity_[rest_[at]] < selectivity_[rest_[best]]))
      best = at;
  if (best == rest_.size()) return 0;
  const word guard = rest_[best];
  rest_.erase(rest_.begin() + static_cast<std::ptrdiff_t>(best));
  return guard;
}

/// Where the words of rest_ stand among the rests; equal rests stand there once.
std::uint32_t index_builder::rest_of() {
  if (rest_.empty()) return 0;
  by_cost_.clear();
  each_member(rest_, [&](span member) { by_cost_.emplace_back(cost(member), member); });
  std::ranges::stable_sort(by_cost_, {}, &std::pair<double, span>::first);
  auto& row = row_;
  row.clear();
  for (const auto& [unused, each] : by_cost_) row.insert(row.end(), each.begin(), each.end());
  const auto fresh = static_cast<std::uint32_t>(out_.rests_.size());
  const auto known =
      rests_by_hash_.intern(XXH3_64bits(row.data(), row.size() * sizeof(row[0])), fresh);
  if (known != fresh &&
      std::ranges::equal(row, span(out_.rests_).subspan(known + 1, out_.rests_[known])))
    return known;
  out_.rests_.push_back(static_cast<word>(row.size()));
  out_.rests_.insert(out_.rests_.end(), row.begin(), row.end());
  return fresh;
}

}  // namespace nip::router
