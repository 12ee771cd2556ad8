// Housekeeping behind the writer: makes the tables of segments that are not written to any more.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.hpp"
#include "bus/journal/segment_view.hpp"

namespace nip::bus::journal {

/// Owned by the journal. Works on a thread of its own at low priority, else inside wake().
class keeper {
 public:
  keeper(reading_source from, bool own_thread);
  ~keeper();

  /// [owner] Does what an earlier opening left undone. Once, first.
  void start();
  /// [owner] Ends the thread, at the next file. Idempotent.
  void stop();

  /// [writer] A segment was sealed.
  void wake();

  /// [any thread] Rounds that a file operation spoiled. Nothing is lost by it: they are repeated.
  std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

 private:
  void run();
  void round();
  status work();
  status make_table(const segment_info& of);

  const reading_source from_;
  const bool own_thread_;
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  std::thread thread_;
};

}  // namespace nip::bus::journal
