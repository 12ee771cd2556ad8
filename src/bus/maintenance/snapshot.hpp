// A journal's files as they stood together at one moment, for reading while a process writes on.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"

namespace nip::bus::maintenance {

/// Told how many bytes were read so far. Called often, on the thread that reads.
using progress = std::function<void(std::uint64_t bytes)>;

/// Segments and checkpoints stay open, one descriptor each, so that retention cannot take them away
/// or put others in their place; tables are opened when they are asked for, being derived. The
/// segment being written to may grow. Everything that would change a file fails with
/// errc::invalid_argument. One thread.
class snapshot final : public file_system {
 public:
  /// Takes no lock. Fails with errc::not_found (no journal there), errc::unavailable (files came
  /// and went too fast), errc::io.
  static result<std::unique_ptr<snapshot>> take(const std::string& directory, progress tell = {});
  ~snapshot() override;

  const std::string& directory() const { return directory_; }
  /// Bytes of all segment files.
  std::uint64_t bytes() const;
  /// The descriptor of a pinned file; it must be one.
  int descriptor(const std::string& name) const;

  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override;
  result<bool> exists(const std::string& path) override;
  result<std::vector<std::string>> list(const std::string& directory) override;
  status make_directories(const std::string& path) override;
  status sync_directory(const std::string& path) override;
  status rename(const std::string& from, const std::string& to) override;
  status remove(const std::string& path) override;
  result<std::unique_ptr<file_lock>> lock(const std::string& path) override;

  struct pin;

 private:
  snapshot(std::string directory, progress tell);
  result<bool> try_once();
  result<bool> pin_all(const std::vector<std::string>& names);
  bool stands(const std::vector<std::string>& names);

  std::string directory_;
  progress tell_;
  std::uint64_t read_ = 0;
  posix_file_system disk_;
  std::map<std::string, std::shared_ptr<pin>> pins_;  // by name
};

/// "process 4711" while a process has the journal open; nothing when none does. Fails with
/// errc::io.
result<std::optional<std::string>> journal_holder(const std::string& directory);

}  // namespace nip::bus::maintenance
