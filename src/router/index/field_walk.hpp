// Finds what an index watches in a message: once through a map's fields, or field by field where
// few are watched.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "cel/aggregate.hpp"
#include "cel/input.hpp"
#include "cel/path.hpp"

namespace nip::router {

/// Built once over a path table that no longer grows, then read by any thread.
class field_walk {
 public:
  /// Up to so many watched fields of one map are looked up by name.
  static constexpr std::size_t looked_up_max = 6;

  /// `wanted` are the watched paths, each once. `others` are put into the input when a walk comes
  /// past them.
  field_walk(const cel::path_table& paths, const std::vector<cel::path_id>& wanted,
             const std::vector<cel::path_id>& others);

  /// Calls `take(path, value)` for each watched path of `in` that is there, prefixes first. The
  /// values of all steps are put into `in`.
  template <class Take>
  void visit(cel::input& in, Take&& take) const;

  std::size_t bytes() const;

 private:
  /// The watched fields of one map, and the maps among its fields that hold others.
  struct step {
    cel::path_id parent;
    std::uint32_t first;  ///< in looked_up_
    std::uint32_t count;  ///< paths that are looked up
    bool walked = false;  ///< the others are found by walking through the fields
  };
  struct field {
    std::uint32_t hash = 0;
    cel::path_id path = cel::no_path;
    std::uint32_t key = 0;  ///< in keys_
    std::uint32_t size = 0;
  };
  static std::uint32_t hash_of(cel::path_id parent, std::string_view key) noexcept;
  cel::path_id find(cel::path_id parent, std::string_view key) const noexcept;
  void add_field(const cel::path& of);

  std::vector<step> steps_;  ///< parents before what is below them
  std::vector<cel::path_id> looked_up_;
  std::vector<cel::path_id> roots_;    ///< watched variables
  std::vector<bool> watched_;          ///< by path
  std::vector<cel::path_id> parents_;  ///< of walked fields, by path
  std::vector<field> fields_;
  std::size_t mask_ = 0;
  std::vector<char> keys_;
};

template <class Take>
void field_walk::visit(cel::input& in, Take&& take) const {
  const auto offer = [&](cel::path_id path, const cel::value& v) {
    if (watched_[path] && !v.is_error()) take(path, v);
  };
  for (const auto path : roots_) offer(path, in.at(path));
  for (const step& each : steps_) {
    for (std::uint32_t i = 0; i < each.count; ++i) {
      const auto path = looked_up_[each.first + i];
      offer(path, in.at(path));
    }
    if (!each.walked) continue;
    const cel::value parent = in.at(each.parent);
    if (!parent.is(cel::value_kind::map)) continue;
    for (cel::cursor at(parent); at.next();) {
      if (!at.key().is(cel::value_kind::string)) continue;
      const auto path = find(each.parent, at.key().as_view());
      // Of two fields with one name the first counts.
      if (path != cel::no_path && in.put(path, at.held())) offer(path, at.held());
    }
  }
}

}  // namespace nip::router
