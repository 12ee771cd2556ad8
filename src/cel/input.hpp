// What programs run on: the values of paths, each resolved at most once a message.
#pragma once

#include <cstdint>
#include <vector>

#include "cel/path.hpp"
#include "cel/value.hpp"

namespace nip::cel {

/// A dense cache of resolved paths over whatever knows the message. One thread at a time. The table
/// must outlive it and must not grow while a program runs.
class input {
 public:
  explicit input(const path_table& table) : table_(table) {}
  input(const input&) = delete;
  input& operator=(const input&) = delete;
  virtual ~input() = default;

  /// Forgets every resolved value: call it for each new message. Costs no more than a counter.
  void begin() noexcept;

  /// The value at a path; an error value (no_such_key) when it is absent. The reference is good
  /// until the next call.
  const value& at(path_id id) noexcept {
    if (id < slots_.size() && slots_[id].epoch == epoch_) [[likely]]
      return slots_[id].held;
    return miss(id);
  }

  /// What at() answers until the next begin(); false, and nothing changes, when it is known
  /// already.
  bool put(path_id id, const value& known) noexcept;

 protected:
  /// The value of a path that is asked for the first time since begin(). It may ask for other
  /// paths, and must live until the next begin().
  virtual value resolve(const path& wanted) noexcept = 0;

  /// One step from the value of the path's parent: what resolve() answers for all but variables.
  value step_down(const path& wanted) noexcept {
    return take_step(at(wanted.parent), wanted.step, wanted.text);
  }

 private:
  struct slot {
    value held;
    std::uint32_t epoch = 0;
  };
  const value& miss(path_id id) noexcept;

  const path_table& table_;
  std::vector<slot> slots_;
  std::uint32_t epoch_ = 1;
};

}  // namespace nip::cel
