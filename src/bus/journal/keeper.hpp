// Housekeeping behind the writer: tables of sealed segments, the ledger, checkpoints, the scrub.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "bus/journal/checkpoint.hpp"
#include "bus/journal/journal_reader.hpp"
#include "bus/journal/scrubber.hpp"
#include "bus/journal/table_file.hpp"

namespace nip::bus::journal {

/// Owned by the journal. Works on a thread of its own at low priority, else inside wake().
class keeper {
 public:
  struct settings {
    ledger* follower = nullptr;
    position fed;  ///< the ledger has all records before it
    number_ledger numbers;
    std::uint64_t checkpoint = 0;  ///< segment of the one that was restored; 0: none
    bool own_thread = true;
    clock_source* clock = nullptr;
    std::uint64_t retention_bytes = 0;  ///< as bus::options says
    nanoseconds retention_age{};
    std::function<void(std::uint64_t bytes)> freed;  ///< segment files have become smaller by this
    std::uint64_t scrub_bytes_per_second = 0;        ///< as bus::options says
    nanoseconds scrub_interval{};
    std::vector<recovery_report::damage> known_damage;
  };
  keeper(reading_source from, settings how);
  ~keeper();

  /// [owner] Does what an earlier opening left undone. Once, first.
  void start();
  /// [owner] Ends the thread, at the next file. Idempotent.
  void stop();

  /// [writer] A segment was sealed.
  void wake();
  /// [owner; only without a thread of its own] What is due of the scrub.
  void tend();
  /// [any thread] Damage, its counts, and who hears of it.
  scrubber& scrub() noexcept { return scrub_; }
  const scrubber& scrub() const noexcept { return scrub_; }

  /// [any thread] Rounds that a file operation spoiled. Nothing is lost by it: they are repeated.
  std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }
  /// [any thread] What retention did.
  struct retention_counts {
    std::atomic<std::uint64_t> removed{0};
    std::atomic<std::uint64_t> shrunk{0};
    std::atomic<std::uint64_t> damaged{0};  ///< segments past retention that are kept: damaged
  };
  const retention_counts& retention() const noexcept { return retention_; }
  /// [any thread] Checkpoints written.
  std::uint64_t checkpoints() const noexcept { return written_.load(std::memory_order_relaxed); }

 private:
  void run();
  void round();
  bool scrub_finds();
  status work();
  status keep(const segment_info& of);
  status feed(const segment_info& of, const digested_segment& read, number_ledger numbers);
  status write_checkpoint();
  status retain();
  std::vector<segment_info> past_retention() const;
  status remove_segments(const std::vector<segment_info>& doomed);

  const reading_source from_;
  const journal_reader reader_;
  settings how_;
  scrubber scrub_;
  position at_;                      // the end of what was fed
  std::uint32_t epoch_ = 0;          // of the last batch before it
  bool unsaved_ = false;             // the ledger stands at the end of a segment
  bool unfit_ = false;               // the ledger has missed something
  bool behind_ = false;              // a segment of this round could not be fed: no later one is
  std::vector<std::uint64_t> kept_;  // checkpoints known to be sound, oldest first
  bool retention_due_ = true;        // a checkpoint was written since
  mono_time retention_next_;         // by time alone
  retention_counts retention_;
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> written_{0};
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  std::thread thread_;
};

}  // namespace nip::bus::journal
