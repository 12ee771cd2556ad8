// A file that lines are appended to, renamed away when it is big or old enough.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "file_config.hpp"

namespace file_plugin {

/// Owned by one plugin instance, one thread at a time. The newest lines are in PATH, the ones
/// before in PATH.1, PATH.2 and so on up to PATH.keep. Nothing outside of the configured directory
/// is ever opened: neither ".." nor symbolic links lead out of it.
class rotating_file {
 public:
  /// Opens or makes the file. Throws std::system_error that names it.
  explicit rotating_file(file_config config);
  ~rotating_file();
  rotating_file(const rotating_file&) = delete;
  rotating_file& operator=(const rotating_file&) = delete;

  /// Appends whole lines, all or nothing, after a rotation when one is due; synced when configured.
  /// `now_ns` is the wall clock. Empty, or why not: the file is as it was then.
  std::string append(std::string_view lines, std::int64_t now_ns);

  std::uint64_t size() const { return size_; }
  std::uint64_t rotations() const { return rotations_; }

 private:
  bool due(std::size_t more, std::int64_t now_ns) const;
  std::string rotate();
  std::string open_file();
  std::string write_all(std::string_view lines);
  std::string failure(std::string_view doing) const;

  file_config config_;
  int directory_ = -1;
  std::string name_;  // last part of the path, within directory_
  int file_ = -1;
  std::uint64_t size_ = 0;
  std::int64_t born_ns_ = 0;
  std::uint64_t rotations_ = 0;
};

}  // namespace file_plugin
