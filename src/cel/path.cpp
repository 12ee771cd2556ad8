#include "cel/path.hpp"

#include <fmt/format.h>

#include "cel/aggregate.hpp"

namespace nip::cel {

path_id path_table::variable(std::string_view name) {
  if (const auto found = variables_.find(name); found != variables_.end()) return found->second;
  const auto id = static_cast<path_id>(paths_.size());
  paths_.push_back({.id = id,
                    .parent = no_path,
                    .variable = std::string(name),
                    .step = {},
                    .text = std::string(name)});
  variables_.emplace(name, id);
  return id;
}

path_id path_table::child(path_id parent, path_step step) {
  const auto [entry, added] =
      children_.try_emplace({parent, step}, static_cast<path_id>(paths_.size()));
  if (!added) return entry->second;
  const path& from = paths_[parent];
  path made{.id = entry->second,
            .parent = parent,
            .variable = from.variable,
            .step = step,
            .text = step.is_index ? fmt::format("{}[{}]", from.text, step.index)
                                  : fmt::format("{}.{}", from.text, step.key)};
  paths_.push_back(std::move(made));
  return entry->second;
}

value take_step(const value& from, const path_step& step, std::string_view detail) noexcept {
  if (from.is_error()) return from;
  if (from.is(value_kind::map)) {
    const auto held = step.is_index ? find(from, value::integer(step.index)) : find(from, step.key);
    return held ? *held : value::failure(eval_errc::no_such_key, detail);
  }
  if (from.is(value_kind::list) && step.is_index) {
    const auto item = item_at(from, static_cast<std::size_t>(step.index));
    return item ? *item : value::failure(eval_errc::index_out_of_range, detail);
  }
  return value::failure(step.is_index ? eval_errc::no_such_overload : eval_errc::no_such_field,
                        detail);
}

}  // namespace nip::cel
