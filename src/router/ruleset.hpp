// Compiled rules in the order in which they are tried: immutable, shared by all shards.
#pragma once

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
};

/// Built once, then only read; any thread.
class ruleset {
 public:
  /// Up to so many rules are tried one after the other, which is faster then; above it there is an
  /// index.
  static constexpr std::size_t tried_max = 16;

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
  const cel::path_table& paths() const { return paths_; }
  /// Where `message` itself is in it.
  cel::path_id message_path() const { return message_path_; }

 private:
  std::vector<compiled_rule> rules_;
  std::vector<rule> written_;
  std::optional<rule_index> index_;
  cel::path_table paths_;
  cel::path_id message_path_ = paths_.variable("message");
};
using ruleset_ptr = std::shared_ptr<const ruleset>;

}  // namespace nip::router
