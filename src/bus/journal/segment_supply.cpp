#include "bus/journal/segment_supply.hpp"

#include <fmt/format.h>

#include <chrono>

namespace nip::bus::journal {
namespace {

/// Small, because a new journal accepts nothing before it is written and synced.
constexpr std::uint64_t first_segment_bytes = 1u << 20;
/// Each segment of a young journal is this much larger than the one before it.
constexpr std::uint64_t growth = 8;
/// A budget's rest smaller than this is not worth a segment.
constexpr std::uint64_t segment_bytes_min = 2 * segment_header_bytes;
/// How soon a full disk is tried again.
constexpr auto full_retry = std::chrono::milliseconds(200);

std::uint64_t page_aligned(std::uint64_t bytes) {
  return (bytes + segment_header_bytes - 1) / segment_header_bytes * segment_header_bytes;
}

std::uint64_t payload_of(std::uint64_t segment_bytes) {
  if (segment_bytes == disk_room::unlimited) return segment_bytes;
  return segment_bytes > segment_header_bytes ? segment_bytes - segment_header_bytes : 0;
}

}  // namespace

segment_supply::segment_supply(settings how, start from, file_system& files, clock_source& clock,
                               disk_room& room)
    : how_(std::move(how)),
      files_(files),
      clock_(clock),
      room_(room),
      next_number_(from.next_number),
      bytes_used_(from.bytes_used),
      last_bytes_(from.last_bytes),
      next_seq_(from.next_seq),
      ready_(std::move(from.ready)) {
  publish_room();
  if (how_.ahead) thread_ = std::thread([this] { run(); });
}

segment_supply::~segment_supply() { stop(); }

result<ready_segment> segment_supply::take(std::uint64_t payload_bytes, std::uint64_t next_seq) {
  std::unique_lock lock(mutex_);
  next_seq_ = next_seq;
  payload_needed_ = payload_bytes;
  // Twice, because the attempt that was under way may not have known how much is needed.
  for (int attempt = 0; attempt < 2 && !failed_ && !stopping_; ++attempt) {
    if (ready_ && payload_of(ready_->bytes) < payload_bytes) NIP_CHECK(discard_ready());
    if (!ready_) attempt_now(lock);
  }
  payload_needed_ = 0;
  if (failed_) return std::unexpected(*failed_);
  if (!ready_ || payload_of(ready_->bytes) < payload_bytes) {
    if (full_) return std::unexpected(*full_);
    return fail(errc::unavailable, "the journal is closing");
  }
  ready_segment taken = std::move(*ready_);
  ready_.reset();
  last_bytes_ = taken.bytes;
  publish_room();
  changed_.notify_all();
  return taken;
}

/// Makes a segment here, or has the thread make one and waits for it.
void segment_supply::attempt_now(std::unique_lock<std::mutex>& lock) {
  full_.reset();
  if (!how_.ahead) return make_next(lock);
  const std::uint64_t before = attempts_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return stopping_ || attempts_ != before; });
}

void segment_supply::release(std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  bytes_used_ -= std::min(bytes, bytes_used_);
  full_.reset();
  disk_full_ = false;
  publish_room();
  changed_.notify_all();
}

std::uint64_t segment_supply::bytes_used() const {
  std::lock_guard lock(mutex_);
  return bytes_used_;
}

void segment_supply::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void segment_supply::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!ready_ && !failed_ && !full_) {
      make_next(lock);
      changed_.notify_all();
    } else if (full_) {
      changed_.wait_for(lock, full_retry);
      full_.reset();
    } else {
      changed_.wait(lock);
    }
  }
}

/// Removes a ready segment that is too small for the record at hand; its number is used again.
status segment_supply::discard_ready() {
  NIP_CHECK(files_.remove(ready_->handle->path()));
  next_number_ = ready_->number;
  bytes_used_ -= ready_->bytes;
  ready_.reset();
  return {};
}

/// One attempt; the lock is released while the disk works.
void segment_supply::make_next(std::unique_lock<std::mutex>& lock) {
  const segment_header header{.journal_id = how_.journal_id,
                              .segment = next_number_,
                              .bytes = next_bytes(),
                              .first_seq = next_seq_,
                              .created = clock_.wall()};
  if (header.bytes > budget_left()) {
    disk_full_ = false;
    full_ = error{errc::storage_full,
                  fmt::format("a segment of {} bytes does not fit into the journal's disk budget: "
                              "{} of {} bytes are used",
                              header.bytes, bytes_used_, how_.disk_bytes_max),
                  std::source_location::current()};
  } else {
    lock.unlock();
    auto made = make_segment(files_, how_.directory, header);
    lock.lock();
    if (made) {
      ready_ = std::move(*made);
      bytes_used_ += header.bytes;
      ++next_number_;
      full_.reset();
      disk_full_ = false;
    } else if (made.error().code == errc::storage_full) {
      full_ = made.error();
      disk_full_ = true;
    } else {
      failed_ = made.error();
    }
  }
  ++attempts_;
  publish_room();
}

std::uint64_t segment_supply::next_bytes() const {
  std::uint64_t bytes = last_bytes_ == 0 ? first_segment_bytes : last_bytes_ * growth;
  bytes = std::min(bytes, how_.segment_bytes);
  bytes = std::min(bytes, std::max(budget_left(), segment_bytes_min));
  bytes = std::max(bytes, payload_needed_ + segment_header_bytes);
  return page_aligned(bytes);
}

std::uint64_t segment_supply::budget_left() const {
  if (how_.disk_bytes_max == 0) return disk_room::unlimited;
  const std::uint64_t left = how_.disk_bytes_max - std::min(bytes_used_, how_.disk_bytes_max);
  return left / segment_header_bytes * segment_header_bytes;
}

/// Tells appends what can still be written behind the active segment.
void segment_supply::publish_room() {
  std::uint64_t bytes = disk_full_ ? 0 : payload_of(budget_left());
  if (ready_) bytes = std::max(bytes, payload_of(ready_->bytes));
  room_.next.store(bytes, std::memory_order_relaxed);
}

}  // namespace nip::bus::journal
