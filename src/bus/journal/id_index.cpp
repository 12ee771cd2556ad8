#include "bus/journal/id_index.hpp"

#include <xxhash.h>

#include <algorithm>
#include <new>

namespace nip::bus::journal {

id_index::id_index()
    // calloc, not new: zero pages cost no memory before they are written.
    : entries_(static_cast<entry*>(std::calloc(indexed_ids_max, sizeof(entry)))) {
  if (!entries_) throw std::bad_alloc();
}

std::uint64_t id_index::hash(tenant_id tenant, std::string_view id) noexcept {
  return XXH3_64bits_withSeed(id.data(), id.size(), tenant.value);
}

void id_index::add(std::span<const entry> entries) noexcept {
  std::lock_guard lock(mutex_);
  for (const entry& added : entries) {
    auto ways_of = bucket(added.hash);
    auto oldest = std::min_element(ways_of.begin(), ways_of.end(),
                                   [](const entry& a, const entry& b) { return a.seq < b.seq; });
    replaced_ |= oldest->seq != 0;
    *oldest = added;
  }
}

std::vector<seq_t> id_index::find(std::uint64_t hash) const {
  std::vector<seq_t> found;
  std::lock_guard lock(mutex_);
  for (const entry& known : bucket(hash))
    if (known.seq != 0 && known.hash == hash) found.push_back(seq_t(known.seq));
  std::sort(found.rbegin(), found.rend());
  return found;
}

bool id_index::complete() const noexcept {
  std::lock_guard lock(mutex_);
  return !replaced_;
}

std::span<id_index::entry, id_index::ways> id_index::bucket(std::uint64_t hash) const noexcept {
  return std::span<entry, ways>(entries_.get() + (hash & (buckets - 1)) * ways, ways);
}

}  // namespace nip::bus::journal
