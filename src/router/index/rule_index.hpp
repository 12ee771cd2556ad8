// Which of many conditions are true for a message, without trying them all.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cel/check.hpp"
#include "cel/input.hpp"
#include "router/index/affix_set.hpp"
#include "router/index/field_walk.hpp"
#include "router/index/fired_set.hpp"
#include "router/index/literal_table.hpp"
#include "router/index/normal_form.hpp"
#include "router/index/order_scale.hpp"
#include "router/index/pattern_bank.hpp"

namespace nip::router {

/// How much of a condition the index decides.
enum class indexing : std::uint8_t {
  whole,   ///< all of it
  partly,  ///< a part; where that part holds, the condition's program is run
  none,    ///< nothing: the program is run for every message
};
std::string_view to_string(indexing how) noexcept;

class match_state;

/// Immutable once built; any thread, each with a match_state of its own. docs/internals/index.md
/// explains the structure.
///
/// A message becomes *facts*: for each slot (a path and a way of comparing it) a small number, 0
/// where no comparison is defined. A predicate is an interval of the facts of one slot. Each rule
/// hangs under predicates of which one must hold for it to be true, and a posting tests the rest.
class rule_index {
 public:
  /// A predicate as an interval of facts. Flags in `slot` choose the other kinds of test.
  struct test {
    std::uint32_t slot = 0;
    std::uint32_t first = 1;
    std::uint32_t span = 0;  ///< last - first
  };
  /// What hangs under a predicate: when that holds, `guard` and then the words at `rest` decide.
  struct posting {
    std::uint32_t rule;
    std::uint32_t rest;  ///< 0: nothing
    test guard;
  };

  rule_index() = default;
  rule_index(rule_index&&) = default;
  rule_index& operator=(rule_index&&) = default;

  /// Finds the rules that may be true for the message behind `in`: those that are indexed whole are
  /// true, of the others the program decides. They are in state.fired afterwards. `in` was begun
  /// for this message and has not been asked for anything yet.
  void match(cel::input& in, match_state& state) const;
  /// The same, and which rules hang under a predicate that holds, but do not fire: at most
  /// `near_max`, each once, in no order.
  void match_near(cel::input& in, match_state& state, std::size_t near_max,
                  std::vector<std::uint32_t>& near) const;

  indexing how(std::uint32_t rule) const { return how_[rule]; }
  /// Rules in it: one more than the greatest number.
  std::size_t size() const { return how_.size(); }
  std::uint32_t count(indexing how) const { return counts_[static_cast<unsigned>(how)]; }
  /// The regular expressions that are asked.
  const pattern_bank& patterns() const { return patterns_; }
  /// Memory that it holds, without what RE2 takes for patterns.
  std::size_t bytes() const;

 private:
  friend class index_builder;
  friend class match_state;
  friend class index_run;

  static constexpr std::uint32_t negated_flag = std::uint32_t{1} << 31;
  static constexpr std::uint32_t set_flag = std::uint32_t{1} << 30;  ///< facts in a sorted row
  static constexpr std::uint32_t lazy_flag = std::uint32_t{1}
                                             << 29;  ///< no fact: asked when needed
  /// Nothing hangs under the path: it is looked up when a test needs it.
  static constexpr std::uint32_t deferred_flag = std::uint32_t{1} << 28;
  static constexpr std::uint32_t slot_mask = deferred_flag - 1;
  /// The slot whose fact is always 1, and the node whose postings every message meets.
  static constexpr std::uint32_t true_slot = 0;
  static constexpr std::uint32_t always_node = 0;

  /// A block of codes of a scale: 2^shift codes share a node.
  struct level {
    std::uint32_t shift;
    std::uint32_t first_node;
  };
  template <class Held>
  struct scale {
    std::uint32_t slot = 0;
    order_scale<Held> codes;
    std::vector<level> levels;
  };
  struct affixes {
    std::uint32_t slot;
    std::uint32_t first_node = 0;  ///< of first_code; 0: nothing hangs here
    affix_set codes;
  };
  /// What is known of one path; 0 for what no rule asks, else the place in the table plus one.
  struct watched {
    cel::path_id path = cel::no_path;
    std::uint32_t equal_slot = 0;
    std::uint32_t present_slot = 0;
    std::uint32_t present_node = 0;
    std::uint32_t numbers = 0;
    std::uint32_t texts = 0;
    std::uint32_t prefixes = 0;
    std::uint32_t suffixes = 0;
    std::uint32_t sets_begin = 0;  ///< of patterns that lead to rules
    std::uint32_t sets_end = 0;
    std::uint32_t members = 0;  ///< 1: rules hang under what it holds
  };
  /// A test that costs: a pattern, or the absence of a field.
  struct lazy_test {
    relation by;
    cel::path_id path;
    cel::path_id holder;
    std::uint32_t pattern;
  };
  struct range {
    std::uint32_t begin;
    std::uint32_t end;
  };

  std::unique_ptr<field_walk> walk_;
  std::vector<watched> watched_;
  std::vector<std::uint32_t> watched_at_;  ///< by path: place in watched_
  std::vector<std::uint32_t> slot_owner_;  ///< by slot: place in watched_
  literal_table equal_;
  literal_table members_;
  std::vector<scale<double>> numbers_;
  std::vector<scale<std::string>> texts_;
  std::vector<affixes> affixes_;
  std::vector<lazy_test> lazy_;
  pattern_bank patterns_;
  std::uint32_t first_pattern_node_ = 0;  ///< by pattern
  std::vector<bool> leading_sets_;        ///< of patterns: rules hang under one of them
  std::vector<test> tests_;               ///< by word
  std::vector<std::uint32_t> sets_;       ///< rows of facts, for set tests
  std::vector<word> rests_;            ///< at `rest`: the number of words, then words, all to hold
  std::vector<std::uint32_t> starts_;  ///< by node: its first posting; one more at the end
  std::vector<posting> postings_;
  std::vector<std::uint32_t> set_starts_;  ///< by literal: its first in set_nodes_; empty: no sets
  std::vector<std::uint32_t> set_nodes_;   ///< the nodes of sets that hold a literal
  std::vector<indexing> how_;
  std::array<std::uint32_t, 3> counts_{};  ///< of how_
  std::uint32_t slots_ = 1;
};

/// What one thread needs to match: sized for one index, reused for every message.
class match_state {
 public:
  explicit match_state(const rule_index& for_index);

  /// What may be true; taken by whoever asked.
  fired_set fired;

 private:
  friend class index_run;
  struct memo {
    std::uint32_t epoch = 0;
    std::uint8_t fact = 0;
  };
  std::vector<std::uint32_t> facts_;     ///< by slot; all 0 between messages but the first
  std::vector<std::uint32_t> resolved_;  ///< by place in watched_: the epoch of a deferred path
  std::vector<std::uint32_t> touched_;   ///< slots that are not 0
  std::vector<rule_index::range> ranges_;
  std::vector<const literal_table::entry*> members_;
  std::vector<memo> lazy_;
  pattern_answers patterns_;
  std::uint32_t epoch_ = 0;
};

}  // namespace nip::router
