// The writer's thread: group commit. Writes what waits, syncs once for all, wakes each shard once.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "bus/journal/batch_writer.hpp"
#include "bus/journal/commit_queue.hpp"
#include "bus/journal/sync_times.hpp"

namespace nip::bus::journal {

/// Owned by the journal; start() once, stop() once. Without start() the owner's step() works.
class committer {
 public:
  committer(commit_queue& queue, batch_writer writer, clock_source& clock, nanoseconds lazy_sync,
            unsigned shards);
  ~committer();

  // Before start().
  void on_durable(unsigned shard, std::function<void()> wake);
  void on_failure(std::function<void(const error&)> failed);

  void start();
  /// [owner; only without start()] One turn of the work, without waiting for any.
  void step();
  /// Writes and syncs what the closed queue still holds, and ends the thread. Idempotent.
  void stop();

  // Any thread.
  seq_t durable() const noexcept { return seq_t(durable_.load(std::memory_order_acquire)); }
  std::uint64_t appends_synced(unsigned shard) const noexcept {
    return synced_[shard].load(std::memory_order_acquire);
  }
  std::uint64_t bytes_written() const noexcept { return bytes_written_.load(); }
  const sync_times& syncs() const noexcept { return syncs_; }

 private:
  void run();
  void end(status done);
  status turn(std::optional<nanoseconds> patience);
  status finish();
  status write_work();
  status sync();
  void note_waiting(const chunk& waiting);
  std::optional<nanoseconds> patience() const;
  void publish_durable();
  void note_bytes();
  void fail(const error& why);

  commit_queue& queue_;
  batch_writer writer_;
  clock_source& clock_;
  const nanoseconds lazy_sync_;
  std::vector<std::function<void()>> wakes_;  // by shard
  std::function<void(const error&)> failed_;

  commit_queue::chunk_list taken_;
  std::vector<bool> waiting_;              // shards with messages that are not durable yet
  std::vector<std::uint64_t> taken_from_;  // appends, by shard
  bool sync_asked_ = false;
  bool stuck_ = false;                  // no room for what is to be written
  std::optional<mono_time> sync_due_;   // of lazy records
  std::optional<mono_time> claim_due_;  // of messages that no batch claims durable

  std::atomic<std::uint64_t> durable_{0};
  std::vector<std::atomic<std::uint64_t>> synced_;  // of taken_from_
  std::atomic<std::uint64_t> bytes_written_{0};
  sync_times syncs_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace nip::bus::journal
