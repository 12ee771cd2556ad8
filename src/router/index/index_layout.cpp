// Brings postings into rows, one a node, as they are read.
#include "router/index/index_builder.hpp"

namespace nip::router {

/// Paths that nothing hangs under are looked up only when a test needs them.
void index_builder::defer_paths() {
  const auto mark = [&](test& what) {
    const auto slot = what.slot & rule_index::slot_mask;
    if ((what.slot & rule_index::lazy_flag) != 0 || slot == rule_index::true_slot) return;
    if (!eager_[out_.watched_[out_.slot_owner_[slot]].path]) what.slot |= rule_index::deferred_flag;
  };
  for (auto& each : out_.tests_) mark(each);
  for (auto& each : hung_) mark(each.what.guard);
}

void index_builder::make_walk(const cel::path_table& paths) {
  std::vector<cel::path_id> wanted;
  std::vector<cel::path_id> others;
  for (const auto& each : out_.watched_) (eager_[each.path] ? wanted : others).push_back(each.path);
  out_.walk_ = std::make_unique<field_walk>(paths, wanted, others);
}

/// Which paths' texts are searched for which sets of patterns.
void index_builder::lay_out_patterns() {
  for (std::uint32_t set = 0; set < out_.leading_sets_.size(); ++set) {
    auto& path = watch(out_.patterns_.path_of(set));
    // The sets of a path stand in a row.
    if (path.sets_end == 0) path.sets_begin = set;
    path.sets_end = set + 1;
  }
}

void index_builder::lay_out_postings() {
  out_.starts_.assign(nodes_ + std::size_t{1}, 0);
  for (const auto& each : hung_) ++out_.starts_[each.node + 1];
  for (std::uint32_t i = 0; i < nodes_; ++i) out_.starts_[i + 1] += out_.starts_[i];
  out_.postings_.resize(hung_.size());
  auto next = out_.starts_;
  for (const auto& each : hung_) out_.postings_[next[each.node]++] = each.what;
  hung_ = {};
}

void index_builder::lay_out_literals() {
  const auto place = [&](literal_table& in, std::uint32_t first_node) {
    in.each([&](literal_table::entry& one) {
      one.begin = out_.starts_[first_node + one.number];
      one.count = out_.starts_[first_node + one.number + 1] - one.begin;
    });
  };
  place(out_.equal_, 0);
  place(out_.members_, first_member_node_);
}

/// For each literal the nodes of the sets that hold it.
void index_builder::lay_out_sets() {
  std::vector<std::uint32_t> counts(pool_.equal_literals().end_number() + std::size_t{1});
  bool some = false;
  const auto each_pair = [&](auto&& take) {
    for (std::uint32_t i = 0; i < set_nodes_.size(); ++i)
      if (set_nodes_[i] != 0)
        for (const auto literal : pool_.set(i)) take(literal, set_nodes_[i]);
  };
  each_pair([&](std::uint32_t literal, std::uint32_t) {
    ++counts[literal + 1];
    some = true;
  });
  if (!some) return;
  for (std::size_t i = 1; i < counts.size(); ++i) counts[i] += counts[i - 1];
  out_.set_starts_ = counts;
  out_.set_nodes_.resize(counts.back());
  each_pair([&](std::uint32_t literal, std::uint32_t node) {
    out_.set_nodes_[counts[literal]++] = node;
  });
}

}  // namespace nip::router
