// What was done with dead letters and by jobs, in numbers.
#pragma once

#include <atomic>
#include <cstdint>

namespace nip::broker {

/// One a process; any thread adds and reads. Operators act seldom, so plain atomics will do.
struct letter_counters {
  std::atomic<std::uint64_t> redriven{0};          ///< the same delivery once more
  std::atomic<std::uint64_t> redriven_anew{0};     ///< as a new message
  std::atomic<std::uint64_t> redrives_refused{0};  ///< of a single letter, for whatever reason
  std::atomic<std::uint64_t> purged{0};
};

struct job_counters {
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> waits{0};  ///< times that there was no room
};

}  // namespace nip::broker
