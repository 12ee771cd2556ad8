// Copies of whole files: by the file system where it can, byte by byte elsewhere.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/file.hpp"

namespace nip::bus::maintenance {

/// How a file came to its second place.
enum class copy_way : std::uint8_t {
  clone,  ///< shares blocks until one of them is written to
  link,   ///< the same file under a second name
  bytes,
};

/// Gives the file behind `descriptor` a second place at `target`, which must not exist, and makes
/// it durable. Links only when `may_link`: the file must never be written to again. Fails with
/// errc::io or errc::storage_full.
result<copy_way> duplicate_file(int descriptor, const std::string& target, bool may_link);

/// Copies [0, end) and fills up to `bytes` with zeros: with a hole, or, when `written`, with bytes
/// that take their space on the disk. `tell` is called with each part. Synced. Fails with errc::io
/// or errc::storage_full.
struct copy_extent {
  std::uint64_t end = 0;
  std::uint64_t bytes = 0;
  bool written = false;
};
status copy_bytes(const file& from, file& to, const copy_extent& extent,
                  const std::function<void(byte_span)>& tell = {});

/// XXH3-64 over parts.
class running_checksum {
 public:
  running_checksum();
  ~running_checksum();
  running_checksum(const running_checksum&) = delete;
  running_checksum& operator=(const running_checksum&) = delete;
  void add(byte_span bytes);
  std::uint64_t value() const;

 private:
  void* state_;
};

/// Of a whole file. Fails with errc::io.
result<std::uint64_t> checksum_of(const file& from);

/// Makes the folder unless it is there and empty. Fails with errc::conflict when something is in
/// it, or errc::io.
status make_empty_folder(file_system& files, const std::string& folder);

}  // namespace nip::bus::maintenance
