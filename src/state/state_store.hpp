// A small durable map for administration: rules made by REST, plugin configs, tenants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace nip::state {

/// Bounds of what is stored; beyond them calls fail with errc::too_large.
constexpr std::size_t space_bytes_max = 128;
constexpr std::size_t key_bytes_max = 1024;
constexpr std::size_t value_bytes_max = std::size_t{16} << 20;
constexpr std::size_t page_entries_max = 1000;

/// One key's value. `version` is never given twice within a store, not even after a remove, so
/// equal versions mean an untouched value.
struct entry {
  std::string key;
  std::string value;
  std::uint64_t version = 0;
};

/// A part of a list. `next` is the cursor of the following part, empty at the end.
struct listing {
  std::vector<entry> entries;
  std::string next;
};

/// One of several writes: a new value, or none to take the key out.
struct change {
  std::string_view space;
  std::string_view key;
  std::optional<std::string_view> value;
};

/// Keys are bytes, unique within a space (a namespace such as "rules"). A successful write is
/// durable. Thread-safe, but every call may wait for the disk: never call it from a shard. All
/// calls fail with errc::io or errc::corrupt naming the store, writes with errc::too_large as above
/// and errc::invalid_argument for an empty key.
class state_store {
 public:
  virtual ~state_store() = default;

  /// The entry, or nothing when there is none.
  virtual result<std::optional<entry>> get(std::string_view space, std::string_view key) = 0;
  /// Writes whatever was there before; gives the new version.
  virtual result<std::uint64_t> put(std::string_view space, std::string_view key,
                                    std::string_view value) = 0;
  /// Writes only when the stored version is `expected` (0: when there is no such key). Gives the
  /// new version; fails with errc::conflict naming both versions.
  virtual result<std::uint64_t> put_if(std::string_view space, std::string_view key,
                                       std::string_view value, std::uint64_t expected) = 0;
  /// True when there was something to remove.
  virtual result<bool> remove(std::string_view space, std::string_view key) = 0;
  /// All of the changes, in one transaction, or none of them. Taking out what is not there is fine.
  virtual status apply(std::span<const change> changes) = 0;
  /// Entries whose key starts with `prefix`, sorted by key bytes, after `cursor` (empty: from the
  /// start). At most `limit` of them, and never more than page_entries_max.
  virtual result<listing> list(std::string_view space, std::string_view prefix,
                               std::string_view cursor, std::size_t limit) = 0;
};

}  // namespace nip::state
