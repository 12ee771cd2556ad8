// Compiled rules in the order in which they are tried: immutable, shared by all shards.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cel/path.hpp"
#include "router/index/rule_index.hpp"
#include "router/rule.hpp"
#include "router/rule_delta.hpp"

namespace nip::router {

/// How often a condition was run because the index does not decide it. `rule` is empty for all that
/// have no count of their own.
struct run_count {
  std::string_view rule;
  std::uint64_t runs = 0;
};

class ruleset;

/// The rules in force. A position stays a rule's own under a delta, so positions may have gaps.
class rule_positions {
 public:
  explicit rule_positions(const ruleset& of) : of_(of) {}
  std::size_t size() const;
  const compiled_rule& operator[](std::uint32_t position) const;

  class iterator {
   public:
    iterator(const ruleset& of, std::uint32_t at) : of_(&of), at_(at) {}
    const compiled_rule& operator*() const;
    iterator& operator++();
    bool operator==(const iterator& other) const { return at_ == other.at_; }

   private:
    const ruleset* of_;
    std::uint32_t at_;
  };
  iterator begin() const;
  iterator end() const;

 private:
  const ruleset& of_;
};

/// Built once, then only read; any thread. Most of it is a base that was compiled as a whole; a
/// small delta beside it holds what single changes made of it.
class ruleset {
 public:
  /// Up to so many rules are tried one after the other, which is faster then; above it there is an
  /// index.
  static constexpr std::size_t tried_max = 3;

  /// Compiles and sorts by priority. Fails with errc::invalid_argument or errc::parse at the first
  /// bad rule, naming it, its place, and the place in its expression; errc::conflict for an id used
  /// twice; errc::too_large above rules_max.
  static result<std::shared_ptr<const ruleset>> compile(std::vector<rule> rules);
  /// The same with an index above another number of rules.
  static result<std::shared_ptr<const ruleset>> compile(std::vector<rule> rules, std::size_t tried);

  /// A base below is compiled anew for a change, which is as fast then.
  static constexpr std::size_t delta_base_min = 1000;
  /// Ids that a delta holds at most: its rules are tried one by one.
  static constexpr std::size_t delta_max = 64;

  /// This one with a rule of the API in place of that with its id, or besides the others. Null when
  /// the delta has no room: all of them are to be compiled then. Fails as compile() does. The rules
  /// of the API among those that were compiled stood behind those of files, by id.
  result<std::shared_ptr<const ruleset>> with(rule what) const;
  /// This one without a rule that it has; null as above.
  std::shared_ptr<const ruleset> without(std::string_view id) const;

  /// Disabled rules are not in it. In the order in which they are tried, but those of the delta
  /// come last.
  rule_positions rules() const { return rule_positions(*this); }
  /// All rules as given, disabled ones too, sorted by id; a view of it.
  auto written() const {
    return std::views::iota(std::size_t{0}, delta_.written_size(*base_)) |
           std::views::transform([this](std::size_t place) -> const rule& {
             return delta_.written_at(*base_, place);
           });
  }
  const rule* find(std::string_view id) const;
  /// Null when the rules are few enough to try each. It numbers them as rules() does, and knows
  /// nothing of the delta.
  const rule_index* index() const { return base_->index ? &*base_->index : nullptr; }
  const rule_delta& delta() const { return delta_; }
  /// The position of the first rule of the delta; the others follow as in delta().in_force().
  std::uint32_t delta_begin() const { return static_cast<std::uint32_t>(base_->rules.size()); }
  /// Whether both have one base: what was made for paths() and index() of one serves the other.
  bool shares_base(const ruleset& other) const { return base_ == other.base_; }
  /// How much of a rule, one of written(), the index decides. Nothing without an index, and for a
  /// disabled rule.
  std::optional<indexing> indexed(const rule& one) const;

  /// Of rules that are not indexed whole the first so many are counted each by itself, the others
  /// together.
  static constexpr std::size_t counted_max = 100;
  /// Any thread: shards share the counts, which begin with this base.
  void count_run(const compiled_rule& one) const {
    (*runs_)[one.counted_at].fetch_add(1, std::memory_order_relaxed);
  }
  std::vector<run_count> runs() const;

  /// Of all but the delta.
  const cel::path_table& paths() const { return base_->paths; }
  /// Where `message` itself is in it.
  cel::path_id message_path() const { return base_->message_path; }

 private:
  friend class rule_positions;
  using counts = std::array<std::atomic<std::uint64_t>, counted_max + 1>;

  std::shared_ptr<const ruleset> changed(rule_delta to) const;
  bool has_room(std::string_view id) const;

  std::shared_ptr<const rule_base> base_;
  std::shared_ptr<counts> runs_;
  rule_delta delta_;
};
using ruleset_ptr = std::shared_ptr<const ruleset>;

}  // namespace nip::router
