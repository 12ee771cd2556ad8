// Single changes of a large set of rules, beside the set instead of in it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "router/compile_rule.hpp"
#include "router/index/rule_index.hpp"

namespace nip::router {

/// Rules that were compiled together, in the order in which they are tried. Immutable once built,
/// shared by the rulesets that differ from it by a delta.
struct rule_base {
  static constexpr std::uint32_t not_in_force = UINT32_MAX;

  std::vector<compiled_rule> rules;      ///< without disabled ones
  std::vector<rule> written;             ///< all, by id
  std::vector<std::uint32_t> positions;  ///< of written in rules; empty without an index
  std::vector<std::string_view> counted;
  std::optional<rule_index> index;
  cel::path_table paths;
  cel::path_id message_path = paths.variable("message");
};

/// A rule that came later, with paths of its own; it is tried.
struct changed_rule {
  cel::path_table paths;
  cel::path_id message_path = paths.variable("message");
  compiled_rule rule;
};
using changed_ptr = std::shared_ptr<const changed_rule>;

/// What differs from a base. A value; its owner keeps the base.
class rule_delta {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  /// One in force, and the position in rule_base::rules before which it is tried.
  struct active {
    std::uint32_t before;
    const changed_rule* rule;
  };

  /// Ids that differ.
  std::size_t size() const { return changes_.size(); }
  bool has(std::string_view id) const { return at(id) != nullptr; }
  /// The rule of this id as it is now; null when it is deleted. Only where has().
  const rule* find(std::string_view id) const;

  /// Puts `now` in place of the rule with its id, or besides those that are there. The base's rules
  /// of the API stand behind those of files, by id.
  void put(const rule_base& base, changed_ptr now);
  /// The id is one of the base or of an earlier put.
  void remove(const rule_base& base, std::string_view id);

  /// In the order in which they are tried.
  std::span<const active> in_force() const { return active_; }
  /// Whether the base's rule at this position is replaced or deleted.
  bool hides(std::uint32_t position) const;
  std::size_t hidden() const { return hidden_.size(); }

  /// All rules by id: how many, and one of them.
  std::size_t written_size(const rule_base& base) const;
  const rule& written_at(const rule_base& base, std::size_t place) const;

 private:
  struct change {
    std::string_view id;  ///< in `now`, or in the base
    /// In rule_base::written: the one that it replaces, else the one that follows it.
    std::uint32_t place;
    bool replaces;
    changed_ptr now;  ///< null: deleted
    std::uint32_t before;
  };
  const change* at(std::string_view id) const;
  static change change_of(const rule_base& base, std::string_view id);
  void set(const rule_base& base, change what);
  void derive(const rule_base& base);

  std::vector<change> changes_;        // by id
  std::vector<active> active_;         // of changes_
  std::vector<std::uint32_t> hidden_;  // ascending
};

}  // namespace nip::router
