#include "router/index/field_walk.hpp"

#include <xxhash.h>

#include <algorithm>
#include <map>

namespace nip::router {

field_walk::field_walk(const cel::path_table& paths, const std::vector<cel::path_id>& wanted,
                       const std::vector<cel::path_id>& others)
    : watched_(paths.size()) {
  for (const auto path : wanted) watched_[path] = true;
  // A path stands behind its parent in the table: all between a watched one and its variable are
  // needed.
  std::vector<bool> needed = watched_;
  std::map<cel::path_id, std::vector<cel::path_id>> below;
  for (auto path = static_cast<cel::path_id>(paths.size()); path-- > 0;) {
    if (!needed[path]) continue;
    const auto parent = paths[path].parent;
    if (parent == cel::no_path) {
      if (watched_[path]) roots_.push_back(path);
      continue;
    }
    needed[parent] = true;
    below[parent].push_back(path);
  }
  std::size_t walked = 0;
  for (auto& [parent, children] : below) {
    std::ranges::reverse(children);
    const auto named =
        std::ranges::count_if(children, [&](auto path) { return !paths[path].step.is_index; });
    // What holds a variable's fields need not be a map.
    const bool by_walk =
        named > static_cast<std::ptrdiff_t>(looked_up_max) && paths[parent].parent != cel::no_path;
    step made{parent, static_cast<std::uint32_t>(looked_up_.size()), 0, by_walk};
    for (const auto path : children)
      if (!by_walk || paths[path].step.is_index) looked_up_.push_back(path);
    made.count = static_cast<std::uint32_t>(looked_up_.size()) - made.first;
    if (by_walk) walked += static_cast<std::size_t>(named);
    steps_.push_back(made);
  }
  std::map<cel::path_id, std::vector<cel::path_id>> passed;
  for (const auto path : others)
    if (paths[path].parent != cel::no_path && !needed[path]) {
      passed[paths[path].parent].push_back(path);
      ++walked;
    }
  std::size_t size = 1;
  while (size < 2 * walked) size *= 2;
  fields_.resize(size);
  mask_ = size - 1;
  for (const step& each : steps_) {
    if (!each.walked) continue;
    for (const auto* fields : {&below, &passed})
      if (const auto found = fields->find(each.parent); found != fields->end())
        for (const auto path : found->second)
          if (!paths[path].step.is_index) add_field(paths[path]);
  }
}

std::uint32_t field_walk::hash_of(cel::path_id parent, std::string_view key) noexcept {
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(key.data(), key.size(), parent) >> 32);
}

void field_walk::add_field(const cel::path& of) {
  const std::string_view key = of.step.key;
  const auto hash = hash_of(of.parent, key);
  std::size_t at = hash & mask_;
  while (fields_[at].path != cel::no_path) at = (at + 1) & mask_;
  fields_[at] = {hash, of.id, static_cast<std::uint32_t>(keys_.size()),
                 static_cast<std::uint32_t>(key.size())};
  keys_.insert(keys_.end(), key.begin(), key.end());
  parents_.resize(std::max<std::size_t>(parents_.size(), of.id + 1), cel::no_path);
  parents_[of.id] = of.parent;
}

cel::path_id field_walk::find(cel::path_id parent, std::string_view key) const noexcept {
  const auto hash = hash_of(parent, key);
  for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
    const field& one = fields_[at];
    if (one.path == cel::no_path) return cel::no_path;
    if (one.hash == hash && std::string_view(keys_.data() + one.key, one.size) == key &&
        parents_[one.path] == parent)
      return one.path;
  }
}

std::size_t field_walk::bytes() const {
  return steps_.capacity() * sizeof(step) + looked_up_.capacity() * sizeof(cel::path_id) +
         fields_.capacity() * sizeof(field) + keys_.capacity() + watched_.capacity() / 8 +
         parents_.capacity() * sizeof(cel::path_id);
}

}  // namespace nip::router
