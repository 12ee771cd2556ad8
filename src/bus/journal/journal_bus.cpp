#include "bus/journal/journal_bus.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bus/journal/segment_file.hpp"

namespace nip::bus::journal {
namespace {

/// The segment to go on in, without a handle when the last one should not be written to any more.
result<ready_segment> open_active(file_system& files, const survey& found) {
  ready_segment active;
  if (found.segments.empty()) return active;
  const found_segment& last = found.segments[found.last];
  // A segment that has a table is not written to any more, even if nothing stands behind it yet.
  if (!last.sound_header || last.missing_bytes != 0 || last.info.table) return active;
  NIP_TRY(handle, files.open(last.path, open_mode::write));
  return ready_segment{last.info.number, last.info.bytes, std::move(handle)};
}

/// The empty segment that was made ahead of use before, if it is the one that comes next.
result<std::optional<ready_segment>> open_ready(file_system& files, const survey& found) {
  const std::size_t next = found.last + 1;
  if (next + 1 != found.segments.size()) return std::nullopt;
  const found_segment& segment = found.segments[next];
  if (!segment.sound_header || segment.missing_bytes != 0) return std::nullopt;
  NIP_TRY(handle, files.open(segment.path, open_mode::write));
  return ready_segment{segment.info.number, segment.info.bytes, std::move(handle)};
}

segment_supply::start supply_start(const survey& found) {
  segment_supply::start start;
  start.next_seq = found.numbers.next_seq();
  if (found.segments.empty()) return start;
  start.next_number = found.segments.back().info.number + 1;
  start.last_bytes = found.segments[found.last].info.bytes;
  for (const auto& segment : found.segments) start.bytes_used += segment.info.bytes;
  return start;
}

/// Every segment but one that is ready: it is listed when it comes into use.
std::vector<segment_info> segments_in_use(survey& found, bool has_ready) {
  std::vector<segment_info> segments;
  for (auto& segment : found.segments) segments.push_back(std::move(segment.info));
  if (has_ready) segments.pop_back();
  return segments;
}

/// Says in the journal that it is open, before anything is numbered: numbers that were left out
/// must not be forgotten, nor that there may be such. A disk without room for it takes no message
/// either.
status announce(batch_writer& writer) {
  auto done = writer.announce();
  if (done) done = writer.sync();
  return !done && done.error().code == errc::storage_full ? status() : done;
}

}  // namespace

journal_bus::journal_bus(environment around, std::unique_ptr<file_lock> lock)
    : around_(std::move(around)), lock_(std::move(lock)), staging_(around_.shards) {}

journal_bus::~journal_bus() { close(); }

status journal_bus::begin(survey surveyed, position from, mono_time opening_since) {
  const options& how = around_.how;
  batch_writer::start writing{.journal_id = surveyed.journal_id,
                              .epoch = surveyed.last_epoch + 1,
                              .next_seq = seq_t(surveyed.numbers.next_seq()),
                              .durable = surveyed.tail,
                              .active = {},
                              .offset = segment_header_bytes};
  NIP_TRY(active, open_active(around_.files, surveyed));
  if (active.handle) writing.offset = surveyed.tail.offset;
  writing.active = std::move(active);
  auto supply = supply_start(surveyed);
  NIP_TRY(ready, open_ready(around_.files, surveyed));
  supply.ready = std::move(ready);

  std::unique_ptr<live_index> live;
  if (writing.active.handle) live = std::make_unique<live_index>(surveyed.last_digest->contents());
  segments_ = std::make_unique<catalogue>(segments_in_use(surveyed, supply.ready.has_value()),
                                          writing.active.number, std::move(live));
  queue_ = std::make_unique<commit_queue>(surveyed.numbers.next(), how.pending_bytes_max,
                                          around_.shards, room_);
  supply_ = std::make_unique<segment_supply>(
      segment_supply::settings{how.path, surveyed.journal_id, how.segment_bytes, how.disk_bytes_max,
                               how.prepare_ahead},
      std::move(supply), around_.files, around_.clock, room_);
  const reading_source source{around_.files, how.path, surveyed.journal_id, *segments_};
  reader_ = std::make_unique<journal_reader>(source);
  keeper_ = std::make_unique<keeper>(
      source, keeper::settings{.follower = around_.follower,
                               .fed = surveyed.tail,
                               .numbers = surveyed.numbers,
                               .checkpoint = surveyed.report.checkpoint,
                               .own_thread = how.prepare_ahead,
                               .clock = &around_.clock,
                               .retention_bytes = how.retention_bytes,
                               .retention_age = how.retention_age,
                               .freed = [this](std::uint64_t bytes) { supply_->release(bytes); },
                               .scrub_bytes_per_second = how.scrub_bytes_per_second,
                               .scrub_interval = how.scrub_interval,
                               .known_damage = surveyed.report.quarantined});
  batch_writer writer(std::move(writing), {*segments_, *supply_, room_, around_.clock,
                                           [keeping = keeper_.get()] { keeping->wake(); }});
  if (around_.follower != nullptr)
    NIP_CHECK(reader_->replay(from, surveyed.tail, *around_.follower));
  NIP_CHECK(writer.prepare());
  NIP_CHECK(announce(writer));
  keeper_->start();
  recovery_ = std::move(surveyed.report);
  recovery_.duration = around_.clock.mono() - opening_since;
  committer_ = std::make_unique<committer>(*queue_, std::move(writer), around_.clock, how.lazy_sync,
                                           around_.shards);
  if (how.writer_thread) committer_->start();
  return {};
}

status journal_bus::append(unsigned shard, std::span<message_record> messages,
                           std::span<const outcome_record> outcomes, std::span<const note> notes) {
  if (messages.empty() && outcomes.empty() && notes.empty()) return {};
  auto& staged = staging_.at(shard);
  if (!staged) {
    staged = std::make_unique<chunk>();
    staged->shard = shard;
  }
  NIP_CHECK(staged->fill(messages, outcomes, notes));
  return queue_->push(staged, messages);
}

void journal_bus::on_durable(unsigned shard, std::function<void()> wake) {
  committer_->on_durable(shard, std::move(wake));
}

void journal_bus::on_failure(std::function<void(const error&)> failed) {
  committer_->on_failure(std::move(failed));
}

void journal_bus::on_damage(std::function<void(const recovery_report::damage&)> hears) {
  keeper_->scrub().on_damage(std::move(hears));
}

status journal_bus::scan(seq_t from, visitor& visit) const { return reader_->scan(from, visit); }

result<std::optional<bus::found>> journal_bus::find(tenant_id tenant, std::string_view id) const {
  return reader_->find(tenant, id);
}

result<std::optional<stored_message>> journal_bus::read(seq_t seq) const {
  return reader_->read(seq);
}

result<bus::outcome_list> journal_bus::outcomes(seq_t seq) const { return reader_->outcomes(seq); }

result<std::optional<seq_t>> journal_bus::first_since(wall_time time) const {
  return reader_->first_since(time);
}

bus_stats journal_bus::stats() const {
  bus_stats stats;
  stats.messages = queue_->messages();
  stats.outcomes = queue_->outcomes();
  stats.refused_full = queue_->refused_full();
  stats.syncs = committer_->syncs().count();
  stats.sync_p50 = committer_->syncs().quantile(0.50);
  stats.sync_p99 = committer_->syncs().quantile(0.99);
  stats.bytes_written = committer_->bytes_written();
  stats.bytes_on_disk = supply_->bytes_used();
  stats.segments = segments_->segments();
  stats.upkeep_failures = keeper_->failures();
  stats.checkpoints = keeper_->checkpoints();
  stats.segments_removed = keeper_->retention().removed;
  stats.segments_shrunk = keeper_->retention().shrunk;
  stats.segments_damaged = keeper_->retention().damaged;
  stats.scrubbed_bytes = keeper_->scrub().bytes();
  stats.scrubbed_segments = keeper_->scrub().segments();
  stats.damaged_ranges = keeper_->scrub().damages();
  return stats;
}

void journal_bus::close() {
  if (committer_) committer_->stop();
  if (keeper_) keeper_->stop();
  if (supply_) supply_->stop();
}

}  // namespace nip::bus::journal
