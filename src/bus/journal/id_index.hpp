// Message ids of the newest messages and where they are: 16 bytes each, bounded.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "base/ids.hpp"

namespace nip::bus::journal {

/// Ids kept: about the newest this many. They take 4 MiB, touched only as they fill.
constexpr std::size_t indexed_ids_max = 262'144;

/// Thread-safe. A set-associative table: a new id replaces the oldest of its bucket.
class id_index {
 public:
  struct entry {
    std::uint64_t hash = 0;
    std::uint64_t seq = 0;  ///< 0: free
  };

  id_index();

  static std::uint64_t hash(tenant_id tenant, std::string_view id) noexcept;

  void add(std::span<const entry> entries) noexcept;
  /// Messages that may have this id, newest first.
  std::vector<seq_t> find(std::uint64_t hash) const;
  /// True while no entry was ever replaced: what find() does not know, does not exist.
  bool complete() const noexcept;

 private:
  static constexpr std::size_t ways = 8;
  static constexpr std::size_t buckets = indexed_ids_max / ways;
  static_assert((buckets & (buckets - 1)) == 0);

  struct release {
    void operator()(entry* entries) const noexcept { std::free(entries); }
  };

  std::span<entry, ways> bucket(std::uint64_t hash) const noexcept;

  mutable std::mutex mutex_;
  std::unique_ptr<entry, release> entries_;
  bool replaced_ = false;
};

}  // namespace nip::bus::journal
