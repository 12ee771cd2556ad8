#include "bus/journal/catalogue.hpp"

#include <algorithm>

namespace nip::bus::journal {

void segment_info::add_batch(const batch_header& header) {
  if (begin_seq == 0) begin_seq = header.first_seq;
  if (index.empty() || header.at.offset >= index.back().offset + index_spacing_bytes)
    index.push_back({header.first_seq, header.at.offset});
  data_end = header.at.offset + header.bytes;
}

void segment_info::add_plan(std::uint64_t key, std::uint64_t batch_offset) {
  if (plans.size() < plan_entries_max) plans.push_back({key, batch_offset});
}

void catalogue::add_segment(std::uint64_t number, std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  segment_info segment;
  segment.number = number;
  segment.bytes = bytes;
  segments_.push_back(std::move(segment));
}

void catalogue::add_batch(const batch_header& header, const std::vector<std::uint64_t>& plans) {
  std::lock_guard lock(mutex_);
  // The last, unless an unused one with a damaged header stands behind it.
  auto active = std::find_if(
      segments_.rbegin(), segments_.rend(),
      [&](const segment_info& segment) { return segment.number == header.at.segment; });
  active->add_batch(header);
  for (std::uint64_t key : plans) active->add_plan(key, header.at.offset);
}

void catalogue::set_durable(position durable) {
  std::lock_guard lock(mutex_);
  durable_ = durable;
}

std::vector<catalogue::extent> catalogue::extents_from(seq_t from) const {
  std::lock_guard lock(mutex_);
  auto behind =
      std::find_if(segments_.rbegin(), segments_.rend(), [&](const segment_info& segment) {
        return segment.begin_seq != 0 && segment.begin_seq <= from.value;
      });
  auto first = behind == segments_.rend() ? segments_.begin() : std::prev(behind.base());
  std::vector<extent> extents;
  for (auto segment = first; segment != segments_.end(); ++segment) {
    extent part{segment->number, segment_header_bytes, segment->data_end};
    if (segment == first) {
      auto above = std::upper_bound(
          segment->index.begin(), segment->index.end(), from.value,
          [](std::uint64_t seq, const index_entry& entry) { return seq < entry.first_seq; });
      if (above != segment->index.begin()) part.begin = std::prev(above)->offset;
    }
    if (part.segment > durable_.segment) break;
    if (part.segment == durable_.segment) part.end = std::min(part.end, durable_.offset);
    if (part.begin < part.end) extents.push_back(part);
  }
  return extents;
}

std::optional<std::uint64_t> catalogue::plan_offset(std::uint64_t segment,
                                                    std::uint64_t key) const {
  std::lock_guard lock(mutex_);
  auto at = std::lower_bound(
      segments_.begin(), segments_.end(), segment,
      [](const segment_info& info, std::uint64_t number) { return info.number < number; });
  if (at == segments_.end() || at->number != segment) return std::nullopt;
  auto plan = std::find_if(at->plans.begin(), at->plans.end(),
                           [&](const plan_entry& entry) { return entry.key == key; });
  if (plan == at->plans.end()) return std::nullopt;
  return plan->offset;
}

std::uint64_t catalogue::segments() const {
  std::lock_guard lock(mutex_);
  return segments_.size();
}

}  // namespace nip::bus::journal
