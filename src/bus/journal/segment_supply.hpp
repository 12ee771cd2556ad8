// Has the next segment ready before it is needed, within the disk budget.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "bus/journal/disk_room.hpp"
#include "bus/journal/segment_file.hpp"

namespace nip::bus::journal {

/// Owned by the journal. Makes segments on a thread of its own (`ahead`), else inside take().
class segment_supply {
 public:
  struct settings {
    std::string directory;
    std::uint64_t journal_id = 0;
    std::uint64_t segment_bytes = 0;   ///< of a full-grown segment
    std::uint64_t disk_bytes_max = 0;  ///< 0: no bound
    bool ahead = true;
  };
  /// What is there already.
  struct start {
    std::uint64_t next_number = 1;
    std::uint64_t bytes_used = 0;  ///< of all segment files
    std::uint64_t last_bytes = 0;  ///< of the newest segment; 0: none
    std::uint64_t next_seq = 1;
    std::optional<ready_segment> ready;  ///< an empty one, found at opening
  };

  segment_supply(settings how, start from, file_system& files, clock_source& clock,
                 disk_room& room);
  ~segment_supply();

  /// [writer] The next segment, with at least `payload_bytes` behind its header; waits while one
  /// is being made. Fails with errc::storage_full (ask again later), errc::io (for good), or
  /// errc::unavailable (stopped).
  result<ready_segment> take(std::uint64_t payload_bytes, std::uint64_t next_seq);

  /// [keeper] Files of segments have become smaller, or fewer.
  void release(std::uint64_t bytes);

  /// [any thread] Bytes of all segment files, a ready one included.
  std::uint64_t bytes_used() const;

  /// [owner] Ends the thread. Idempotent.
  void stop();

 private:
  void run();
  status discard_ready();
  void attempt_now(std::unique_lock<std::mutex>& lock);
  void make_next(std::unique_lock<std::mutex>& lock);
  std::uint64_t next_bytes() const;
  std::uint64_t budget_left() const;
  void publish_room();

  const settings how_;
  file_system& files_;
  clock_source& clock_;
  disk_room& room_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_number_;
  std::uint64_t bytes_used_;
  std::uint64_t last_bytes_;
  std::uint64_t next_seq_;
  std::uint64_t payload_needed_ = 0;  // by a take() that waits
  std::uint64_t attempts_ = 0;
  std::optional<ready_segment> ready_;
  std::optional<error> full_;    // the last attempt found no space, in the budget or on the disk
  bool disk_full_ = false;       // on the disk
  std::optional<error> failed_;  // an attempt failed otherwise
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace nip::bus::journal
