#include "bus/journal/committer.hpp"

#include <algorithm>

namespace nip::bus::journal {
namespace {

/// How soon records that found no room are tried again.
constexpr nanoseconds room_retry = std::chrono::milliseconds(100);

}  // namespace

committer::committer(commit_queue& queue, batch_writer writer, clock_source& clock,
                     nanoseconds lazy_sync, unsigned shards)
    : queue_(queue),
      writer_(std::move(writer)),
      clock_(clock),
      lazy_sync_(lazy_sync),
      wakes_(shards),
      waiting_(shards),
      taken_from_(shards),
      durable_(writer_.last_seq().value),
      synced_(shards) {}

committer::~committer() { stop(); }

void committer::on_durable(unsigned shard, std::function<void()> wake) {
  wakes_.at(shard) = std::move(wake);
}

void committer::on_failure(std::function<void(const error&)> failed) {
  failed_ = std::move(failed);
}

void committer::start() {
  thread_ = std::thread([this] { run(); });
}

void committer::stop() {
  queue_.close({errc::unavailable, "the journal is closed", std::source_location::current()});
  if (thread_.joinable()) return thread_.join();
  if (!ended_) end({});
}

void committer::step() {
  if (ended_) return;
  auto done = turn(nanoseconds(0));
  note_bytes();
  if (!done) end(std::move(done));
}

void committer::run() {
  status done;
  while (done && !queue_.closed()) {
    done = turn(patience());
    note_bytes();
  }
  end(std::move(done));
}

/// The last thing that is done: after an error the journal is not touched any more.
void committer::end(status done) {
  ended_ = true;
  if (done) done = finish();
  note_bytes();
  if (!done) fail(done.error());
}

/// Waits for work or for something that is due, and does it.
status committer::turn(std::optional<nanoseconds> patience) {
  queue_.take(taken_, patience);
  for (const auto& taken : taken_) note_waiting(*taken);
  writer_.add(taken_);
  if (writer_.has_work()) NIP_CHECK(write_work());
  const mono_time now = clock_.mono();
  if (writer_.unsynced() && !sync_due_) sync_due_ = now + lazy_sync_;
  if (sync_asked_ || (sync_due_ && now >= *sync_due_)) NIP_CHECK(sync());
  if (!writer_.unclaimed())
    claim_due_.reset();
  else if (!claim_due_)
    claim_due_ = now + lazy_sync_;
  else if (now >= *claim_due_)
    NIP_CHECK(writer_.claim());
  return {};
}

/// Writes and syncs the rest, and says so in the journal.
status committer::finish() {
  queue_.take(taken_, std::nullopt);
  for (const auto& taken : taken_) note_waiting(*taken);
  writer_.add(taken_);
  auto written = writer_.write();
  if (!written && written.error().code == errc::io) return written;
  stuck_ = !written;
  NIP_CHECK(sync());
  if (!written) return written;
  return writer_.conclude();
}

/// A full disk is not a failure: what does not fit waits, and appends are refused meanwhile.
status committer::write_work() {
  auto done = writer_.write();
  note_bytes();
  queue_.give_back(writer_.written());
  stuck_ = !done && (done.error().code == errc::storage_full || queue_.closed());
  if (stuck_) return {};
  return done;
}

status committer::sync() {
  const mono_time start = clock_.mono();
  if (writer_.unsynced()) {
    NIP_CHECK(writer_.sync());
    syncs_.add(clock_.mono() - start);
  }
  sync_due_.reset();
  sync_asked_ = stuck_;  // what is stuck has not been synced
  publish_durable();
  return {};
}

void committer::note_waiting(const chunk& waiting) {
  ++taken_from_[waiting.shard];
  if (waiting.messages == 0 && !waiting.asks_sync) return;
  waiting_[waiting.shard] = true;
  sync_asked_ |= waiting.asks_sync;
}

/// How long the writer may sleep when no work comes; for ever when nothing is due.
std::optional<nanoseconds> committer::patience() const {
  if (stuck_) return room_retry;
  std::optional<mono_time> due = sync_due_;
  if (claim_due_ && (!due || *claim_due_ < *due)) due = claim_due_;
  if (!due) return std::nullopt;
  return std::max(*due - clock_.mono(), nanoseconds(0));
}

void committer::publish_durable() {
  if (!stuck_)
    for (std::size_t shard = 0; shard < synced_.size(); ++shard)
      synced_[shard].store(taken_from_[shard], std::memory_order_release);
  durable_.store(writer_.last_seq().value, std::memory_order_release);
  for (std::size_t shard = 0; shard < waiting_.size(); ++shard) {
    if (!waiting_[shard]) continue;
    waiting_[shard] = stuck_;  // some of its messages may be among those without room
    if (wakes_[shard]) wakes_[shard]();
  }
}

void committer::note_bytes() {
  bytes_written_.store(writer_.bytes_written(), std::memory_order_relaxed);
}

void committer::fail(const error& why) {
  queue_.close(why);
  if (failed_) failed_(why);
}

}  // namespace nip::bus::journal
