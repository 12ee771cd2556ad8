#include "bus/journal/catalogue.hpp"

#include <algorithm>

namespace nip::bus::journal {

catalogue::catalogue(std::vector<segment_info> segments, std::uint64_t active,
                     std::unique_ptr<live_index> live) {
  for (segment_info& each : segments) segments_.push_back({std::move(each), nullptr});
  if (entry* of = find(active)) of->live = std::move(live);
}

const catalogue::entry* catalogue::find(std::uint64_t segment) const {
  const auto at = std::lower_bound(
      segments_.begin(), segments_.end(), segment,
      [](const entry& each, std::uint64_t number) { return each.info.number < number; });
  return at == segments_.end() || at->info.number != segment ? nullptr : &*at;
}

catalogue::entry* catalogue::find(std::uint64_t segment) {
  return const_cast<entry*>(std::as_const(*this).find(segment));
}

void catalogue::add_segment(std::uint64_t number, std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  segments_.push_back({{.number = number, .bytes = bytes, .summary = {}, .table = {}},
                       std::make_unique<live_index>()});
  bound_live();
}

/// Keeps the memory of indexes whose tables are late within its bound.
void catalogue::bound_live() {
  std::size_t live = 0;
  for (auto each = segments_.rbegin(); each != segments_.rend(); ++each)
    if (each->live && ++live > live_indexes_max) each->live.reset();
}

void catalogue::add_batch(const batch_note& batch) {
  std::lock_guard lock(mutex_);
  entry& active = *find(batch.header.at.segment);
  segment_summary& summary = active.info.summary;
  if (summary.begin_seq == 0) summary.begin_seq = batch.header.first_seq;
  summary.end_seq = batch.header.end_seq();
  summary.data_end = batch.header.at.offset + batch.header.bytes;
  summary.messages += batch.header.messages;
  summary.last_accepted = std::max(summary.last_accepted, batch.bounds.last_accepted);
  summary.last_written = std::max(summary.last_written, batch.header.written);
  summary.outcomes.widen(batch.bounds.outcomes);
  if (active.live) active.live->add_batch(batch.header, batch.ids, batch.plans, batch.bounds);
}

void catalogue::set_durable(position durable) {
  std::lock_guard lock(mutex_);
  durable_ = durable;
}

void catalogue::set_table(const table_header& table) {
  std::lock_guard lock(mutex_);
  entry* of = find(table.segment);
  if (of == nullptr) return;
  of->info.summary = table.summary;
  of->info.table = table;
  of->live.reset();
}

void catalogue::replace(const segment_info& segment) {
  std::lock_guard lock(mutex_);
  if (entry* of = find(segment.number)) *of = {segment, nullptr};
}

void catalogue::remove(std::uint64_t segment) {
  std::lock_guard lock(mutex_);
  std::erase_if(segments_, [&](const entry& each) { return each.info.number == segment; });
}

void catalogue::note_damage(std::uint64_t segment) {
  std::lock_guard lock(mutex_);
  entry* of = find(segment);
  if (of != nullptr) of->info.summary.damaged = true;
}

void catalogue::distrust_table(const table_header& table) {
  std::lock_guard lock(mutex_);
  entry* of = find(table.segment);
  if (of != nullptr && of->info.table && of->info.table->stamp == table.stamp)
    of->info.table.reset();
}

std::optional<segment_info> catalogue::readable(std::uint64_t segment) const {
  for (segment_info& each : readable())
    if (each.number == segment) return std::move(each);
  return std::nullopt;
}

std::vector<segment_info> catalogue::readable() const {
  std::lock_guard lock(mutex_);
  std::vector<segment_info> found;
  for (const entry& each : segments_) {
    if (each.info.number > durable_.segment) break;
    segment_info info = each.info;
    if (info.number == durable_.segment)
      info.summary.data_end = std::min(info.summary.data_end, durable_.offset);
    if (info.summary.data_end > segment_header_bytes) found.push_back(std::move(info));
  }
  return found;
}

std::vector<segment_info> catalogue::sealed() const {
  std::lock_guard lock(mutex_);
  std::vector<segment_info> found;
  for (const entry& each : segments_)
    if (each.info.number < durable_.segment) found.push_back(each.info);
  return found;
}

std::optional<std::vector<place>> catalogue::live_places(std::uint64_t segment,
                                                         std::uint64_t id_hash) const {
  std::lock_guard lock(mutex_);
  const entry* of = find(segment);
  if (of == nullptr || !of->live) return std::nullopt;
  return of->live->find(id_hash);
}

std::optional<std::vector<mark>> catalogue::live_marks(std::uint64_t segment) const {
  std::lock_guard lock(mutex_);
  const entry* of = find(segment);
  if (of == nullptr || !of->live) return std::nullopt;
  return of->live->marks();
}

std::optional<std::uint64_t> catalogue::live_plan(std::uint64_t segment, std::uint64_t key) const {
  std::lock_guard lock(mutex_);
  const entry* of = find(segment);
  if (of == nullptr || !of->live) return std::nullopt;
  return of->live->plan_batch(key);
}

std::uint64_t catalogue::segments() const {
  std::lock_guard lock(mutex_);
  return segments_.size();
}

}  // namespace nip::bus::journal
