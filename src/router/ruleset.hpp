// Compiled rules in the order in which they are tried: immutable, shared by all shards.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cel/path.hpp"
#include "cel/program.hpp"
#include "router/index/rule_index.hpp"
#include "router/rule.hpp"

namespace nip::router {

/// A rule and its program. A rule that the index decides by itself has none.
struct compiled_rule {
  rule what;
  std::optional<cel::program> when;
  std::uint32_t counted_at = 0;  ///< see ruleset::count_run()
};

/// How often a condition was run because the index does not decide it. `rule` is empty for all that
/// have no count of their own.
struct run_count {
  std::string_view rule;
  std::uint64_t runs = 0;
};

/// Built once, then only read; any thread.
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

  /// Disabled rules are not in it.
  std::span<const compiled_rule> rules() const { return rules_; }
  /// All rules as given, disabled ones too, sorted by id.
  std::span<const rule> written() const { return written_; }
  const rule* find(std::string_view id) const;
  /// Null when the rules are few enough to try each. It numbers them as rules() does.
  const rule_index* index() const { return index_ ? &*index_ : nullptr; }
  /// How much of a rule, one of written(), the index decides. Nothing without an index, and for a
  /// disabled rule.
  std::optional<indexing> indexed(const rule& one) const;

  /// Of rules that are not indexed whole the first so many are counted each by itself, the others
  /// together.
  static constexpr std::size_t counted_max = 100;
  /// Any thread: shards share the counts, which begin with this ruleset.
  void count_run(const compiled_rule& one) const {
    runs_[one.counted_at].fetch_add(1, std::memory_order_relaxed);
  }
  std::vector<run_count> runs() const;

  const cel::path_table& paths() const { return paths_; }
  /// Where `message` itself is in it.
  cel::path_id message_path() const { return message_path_; }

 private:
  void number_rules();

  static constexpr std::uint32_t not_in_force = UINT32_MAX;

  std::vector<compiled_rule> rules_;
  std::vector<std::uint32_t> positions_;  ///< of written_ in rules_; empty without an index
  std::vector<std::string_view> counted_;
  mutable std::unique_ptr<std::atomic<std::uint64_t>[]> runs_;
  std::vector<rule> written_;
  std::optional<rule_index> index_;
  cel::path_table paths_;
  cel::path_id message_path_ = paths_.variable("message");
};
using ruleset_ptr = std::shared_ptr<const ruleset>;

}  // namespace nip::router
