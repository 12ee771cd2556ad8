// The list of a backup's files: written last, so that a backup that has one is whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "bus/journal/format.hpp"

namespace nip::bus::maintenance {

constexpr std::string_view manifest_name = "manifest";
/// A manifest that is longer is none.
constexpr std::uint64_t manifest_bytes_max = 64u << 20;

/// What a backup holds. As text: a line each of a name and values, the last one a checksum of all
/// before it.
struct manifest {
  struct entry {
    std::string name;
    std::uint64_t bytes = 0;
    std::uint64_t checksum = 0;  ///< of the whole file
  };
  std::uint64_t journal_id = 0;
  journal::position end;  ///< the journal ends here
  std::uint64_t next_seq = 0;
  std::uint64_t messages = 0;  ///< that can be read
  std::uint64_t damaged = 0;   ///< ranges that were damaged already
  wall_time made;
  std::vector<entry> files;
};

std::string encode_manifest(const manifest& from);
/// Fails with errc::corrupt, or errc::unsupported when it is of another version.
result<manifest> decode_manifest(std::string_view text);

}  // namespace nip::bus::maintenance
