// Builds a rule_index: add every condition, then finish.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "cel/check.hpp"
#include "router/index/normal_form.hpp"
#include "router/index/predicate_pool.hpp"
#include "router/index/rule_index.hpp"

namespace nip::router {

/// One thread; used once. Rules are numbered in the order in which they are added.
class index_builder {
 public:
  explicit index_builder(const pattern_bounds& bounds = {}) {
    out_.patterns_ = pattern_bank(bounds);
  }

  /// A condition with more ways to be true than that is tried for every message.
  static constexpr std::size_t postings_per_rule_max = 1024;

  /// What of the condition the index will decide. `of` is checked against the table that finish()
  /// is given.
  indexing add(const cel::checked_ast& of);
  rule_index finish(const cel::path_table& paths);

 private:
  struct added {
    std::uint32_t first;  ///< in words_
    std::uint32_t count;
    truth known;
  };
  struct hung {
    std::uint32_t node;
    rule_index::posting what;
  };
  struct statistics {
    std::uint32_t uses = 0;         ///< of the path, by all predicates
    std::uint32_t equal_uses = 0;   ///< of the path, by equal
    std::uint32_t order_uses = 0;   ///< of the path, by orders
    std::uint32_t member_uses = 0;  ///< of the path, by member
    std::uint32_t literals = 0;     ///< it is compared with for equality
    std::uint32_t members = 0;      ///< that are sought in it
  };
  using span = std::span<const word>;
  using test = rule_index::test;

  // index_builder.cpp: from predicates to tests
  void count_uses();
  rule_index::watched& watch(cel::path_id path);
  std::uint32_t new_slot(cel::path_id path);
  std::uint32_t equal_slot(cel::path_id path);
  std::uint32_t present_slot(cel::path_id path);
  void make_codes();
  void make_tests();
  test test_of(const predicate& of);
  test order_test(const predicate& of);
  test affix_test(const predicate& of);
  test lazy_test(const predicate& of);
  test set_test(const predicate& of);
  std::uint32_t affixes_of(const predicate& of);
  double selectivity(std::uint32_t number) const;
  double presence(cel::path_id path) const;

  // index_hanging.cpp: under which predicates a rule hangs
  void hang(std::uint32_t rule, const added& of);
  void hang(span formula);
  void hang_all(span members);
  void hang_predicate(word w);
  void hang_always(span formula);
  double cost(span formula) const;
  bool merge_orders(std::vector<word>& members);
  word merged(code_interval codes, word like);
  bool is_order_test(word w) const;
  bool is_member_test(word w) const;
  /// The nodes that a message meets when the predicate holds; false when it meets them in other
  /// cases too.
  bool nodes_of(word w);
  bool order_nodes(const test& what);
  template <class Scale>
  bool block_nodes(Scale& scale, code_interval codes, bool few);
  std::uint32_t present_node(cel::path_id path);
  bool pattern_nodes(const predicate& of, const test& what);
  std::uint32_t new_nodes(std::uint32_t count);
  void post_at_nodes();
  word take_guard();
  std::uint32_t rest_of();

  // index_layout.cpp: postings in rows by node
  void defer_paths();
  void make_walk(const cel::path_table& paths);
  void lay_out_patterns();
  void lay_out_postings();
  void lay_out_literals();
  void lay_out_sets();

  predicate_pool pool_;
  normal_form reader_{pool_};
  formula scratch_;
  std::vector<word> words_;
  std::vector<added> added_;
  std::vector<bool> eager_;  ///< by path: something hangs under it
  rule_index out_;

  std::vector<statistics> statistics_;  ///< by path
  std::vector<std::uint32_t> watched_at_;
  std::vector<double> selectivity_;      ///< by word
  std::vector<std::uint32_t> scale_at_;  ///< by slot; 0: none; else see scale_of()
  std::vector<const literal_table::entry*> order_entries_;  ///< by literal
  std::vector<const literal_table::entry*> text_entries_;
  /// By literal: the number of its pattern plus one; 0: not asked yet.
  std::vector<std::uint32_t> pattern_at_;
  std::vector<std::uint32_t> set_rows_;   ///< by set: its first in sets_
  std::vector<std::uint32_t> set_nodes_;  ///< by set: its node; 0: nothing hangs there
  number_map merged_;                     ///< by hash of a test: its word
  number_map rests_by_hash_;              ///< where the words with a hash stand

  std::uint32_t nodes_ = 0;
  std::uint32_t first_member_node_ = 0;  ///< of literal 0
  std::uint32_t rule_ = 0;               ///< that is being hung
  std::size_t posted_ = 0;               ///< postings of it
  std::vector<word> pending_;            ///< what must hold besides, while it is
  std::vector<std::uint32_t> targets_;   ///< nodes that it is posted at
  std::vector<word> rest_;
  std::vector<std::pair<double, span>> by_cost_;  ///< members of it
  std::vector<word> row_;
  std::vector<hung> hung_;
};

}  // namespace nip::router
