// When the messages of an open loop are meant to leave, whatever the server does.
#pragma once

#include <cstdint>

namespace nip::cli::bench {

/// Message k of the run belongs to connection k mod connections and leaves at start + k / rate. A
/// value.
class schedule {
 public:
  schedule() = default;
  /// `rate` messages a second over all connections; 0 is a closed loop, which has no schedule.
  schedule(std::int64_t start_ns, double rate, unsigned connections)
      : start_ns_(start_ns), gap_ns_(rate > 0 ? 1e9 / rate : 0), connections_(connections) {}

  bool open_loop() const { return gap_ns_ > 0; }
  unsigned connections() const { return connections_; }
  std::int64_t time_of(std::uint64_t k) const {
    return start_ns_ + static_cast<std::int64_t>(static_cast<double>(k) * gap_ns_);
  }

 private:
  std::int64_t start_ns_ = 0;
  double gap_ns_ = 0;
  unsigned connections_ = 1;
};

}  // namespace nip::cli::bench
