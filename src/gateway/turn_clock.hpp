// Time as a shard's sessions see it: read once a loop turn, the Date header made once a second.
#pragma once

#include <string_view>

#include "base/clock.hpp"

namespace nip::gateway {

/// One a shard, on its thread. A turn's work all happens at one instant.
class turn_clock {
 public:
  explicit turn_clock(const clock_source& source);
  /// Begins a turn: reads both clocks.
  void refresh();
  mono_time now() const { return now_; }
  instant both() const { return {now_, wall_}; }
  wall_time wall() const { return wall_; }
  /// IMF-fixdate of RFC 9110: "Sun, 06 Nov 1994 08:49:37 GMT"; valid until the next refresh().
  std::string_view date() const { return {date_, sizeof date_}; }

 private:
  void write_date(std::int64_t second);

  const clock_source& source_;
  mono_time now_;
  wall_time wall_;
  std::int64_t second_ = -1;
  char date_[29];
};

}  // namespace nip::gateway
