// A disk in memory that fails on command and forgets, when the power goes, what was not synced.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/random.hpp"

namespace nip::test {

using bytes = std::vector<std::byte>;

/// Thread-safe. Files and the fake itself may die in any order: they share the disk.
class fake_file_system final : public file_system {
 public:
  enum class operation : std::uint8_t { write, sync, rename, remove, preallocate };

  /// What a power cut leaves of the writes that were not synced, file by file.
  enum class survival : std::uint8_t {
    nothing,     ///< none of them
    everything,  ///< all of them
    prefix,      ///< in the order written, up to `bytes_kept`; the last one torn there
    blocks,      ///< any subset of blocks of `block_bytes`
  };
  struct cut {
    survival kept = survival::nothing;
    std::uint64_t bytes_kept = 0;
    std::size_t block_bytes = 512;
    random_source* random = nullptr;  ///< for `blocks`
    bool keep_names = false;          ///< renames and removals that no directory sync followed

    /// The `number`th kind of cut in turn: nothing, everything or some blocks survive.
    static cut in_turn(std::uint64_t number, random_source& random) {
      switch (number % 3) {
        case 0:
          return {.kept = survival::nothing};
        case 1:
          return {.kept = survival::everything, .keep_names = true};
        default:
          return {.kept = survival::blocks, .random = &random, .keep_names = random.below(2) == 1};
      }
    }
  };

  fake_file_system() : disk_(std::make_shared<disk>()) {}

  // Faults.
  /// The operation that comes `countdown`th from now (1: the next) fails with `code`; those behind
  /// it work again, so that a caller who retries is found out.
  void fail(operation what, int countdown, errc code = errc::io) {
    std::lock_guard lock(disk_->mutex);
    disk_->faults.push_back({what, countdown, code});
  }
  /// After this many operations from now every one fails, as if the power had gone; power_cut()
  /// then says what is left.
  void stop_after(std::uint64_t operations) {
    std::lock_guard lock(disk_->mutex);
    disk_->steps_left = operations;
  }
  bool stopped() const {
    std::lock_guard lock(disk_->mutex);
    return disk_->steps_left == 0;
  }
  /// From now on no file whose path contains this can be made.
  void fail_names(std::string part) {
    std::lock_guard lock(disk_->mutex);
    disk_->unmakeable = std::move(part);
  }
  /// From now on these bytes of the file cannot be read.
  void fail_reads(std::string path, std::uint64_t begin, std::uint64_t end) {
    std::lock_guard lock(disk_->mutex);
    disk_->unreadable = {std::move(path), begin, end};
  }
  /// Files may take this many bytes together; more fails with errc::storage_full.
  void set_capacity(std::uint64_t bytes_max) {
    std::lock_guard lock(disk_->mutex);
    disk_->capacity = bytes_max;
  }
  /// Called before every sync, outside the disk's lock: a test can hold the syncing thread there.
  void before_sync(std::function<void(const std::string& path)> hook) {
    std::lock_guard lock(disk_->mutex);
    disk_->before_sync = std::move(hook);
  }
  /// Loses power: open files stop counting, and the directory is what `how` leaves.
  void power_cut(const cut& how);

  // Looking and tampering.
  bytes contents(const std::string& path) const {
    std::lock_guard lock(disk_->mutex);
    return disk_->names.at(path)->now;
  }
  std::optional<bytes> contents_if_there(const std::string& path) const {
    std::lock_guard lock(disk_->mutex);
    const auto at = disk_->names.find(path);
    if (at == disk_->names.end()) return std::nullopt;
    return at->second->now;
  }
  void set_contents(const std::string& path, bytes content) {
    std::lock_guard lock(disk_->mutex);
    auto& node = disk_->names[path];
    node = std::make_shared<inode>();
    node->now = node->synced = std::move(content);
    disk_->synced_names[path] = node;
  }
  void flip(const std::string& path, std::uint64_t offset, unsigned mask) {
    std::lock_guard lock(disk_->mutex);
    auto& node = *disk_->names.at(path);
    node.now.at(offset) ^= static_cast<std::byte>(mask);
    node.synced = node.now;
    node.unsynced.clear();
  }
  std::uint64_t count(operation what) const {
    std::lock_guard lock(disk_->mutex);
    auto found = disk_->counts.find(what);
    return found == disk_->counts.end() ? 0 : found->second;
  }
  /// Of all files together, since the fake was made.
  std::uint64_t bytes_read() const {
    std::lock_guard lock(disk_->mutex);
    return disk_->bytes_read;
  }
  std::uint64_t unsynced_bytes() const;
  /// What all files take together.
  std::uint64_t used_bytes() const {
    std::lock_guard lock(disk_->mutex);
    return disk_->used();
  }
  /// Another disk in the same state, what is not synced included; nothing is locked on it.
  fake_file_system copy() const;

  // file_system
  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override;
  status make_directories(const std::string& path) override;
  status sync_directory(const std::string& path) override;
  status rename(const std::string& from, const std::string& to) override;
  status remove(const std::string& path) override;
  result<bool> exists(const std::string& path) override;
  result<std::vector<std::string>> list(const std::string& directory) override;
  result<std::unique_ptr<file_lock>> lock(const std::string& path) override;

 private:
  struct write {
    std::uint64_t offset;
    bytes content;
  };
  struct inode {
    bytes now;
    bytes synced;
    std::vector<write> unsynced;

    static void put(bytes& into, std::uint64_t offset, byte_span content) {
      if (into.size() < offset + content.size()) into.resize(offset + content.size());
      if (!content.empty()) std::memcpy(into.data() + offset, content.data(), content.size());
    }
  };
  using names = std::map<std::string, std::shared_ptr<inode>>;
  struct fault {
    operation what;
    int countdown;
    errc code;
  };
  struct disk {
    mutable std::mutex mutex;
    fake_file_system::names names;
    fake_file_system::names synced_names;
    std::set<std::string> directories{"."};
    std::set<std::string> locked;
    std::vector<fault> faults;
    std::map<operation, std::uint64_t> counts;
    std::uint64_t bytes_read = 0;
    std::uint64_t capacity = UINT64_MAX;
    std::uint64_t steps_left = UINT64_MAX;
    std::string unmakeable;  // empty: none
    struct {
      std::string path;  // empty: none
      std::uint64_t begin = 0;
      std::uint64_t end = 0;
    } unreadable;
    std::uint64_t power = 0;  // how often it was cut
    std::function<void(const std::string&)> before_sync;

    /// Counts the operation, and says whether it is to fail.
    status step(operation what, const std::string& path) {
      ++counts[what];
      if (steps_left == 0) return nip::fail(errc::io, "no power for " + path);
      --steps_left;
      for (auto& fault : faults)
        if (fault.what == what && --fault.countdown == 0)
          return nip::fail(fault.code, "injected fault on " + path);
      return {};
    }
    std::uint64_t used() const {
      std::uint64_t sum = 0;
      for (const auto& [path, node] : names) sum += node->now.size();
      return sum;
    }
    status grow(inode& node, std::uint64_t size, const std::string& path) {
      if (size <= node.now.size()) return {};
      if (used() - node.now.size() + size > capacity)
        return nip::fail(errc::storage_full, "no space left on the fake disk for " + path);
      node.now.resize(size);
      return {};
    }
  };

  class fake_file;
  class fake_lock;

  static void survive(inode& node, const cut& how);

  std::shared_ptr<disk> disk_;
};

class fake_file_system::fake_file final : public file {
 public:
  fake_file(std::shared_ptr<disk> on, std::shared_ptr<inode> node, std::string path)
      : disk_(std::move(on)),
        node_(std::move(node)),
        path_(std::move(path)),
        power_(disk_->power) {}

  result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) const override {
    std::lock_guard lock(disk_->mutex);
    const bytes& now = node_->now;
    const auto& bad = disk_->unreadable;
    if (path_ == bad.path && offset < bad.end && offset + into.size() > bad.begin)
      return nip::fail(errc::io, "injected fault on " + path_);
    if (offset >= now.size()) return 0;
    const std::size_t count = std::min<std::size_t>(into.size(), now.size() - offset);
    if (count != 0) std::memcpy(into.data(), now.data() + offset, count);
    disk_->bytes_read += count;
    return count;
  }
  using file::write;
  status write(std::uint64_t offset, std::span<const byte_span> parts) override {
    std::lock_guard lock(disk_->mutex);
    if (power_ != disk_->power) return nip::fail(errc::io, "no power for " + path_);
    NIP_CHECK(disk_->step(operation::write, path_));
    bytes whole;
    for (auto part : parts) whole.insert(whole.end(), part.begin(), part.end());
    NIP_CHECK(disk_->grow(*node_, offset + whole.size(), path_));
    inode::put(node_->now, offset, whole);
    node_->unsynced.push_back({offset, std::move(whole)});
    return {};
  }
  status preallocate(std::uint64_t size) override {
    std::lock_guard lock(disk_->mutex);
    NIP_CHECK(disk_->step(operation::preallocate, path_));
    return disk_->grow(*node_, size, path_);
  }
  status truncate(std::uint64_t size) override {
    std::lock_guard lock(disk_->mutex);
    NIP_CHECK(disk_->grow(*node_, size, path_));
    node_->now.resize(size);
    return {};
  }
  status datasync() override {
    std::function<void(const std::string&)> hook;
    {
      std::lock_guard lock(disk_->mutex);
      hook = disk_->before_sync;
    }
    if (hook) hook(path_);
    std::lock_guard lock(disk_->mutex);
    if (power_ != disk_->power) return nip::fail(errc::io, "no power for " + path_);
    NIP_CHECK(disk_->step(operation::sync, path_));
    node_->synced = node_->now;
    node_->unsynced.clear();
    return {};
  }
  result<std::uint64_t> size() const override {
    std::lock_guard lock(disk_->mutex);
    return node_->now.size();
  }
  const std::string& path() const noexcept override { return path_; }

 private:
  std::shared_ptr<disk> disk_;
  std::shared_ptr<inode> node_;
  std::string path_;
  std::uint64_t power_;
};

class fake_file_system::fake_lock final : public file_lock {
 public:
  fake_lock(std::shared_ptr<disk> on, std::string path)
      : disk_(std::move(on)), path_(std::move(path)), power_(disk_->power) {}
  ~fake_lock() override {
    std::lock_guard lock(disk_->mutex);
    if (power_ == disk_->power) disk_->locked.erase(path_);
  }

 private:
  std::shared_ptr<disk> disk_;
  std::string path_;
  std::uint64_t power_;
};

inline result<std::unique_ptr<file>> fake_file_system::open(const std::string& path,
                                                            open_mode mode) {
  std::lock_guard lock(disk_->mutex);
  if (!disk_->directories.contains(parent_directory(path)))
    return nip::fail(errc::not_found, "no directory for " + path);
  auto found = disk_->names.find(path);
  if (mode == open_mode::create) {
    if (!disk_->unmakeable.empty() && path.contains(disk_->unmakeable))
      return nip::fail(errc::io, "injected fault on " + path);
    auto& node = disk_->names[path];
    if (!node) node = std::make_shared<inode>();
    node->now.clear();
    node->unsynced.clear();
    return std::make_unique<fake_file>(disk_, node, path);
  }
  if (found == disk_->names.end()) return nip::fail(errc::not_found, "no file " + path);
  return std::make_unique<fake_file>(disk_, found->second, path);
}

inline status fake_file_system::make_directories(const std::string& path) {
  std::lock_guard lock(disk_->mutex);
  for (std::string part = path; part != "." && part != "/"; part = parent_directory(part))
    disk_->directories.insert(part);
  return {};
}

inline status fake_file_system::sync_directory(const std::string& path) {
  std::lock_guard lock(disk_->mutex);
  NIP_CHECK(disk_->step(operation::sync, path));
  auto inside = [&](const auto& entry) { return parent_directory(entry.first) == path; };
  std::erase_if(disk_->synced_names, inside);
  for (const auto& entry : disk_->names)
    if (inside(entry)) disk_->synced_names.insert(entry);
  return {};
}

inline status fake_file_system::rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(disk_->mutex);
  NIP_CHECK(disk_->step(operation::rename, from));
  auto found = disk_->names.find(from);
  if (found == disk_->names.end()) return nip::fail(errc::not_found, "no file " + from);
  disk_->names[to] = found->second;
  disk_->names.erase(found);
  return {};
}

inline status fake_file_system::remove(const std::string& path) {
  std::lock_guard lock(disk_->mutex);
  NIP_CHECK(disk_->step(operation::remove, path));
  if (disk_->names.erase(path) == 0) return nip::fail(errc::not_found, "no file " + path);
  return {};
}

inline result<bool> fake_file_system::exists(const std::string& path) {
  std::lock_guard lock(disk_->mutex);
  return disk_->names.contains(path) || disk_->directories.contains(path);
}

inline result<std::vector<std::string>> fake_file_system::list(const std::string& directory) {
  std::lock_guard lock(disk_->mutex);
  if (!disk_->directories.contains(directory))
    return nip::fail(errc::not_found, "no directory " + directory);
  std::vector<std::string> found;
  for (const auto& entry : disk_->names)
    if (parent_directory(entry.first) == directory)
      found.push_back(entry.first.substr(directory.size() + 1));
  return found;
}

inline result<std::unique_ptr<file_lock>> fake_file_system::lock(const std::string& path) {
  std::lock_guard lock(disk_->mutex);
  if (!disk_->locked.insert(path).second)
    return nip::fail(errc::conflict, path + " is held by another process");
  return std::make_unique<fake_lock>(disk_, path);
}

}  // namespace nip::test

#include "support/fake_power.hpp"
