// The file seam: what stores do to disks, as an interface that tests can make fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace nip {

using byte_span = std::span<const std::byte>;

/// An open file, closed by its destructor. Reads and writes are at offsets, so several threads may
/// use one file at once. Every error names the path.
class file {
 public:
  virtual ~file() = default;

  /// Bytes read at `offset` into `into`: fewer than asked for only at the end of the file. Fails
  /// with errc::io.
  virtual result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) const = 0;
  /// Writes all parts, one behind the other, from `offset` on. Fails with errc::io or
  /// errc::storage_full; what was written by then is unknown.
  virtual status write(std::uint64_t offset, std::span<const byte_span> parts) = 0;
  status write(std::uint64_t offset, byte_span bytes) { return write(offset, {&bytes, 1}); }
  /// Reserves disk space so that the file is at least `bytes` long; new bytes read as zero. Fails
  /// with errc::storage_full or errc::io.
  virtual status preallocate(std::uint64_t bytes) = 0;
  /// Cuts or extends (with zeros) to `bytes`.
  virtual status truncate(std::uint64_t bytes) = 0;
  /// Returns when the data, and what is needed to read it, is on the disk. After a failure the
  /// state of what was written is unknown: do not ask again.
  virtual status datasync() = 0;
  virtual result<std::uint64_t> size() const = 0;
  virtual const std::string& path() const noexcept = 0;
};

/// Holds a lock file until destroyed.
class file_lock {
 public:
  virtual ~file_lock() = default;
};

enum class open_mode : std::uint8_t {
  read,    ///< must exist
  write,   ///< for reading and writing; must exist
  create,  ///< for reading and writing; made when absent, emptied when there
};

/// Where files live. Thread-safe. Every error names the path.
class file_system {
 public:
  virtual ~file_system() = default;

  /// Fails with errc::not_found or errc::io.
  virtual result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) = 0;
  /// Makes the directory and its parents, and makes their names durable.
  virtual status make_directories(const std::string& path) = 0;
  /// Makes creations, renames and removals in the directory durable.
  virtual status sync_directory(const std::string& path) = 0;
  /// Replaces `to` at once, if it exists.
  virtual status rename(const std::string& from, const std::string& to) = 0;
  /// Fails with errc::not_found when there is none.
  virtual status remove(const std::string& path) = 0;
  virtual result<bool> exists(const std::string& path) = 0;
  /// Names (not paths) in a directory, sorted.
  virtual result<std::vector<std::string>> list(const std::string& directory) = 0;
  /// Takes the lock file for this process without waiting, and writes the process id into it.
  /// Fails with errc::conflict, naming the process that holds it.
  virtual result<std::unique_ptr<file_lock>> lock(const std::string& path) = 0;
};

/// The operating system's files.
class posix_file_system final : public file_system {
 public:
  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override;
  status make_directories(const std::string& path) override;
  status sync_directory(const std::string& path) override;
  status rename(const std::string& from, const std::string& to) override;
  status remove(const std::string& path) override;
  result<bool> exists(const std::string& path) override;
  result<std::vector<std::string>> list(const std::string& directory) override;
  result<std::unique_ptr<file_lock>> lock(const std::string& path) override;
};

/// The content of a file. Fails with errc::not_found, errc::io, or errc::too_large past
/// `bytes_max`.
result<std::string> read_whole(file_system& files, const std::string& path,
                               std::uint64_t bytes_max = UINT64_MAX);

/// The folder part of a path: "." when there is none.
std::string parent_directory(std::string_view path);

}  // namespace nip
