#include "bus/journal/keeper.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include "bus/journal/table_file.hpp"

namespace nip::bus::journal {
namespace {

/// Below everything that serves. For the calling thread only, on Linux.
constexpr int niceness = 10;
/// How soon a round is repeated, when nothing else asks for one.
constexpr auto pause = std::chrono::seconds(5);

}  // namespace

keeper::keeper(reading_source from, bool own_thread)
    : from_(std::move(from)), own_thread_(own_thread) {}

keeper::~keeper() { stop(); }

void keeper::start() {
  if (!own_thread_) return round();
  woken_ = true;
  thread_ = std::thread([this] { run(); });
}

void keeper::stop() {
  stopping_ = true;
  {
    std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void keeper::wake() {
  if (!own_thread_) return round();
  std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

void keeper::run() {
  // Best effort: without it the keeper only gets in the way a little more.
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, pause, [this] { return woken_ || stopping_; });
    woken_ = false;
    lock.unlock();
    if (!stopping_) round();
    lock.lock();
  }
}

void keeper::round() {
  if (!work()) failures_.fetch_add(1, std::memory_order_relaxed);
}

status keeper::work() {
  status all;
  for (const segment_info& each : from_.segments.untabled()) {
    if (stopping_) break;
    if (each.bytes > tabled_bytes_max) continue;
    if (auto made = make_table(each); !made) all = std::move(made);
  }
  return all;
}

status keeper::make_table(const segment_info& of) {
  NIP_TRY(segment, segment_view(from_, of).open());
  NIP_TRY(made, digest_segment(*segment, from_.journal_id, of.number, of.summary.data_end));
  NIP_TRY(table, save_table(from_.files, from_.directory, made.header, made.contents));
  from_.segments.set_table(table);
  return {};
}

}  // namespace nip::bus::journal
