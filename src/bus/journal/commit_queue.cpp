#include "bus/journal/commit_queue.hpp"

#include <fmt/format.h>

#include "bus/journal/format.hpp"

namespace nip::bus::journal {
namespace {

/// Empty chunks kept for each shard: one being filled, one waiting, one being written.
constexpr std::size_t spare_chunks_max = 4;

}  // namespace

commit_queue::commit_queue(numbering next, std::uint64_t pending_bytes_max, unsigned shards,
                           const disk_room& room)
    : pending_bytes_max_(pending_bytes_max), room_(room), next_(std::move(next)), spare_(shards) {}

status commit_queue::push(std::unique_ptr<chunk>& full, std::span<message_record> messages) {
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    NIP_CHECK(admit(*full));
    full->number(messages, next_);
    pending_cost_ += full->cost();
    pending_messages_ += full->messages;
    messages_ += full->messages;
    outcomes_ += full->outcomes;
    const unsigned shard = full->shard;
    pending_.push_back(std::move(full));
    if (auto& spare = spare_[shard]; !spare.empty()) {
      full = std::move(spare.back());
      spare.pop_back();
    }
    wake = std::exchange(writer_waits_, false);
  }
  if (wake) wake_writer_.notify_one();
  return {};
}

status commit_queue::admit(const chunk& full) {
  if (closed_) return std::unexpected(*closed_);
  const std::uint64_t cost = full.cost();
  if (pending_cost_ != 0 && pending_cost_ + cost > pending_bytes_max_) {
    ++refused_full_;
    return fail(errc::exhausted,
                fmt::format("{} bytes wait to be written to the journal, and {} more would be over "
                            "the bound of {} (services.event_bus.pending_bytes); retry later",
                            pending_cost_, cost, pending_bytes_max_));
  }
  if (pending_messages_ + full.messages > unwritten_messages_max) {
    ++refused_full_;
    return fail(errc::exhausted,
                fmt::format("{} messages wait to be written to the journal, and {} more would be "
                            "over the bound of {}; retry later",
                            pending_messages_, full.messages, unwritten_messages_max));
  }
  if (pending_cost_ + cost > room_.bytes()) {
    ++refused_full_;
    return fail(errc::storage_full,
                fmt::format("the journal has no room for {} more bytes; free disk space or raise "
                            "disk_bytes_max",
                            pending_cost_ + cost));
  }
  return {};
}

void commit_queue::take(chunk_list& taken, std::optional<nanoseconds> patience) {
  std::unique_lock lock(mutex_);
  auto ready = [&] { return !pending_.empty() || closed_; };
  if (!ready() && patience != nanoseconds(0)) {
    writer_waits_ = true;
    if (patience) {
      wake_writer_.wait_for(lock, *patience, ready);
    } else {
      wake_writer_.wait(lock, ready);
    }
    writer_waits_ = false;
  }
  if (taken.empty()) {
    std::swap(taken, pending_);
  } else {
    std::move(pending_.begin(), pending_.end(), std::back_inserter(taken));
    pending_.clear();
  }
}

void commit_queue::give_back(chunk_list& written) {
  {
    std::lock_guard lock(mutex_);
    for (auto& done : written) {
      pending_cost_ -= done->cost();
      pending_messages_ -= done->messages;
      auto& spare = spare_[done->shard];
      if (spare.size() >= spare_chunks_max) continue;
      done->reset();
      spare.push_back(std::move(done));
    }
  }
  written.clear();  // frees what was not kept, without the lock
}

void commit_queue::close(error why) {
  {
    std::lock_guard lock(mutex_);
    if (!closed_) closed_ = std::move(why);
    writer_waits_ = false;
  }
  wake_writer_.notify_one();
}

bool commit_queue::closed() const {
  std::lock_guard lock(mutex_);
  return closed_.has_value();
}

std::uint64_t commit_queue::messages() const {
  std::lock_guard lock(mutex_);
  return messages_;
}

std::uint64_t commit_queue::outcomes() const {
  std::lock_guard lock(mutex_);
  return outcomes_;
}

std::uint64_t commit_queue::refused_full() const {
  std::lock_guard lock(mutex_);
  return refused_full_;
}

}  // namespace nip::bus::journal
