// The second half of fake_file_system.hpp: what a power cut leaves.
#pragma once

#include "support/fake_file_system.hpp"

namespace nip::test {

inline void fake_file_system::survive(inode& node, const cut& how) {
  std::uint64_t left = how.bytes_kept;
  // The length is metadata that may reach the disk before the data: then it reads as zeros.
  bytes kept = node.synced;
  if (how.kept != survival::nothing) kept.resize(node.now.size());
  for (const write& lost : node.unsynced) {
    byte_span content = lost.content;
    if (how.kept == survival::prefix) {
      content = content.first(std::min<std::uint64_t>(left, content.size()));
      left -= content.size();
    }
    if (how.kept == survival::everything || how.kept == survival::prefix)
      inode::put(kept, lost.offset, content);
    if (how.kept != survival::blocks) continue;
    for (std::uint64_t at = 0; at < content.size();) {
      const std::uint64_t block_end =
          ((lost.offset + at) / how.block_bytes + 1) * how.block_bytes - lost.offset;
      const std::uint64_t end = std::min<std::uint64_t>(block_end, content.size());
      if (how.random->below(2) == 1)
        inode::put(kept, lost.offset + at, content.subspan(at, end - at));
      at = end;
    }
  }
  node.now = node.synced = std::move(kept);
  node.unsynced.clear();
}

inline void fake_file_system::power_cut(const cut& how) {
  std::lock_guard lock(disk_->mutex);
  ++disk_->power;
  disk_->locked.clear();
  disk_->faults.clear();
  disk_->unmakeable.clear();
  disk_->steps_left = UINT64_MAX;
  disk_->before_sync = nullptr;
  if (!how.keep_names) disk_->names = disk_->synced_names;
  for (auto& entry : disk_->names) survive(*entry.second, how);
  disk_->synced_names = disk_->names;
}

inline std::uint64_t fake_file_system::unsynced_bytes() const {
  std::lock_guard lock(disk_->mutex);
  std::uint64_t sum = 0;
  for (const auto& [path, node] : disk_->names)
    for (const auto& lost : node->unsynced) sum += lost.content.size();
  return sum;
}

inline fake_file_system fake_file_system::copy() const {
  fake_file_system other;
  std::lock_guard lock(disk_->mutex);
  other.disk_->directories = disk_->directories;
  std::map<std::shared_ptr<inode>, std::shared_ptr<inode>> twins;
  auto twin = [&](const std::shared_ptr<inode>& node) {
    auto& made = twins[node];
    if (!made) made = std::make_shared<inode>(*node);
    return made;
  };
  for (const auto& [path, node] : disk_->names) other.disk_->names[path] = twin(node);
  for (const auto& [path, node] : disk_->synced_names) other.disk_->synced_names[path] = twin(node);
  return other;
}

}  // namespace nip::test
