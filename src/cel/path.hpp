// Paths into the input: each distinct chain of fields has one small number that many programs
// share.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "cel/value.hpp"

namespace nip::cel {

/// Number of a path in its table, dense from 0.
using path_id = std::uint32_t;
constexpr path_id no_path = UINT32_MAX;

/// One step down: a field, or a place in a list.
struct path_step {
  bool is_index = false;
  std::int64_t index = 0;
  std::string key = {};
  auto operator<=>(const path_step&) const = default;
};

/// `message.data.items[0]`: a declared variable and the steps down from it, each prefix a path
/// itself.
struct path {
  path_id id = no_path;
  path_id parent = no_path;  ///< no_path for a variable
  std::string variable;
  path_step step;  ///< from the parent; empty for a variable
  std::string text;
};

/// Interns paths. One table serves one set of programs and the inputs they run on: every message
/// resolves a path at most once, whatever number of programs ask for it. Growing it while an input
/// that is bound to it evaluates is a data race; build all programs first.
class path_table {
 public:
  path_table() = default;
  path_table(const path_table&) = delete;
  path_table& operator=(const path_table&) = delete;
  path_table(path_table&&) = default;
  path_table& operator=(path_table&&) = default;

  path_id variable(std::string_view name);
  path_id child(path_id parent, path_step step);
  /// Good, and its text in place, as long as the table.
  const path& operator[](path_id id) const { return paths_[id]; }
  std::size_t size() const { return paths_.size(); }

 private:
  std::deque<path> paths_;  // errors view its texts: they must not move
  std::map<std::string, path_id, std::less<>> variables_;
  std::map<std::pair<path_id, path_step>, path_id> children_;
};

/// One step from a value: the map's key or the list's item; an error value when it is not there.
/// `detail` becomes the error's detail and must live as long as the value.
value take_step(const value& from, const path_step& step, std::string_view detail) noexcept;

}  // namespace nip::cel
