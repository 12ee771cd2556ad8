#include "bus/journal/live_index.hpp"

#include <algorithm>

namespace nip::bus::journal {
namespace {

constexpr std::uint32_t tag_of(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

live_index::live_index() : newest_(chains) {}

live_index::live_index(const table_contents& known) : live_index() {
  marks_ = known.marks;
  for (const keyed_place& each : known.ids) add_id(each);
  for (const keyed_place& each : known.plans) plans_.try_emplace(each.key, each.at.batch);
}

void live_index::add_batch(const batch_header& header, std::span<const keyed_place> ids,
                           std::span<const std::uint64_t> plans, const batch_bounds& bounds) {
  if (marks_.empty() || header.at.offset >= marks_.back().offset + mark_spacing_bytes)
    marks_.push_back({.offset = header.at.offset, .first_seq = header.first_seq});
  mark& here = marks_.back();
  if (here.first_accepted.ns == 0) here.first_accepted = bounds.first_accepted;
  here.last_accepted = std::max(here.last_accepted, bounds.last_accepted);
  here.outcomes.widen(bounds.outcomes);
  for (const keyed_place& each : ids) add_id(each);
  for (std::uint64_t key : plans) plans_.try_emplace(key, header.at.offset);
}

void live_index::add_id(const keyed_place& id) {
  auto& newest = newest_[id.key % chains];
  entries_.push_back({tag_of(id.key), newest,
                      static_cast<std::uint32_t>(id.at.batch / alignment_bytes),
                      static_cast<std::uint32_t>((id.at.record - id.at.batch) / alignment_bytes)});
  newest = static_cast<std::uint32_t>(entries_.size());
}

std::vector<place> live_index::find(std::uint64_t id_hash) const {
  std::vector<place> found;
  for (auto at = newest_[id_hash % chains]; at != 0; at = entries_[at - 1].previous) {
    const entry& each = entries_[at - 1];
    if (each.tag != tag_of(id_hash)) continue;
    const std::uint64_t batch = each.batch * alignment_bytes;
    found.push_back({batch, batch + each.record * alignment_bytes});
  }
  return found;
}

std::optional<std::uint64_t> live_index::plan_batch(std::uint64_t key) const {
  const auto found = plans_.find(key);
  if (found == plans_.end()) return std::nullopt;
  return found->second;
}

}  // namespace nip::bus::journal
