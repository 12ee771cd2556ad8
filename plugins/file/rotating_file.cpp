#include "rotating_file.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace file_plugin {

namespace {

/// Opens `path` without ever leaving `directory`, links included (openat2, Linux 5.6).
int open_beneath(int directory, const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = (flags & O_CREAT) != 0 ? 0640 : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  return static_cast<int>(::syscall(SYS_openat2, directory, path, &how, sizeof how));
}

[[noreturn]] void refuse(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Opens the folder of `path` below `root`, making what is missing.
int open_parent(const std::string& root, const std::filesystem::path& path) {
  std::filesystem::create_directories(root);
  int at = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (at < 0) refuse("cannot open the directory " + root);
  for (const auto& part : path.parent_path()) {
    if (::mkdirat(at, part.c_str(), 0750) != 0 && errno != EEXIST)
      refuse("cannot make " + part.string());
    const int below = open_beneath(at, part.c_str(), O_RDONLY | O_DIRECTORY);
    const int reason = errno;
    ::close(at);
    errno = reason;
    if (below < 0) refuse("cannot open " + part.string() + " below " + root);
    at = below;
  }
  return at;
}

}  // namespace

rotating_file::rotating_file(file_config config) : config_(std::move(config)) {
  const std::filesystem::path path(config_.path);
  name_ = path.filename().string();
  directory_ = open_parent(config_.directory, path);
  if (const std::string failed = open_file(); !failed.empty()) {
    ::close(directory_);
    throw std::runtime_error(failed);
  }
}

rotating_file::~rotating_file() {
  if (file_ >= 0) ::close(file_);
  ::close(directory_);
}

std::string rotating_file::append(std::string_view lines, std::int64_t now_ns) {
  if (file_ < 0)
    if (std::string failed = open_file(); !failed.empty()) return failed;
  if (due(lines.size(), now_ns))
    if (std::string failed = rotate(); !failed.empty()) return failed;
  if (size_ == 0) born_ns_ = now_ns;
  if (std::string failed = write_all(lines); !failed.empty()) {
    // Half a line would be glued to the next one: back to the end of what was whole.
    if (::ftruncate(file_, static_cast<off_t>(size_)) != 0) failed += "; " + failure("cut back");
    return failed;
  }
  if (config_.syncs && ::fdatasync(file_) != 0) {
    // What the kernel kept of it is unknown now; only another descriptor starts from a known state.
    std::string failed = failure("sync");
    ::close(file_);
    file_ = -1;
    return failed;
  }
  size_ += lines.size();
  return {};
}

bool rotating_file::due(std::size_t more, std::int64_t now_ns) const {
  if (size_ == 0) return false;
  if (config_.rotate_bytes != 0 && size_ + more > config_.rotate_bytes) return true;
  return config_.rotate_after_ns != 0 && now_ns - born_ns_ >= config_.rotate_after_ns;
}

std::string rotating_file::rotate() {
  const auto numbered = [this](std::uint32_t n) { return name_ + "." + std::to_string(n); };
  for (std::uint32_t n = config_.keep; n > 1; --n)
    if (::renameat(directory_, numbered(n - 1).c_str(), directory_, numbered(n).c_str()) != 0 &&
        errno != ENOENT)
      return failure("rotate");
  const int moved = config_.keep == 0
                        ? ::unlinkat(directory_, name_.c_str(), 0)
                        : ::renameat(directory_, name_.c_str(), directory_, numbered(1).c_str());
  if (moved != 0 && errno != ENOENT) return failure("rotate");
  ::close(file_);
  file_ = -1;
  ++rotations_;
  return open_file();
}

std::string rotating_file::open_file() {
  const int opened = open_beneath(directory_, name_.c_str(), O_WRONLY | O_CREAT | O_APPEND);
  if (opened < 0) return failure("open");
  struct stat about{};
  if (::fstat(opened, &about) != 0 || !S_ISREG(about.st_mode)) {
    if (S_ISREG(about.st_mode) == 0) errno = EINVAL;
    std::string failed = failure("use as a regular file");
    ::close(opened);
    return failed;
  }
  file_ = opened;
  size_ = static_cast<std::uint64_t>(about.st_size);
  // Nobody keeps the birth of a file; what it was written last is the best lower bound there is.
  born_ns_ = about.st_mtim.tv_sec * 1'000'000'000 + about.st_mtim.tv_nsec;
  return {};
}

std::string rotating_file::write_all(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t n = ::write(file_, lines.data(), lines.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure("write");
    lines.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

std::string rotating_file::failure(std::string_view doing) const {
  return "cannot " + std::string(doing) + " " + config_.directory + "/" + config_.path + ": " +
         std::generic_category().message(errno);
}

}  // namespace file_plugin
