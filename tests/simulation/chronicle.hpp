// What happened in a run, newest last, and the first promise that was found broken.
#pragma once

#include <fmt/format.h>

#include <deque>
#include <string>

#include "base/clock.hpp"

namespace nip::simulation {

/// Keeps events only when asked to: a broken seed is run again for them, since writing them down
/// takes longer than the run.
class chronicle {
 public:
  chronicle(const clock_source& clock, bool keeps) : clock_(clock), keeps_(keeps) {}

  template <class... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) {
    if (!keeps_) return;
    if (events_.size() == events_max) events_.pop_front();
    events_.push_back(fmt::format("{:>12.3f} ms  ", static_cast<double>(clock_.mono().ns) / 1e6) +
                      fmt::format(format, std::forward<Args>(args)...));
  }
  /// The first one counts: what follows is mostly its consequence.
  void broken(std::string what) {
    note("BROKEN: {}", what);
    if (broken_.empty()) broken_ = std::move(what);
  }
  bool is_broken() const { return !broken_.empty(); }
  const std::string& what_is_broken() const { return broken_; }
  const std::deque<std::string>& events() const { return events_; }

 private:
  static constexpr std::size_t events_max = 4000;

  const clock_source& clock_;
  const bool keeps_;
  std::deque<std::string> events_;
  std::string broken_;
};

}  // namespace nip::simulation
