#include "bus/journal/keeper.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include "bus/journal/compactor.hpp"

namespace nip::bus::journal {
namespace {

/// Below everything that serves. For the calling thread only, on Linux.
constexpr int niceness = 10;
/// How soon a round is repeated, when nothing else asks for one.
constexpr nanoseconds pause = std::chrono::seconds(5);
/// How often time alone is a reason to look at what is past retention.
constexpr auto retention_pause = std::chrono::minutes(1);

}  // namespace

keeper::keeper(reading_source from, settings how)
    : from_(std::move(from)),
      reader_(from_),
      how_(std::move(how)),
      scrub_(from_, {how_.scrub_bytes_per_second, how_.scrub_interval, how_.clock},
             std::move(how_.known_damage)) {
  if (how_.checkpoint != 0) kept_.push_back(how_.checkpoint);
}

keeper::~keeper() { stop(); }

void keeper::start() {
  if (!how_.own_thread) return round();
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
  if (!how_.own_thread) return round();
  std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

void keeper::run() {
  // Best effort: without it the keeper only gets in the way a little more.
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness);
  std::unique_lock lock(mutex_);
  nanoseconds left = pause;  // until the next round
  while (!stopping_) {
    const auto patience = std::min(left, scrub_.patience());
    const bool woken = changed_.wait_for(lock, patience, [this] { return woken_ || stopping_; });
    left = woken ? nanoseconds(0) : left - patience;
    woken_ = false;
    lock.unlock();
    if (!stopping_ && scrub_finds()) left = nanoseconds(0);
    if (!stopping_ && left <= nanoseconds(0)) {
      round();
      left = pause;
    }
    lock.lock();
  }
}

void keeper::tend() {
  if (scrub_finds()) round();
}

/// True when it found damage: the segment's table has to be made again.
bool keeper::scrub_finds() {
  const auto found = scrub_.slice();
  if (!found) failures_.fetch_add(1, std::memory_order_relaxed);
  return !found || *found;
}

void keeper::round() {
  if (!work()) failures_.fetch_add(1, std::memory_order_relaxed);
}

/// One error does not keep the rest from being done.
status keeper::work() {
  status all;
  behind_ = false;
  for (const segment_info& each : from_.segments.sealed()) {
    if (stopping_) return all;
    if (auto done = keep(each); !done) all = std::move(done);
  }
  if (auto done = write_checkpoint(); !done) all = std::move(done);
  if (auto done = retain(); !done) all = std::move(done);
  return all;
}

status keeper::keep(const segment_info& of) {
  const bool news =
      how_.follower != nullptr && !unfit_ && !behind_ && of.number >= how_.fed.segment;
  behind_ |= news;  // until it is done
  if (!news && (of.table || of.bytes > tabled_bytes_max)) return {};
  const position end{of.number, of.summary.data_end};
  const std::uint64_t count_from =
      of.number == how_.fed.segment ? how_.fed.offset : segment_header_bytes;
  number_ledger numbers = how_.numbers;
  NIP_TRY(segment, segment_view(from_, of).open());
  NIP_TRY(made, digest_segment(*segment, from_.journal_id, end, count_from, numbers));
  status fed;
  if (news) fed = feed(of, made, std::move(numbers));
  if (of.table || of.bytes > tabled_bytes_max) return fed;
  NIP_TRY(table, save_table(from_.files, from_.directory, made.header, made.contents));
  from_.segments.set_table(table);
  return fed;
}

/// Shows the ledger what came since. When that cannot be read to its end, how much of it the ledger
/// has is not known: there are no more checkpoints until the journal is opened again.
status keeper::feed(const segment_info& of, const digested_segment& read, number_ledger numbers) {
  const position end{of.number, of.summary.data_end};
  unfit_ = true;
  NIP_CHECK(reader_.replay(how_.fed, end, *how_.follower));
  unfit_ = false;
  how_.fed = {of.number + 1, segment_header_bytes};
  how_.numbers = std::move(numbers);
  at_ = end;
  epoch_ = read.epoch;
  unsaved_ = true;
  behind_ = false;
  return {};
}

/// Notes what the ledger has come to, unless that was done already.
status keeper::write_checkpoint() {
  if (!unsaved_ || unfit_) return {};
  checkpoint made{.journal_id = from_.journal_id,
                  .at = at_,
                  .epoch = epoch_,
                  .numbers = how_.numbers,
                  .ledger = {}};
  how_.follower->save(made.ledger);
  NIP_CHECK(save_checkpoint(from_.files, from_.directory, made));
  unsaved_ = false;
  retention_due_ = true;
  written_.fetch_add(1, std::memory_order_relaxed);
  std::erase(kept_, at_.segment);
  kept_.push_back(at_.segment);
  if (kept_.size() > checkpoints_kept) kept_.erase(kept_.begin());
  return remove_checkpoints(from_.files, from_.directory, kept_);
}

/// Removes, or makes smaller, what is past retention and finished. Only what both checkpoints have
/// seen: a restart from either needs nothing of it.
status keeper::retain() {
  if (how_.follower == nullptr || unfit_ || kept_.size() < checkpoints_kept) return {};
  if (!retention_due_ && how_.clock->mono() < retention_next_) return {};
  retention_due_ = false;
  retention_next_ = how_.clock->mono() + retention_pause;
  compactor compacting(from_, *how_.follower, kept_.front(), epoch_ + 1);
  std::vector<segment_info> doomed;
  std::uint64_t damaged = 0;
  status all;
  for (const segment_info& each : past_retention()) {
    if (stopping_) return {};
    if (each.summary.damaged) ++damaged;
    if (each.summary.damaged || !each.table) continue;
    auto seen = compacting.look_at(each);
    if (!seen) {
      all = std::unexpected(std::move(seen).error());
      break;
    }
    if (*seen == compactor::verdict::empty) doomed.push_back(each);
    if (*seen == compactor::verdict::shrunk) retention_.shrunk.fetch_add(1);
  }
  retention_.damaged = damaged;
  if (compacting.freed() != 0) how_.freed(compacting.freed());
  if (all && !doomed.empty()) all = remove_segments(doomed);
  return all;
}

/// The oldest segments, up to where both checkpoints are, that are over the bytes or the age.
std::vector<segment_info> keeper::past_retention() const {
  std::vector<segment_info> found;
  std::uint64_t bytes = 0;
  const auto sealed = from_.segments.sealed();
  for (const segment_info& each : sealed) bytes += each.bytes;
  for (const segment_info& each : sealed) {
    const bool over = how_.retention_bytes != 0 && bytes > how_.retention_bytes;
    const bool old = how_.retention_age.count() != 0 &&
                     how_.clock->wall() - each.summary.last_written > how_.retention_age;
    if (each.number > kept_.front() || (!over && !old)) break;
    bytes -= each.bytes;
    found.push_back(each);
  }
  return found;
}

/// What was brought from them to other segments is on the disk first.
status keeper::remove_segments(const std::vector<segment_info>& doomed) {
  NIP_CHECK(from_.files.sync_directory(from_.directory));
  for (const segment_info& each : doomed) {
    {
      const auto locked = from_.segments.lock_files();
      NIP_CHECK(from_.files.remove(path_in(from_.directory, segment_name(each.number))));
      from_.segments.remove(each.number);
    }
    retention_.removed.fetch_add(1);
    how_.freed(each.bytes);
    NIP_CHECK(remove_if_there(from_.files, path_in(from_.directory, table_name(each.number))));
  }
  return from_.files.sync_directory(from_.directory);
}

}  // namespace nip::bus::journal
