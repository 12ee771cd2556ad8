// Where shards and the writer meet: numbers are given, chunks wait, budgets are held.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "bus/journal/chunk.hpp"
#include "bus/journal/disk_room.hpp"

namespace nip::bus::journal {

/// Thread-safe. Numbers rise in the order in which the writer gets the chunks.
class commit_queue {
 public:
  using chunk_list = std::vector<std::unique_ptr<chunk>>;

  commit_queue(numbering next, std::uint64_t pending_bytes_max, unsigned shards,
               const disk_room& room);

  /// [shard] Numbers the messages and takes `full`, which is replaced by an empty chunk. Fails
  /// with the errors of bus::append, and then leaves everything as it was.
  status push(std::unique_ptr<chunk>& full, std::span<message_record> messages);

  /// [writer] Moves everything that waits behind `taken`; without any, waits for some until
  /// `patience` is over or the queue is closed.
  void take(chunk_list& taken, std::optional<nanoseconds> patience);
  /// [writer] Gives written chunks back to their shards and their bytes back to the budget.
  void give_back(chunk_list& written);

  /// Nothing is taken any more: push() says why. The first reason counts.
  void close(error why);
  bool closed() const;

  std::uint64_t messages() const;
  std::uint64_t outcomes() const;
  std::uint64_t refused_full() const;

 private:
  status admit(const chunk& full);

  const std::uint64_t pending_bytes_max_;
  const disk_room& room_;

  mutable std::mutex mutex_;
  std::condition_variable wake_writer_;
  numbering next_;
  chunk_list pending_;
  std::vector<chunk_list> spare_;  // by shard
  std::optional<error> closed_;
  std::uint64_t pending_cost_ = 0;      // handed over, not given back
  std::uint64_t pending_messages_ = 0;  // likewise
  std::uint64_t messages_ = 0;
  std::uint64_t outcomes_ = 0;
  std::uint64_t refused_full_ = 0;
  bool writer_waits_ = false;
};

}  // namespace nip::bus::journal
