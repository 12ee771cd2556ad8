#include "bus/maintenance/snapshot.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "bus/journal/checkpoint.hpp"
#include "bus/journal/segment_file.hpp"

namespace nip::bus::maintenance {

/// An open file, and which one it is.
struct snapshot::pin {
  int fd = -1;
  dev_t device = 0;
  ino_t inode = 0;
  std::uint64_t bytes = 0;

  pin() = default;
  pin(const pin&) = delete;
  pin& operator=(const pin&) = delete;
  ~pin() {
    if (fd >= 0) ::close(fd);
  }
};

namespace {

/// Retention changes a file now and then, never for long.
constexpr int attempts_max = 100;
constexpr std::string_view lock_name = "lock";

std::unexpected<error> os_error(std::string_view what, const std::string& path) {
  return fail(errc::io, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

std::unexpected<error> read_only(const std::string& path) {
  return fail(errc::invalid_argument, fmt::format("{} is only read here", path));
}

class pinned_file final : public file {
 public:
  pinned_file(std::shared_ptr<snapshot::pin> of, std::string path, std::uint64_t* read,
              const progress* tell)
      : of_(std::move(of)), path_(std::move(path)), read_(read), tell_(tell) {}

  result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) const override {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t got = ::pread(of_->fd, into.data() + done, into.size() - done,
                                  static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return os_error("read", path_);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    *read_ += done;
    if (*tell_) (*tell_)(*read_);
    return done;
  }
  status write(std::uint64_t, std::span<const byte_span>) override { return read_only(path_); }
  status preallocate(std::uint64_t) override { return read_only(path_); }
  status truncate(std::uint64_t) override { return read_only(path_); }
  status datasync() override { return read_only(path_); }
  result<std::uint64_t> size() const override { return of_->bytes; }
  const std::string& path() const noexcept override { return path_; }

 private:
  std::shared_ptr<snapshot::pin> of_;
  std::string path_;
  std::uint64_t* read_;
  const progress* tell_;
};

bool is_pinned(const std::string& name) {
  return journal::parse_segment_name(name) || journal::parse_checkpoint_name(name);
}

}  // namespace

snapshot::snapshot(std::string directory, progress tell)
    : directory_(std::move(directory)), tell_(std::move(tell)) {}

snapshot::~snapshot() = default;

result<std::unique_ptr<snapshot>> snapshot::take(const std::string& directory, progress tell) {
  std::unique_ptr<snapshot> made(new snapshot(directory, std::move(tell)));
  if (!std::filesystem::is_directory(directory))
    return fail(errc::not_found, fmt::format("{} is no folder", directory));
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    NIP_TRY(still, made->try_once());
    if (!still) continue;
    const bool any = std::ranges::any_of(made->pins_, [](const auto& each) {
      return journal::parse_segment_name(each.first).has_value();
    });
    if (!any)
      return fail(errc::not_found,
                  fmt::format("{} holds no journal: no NNNNNNNNNNNN.segment is there", directory));
    return made;
  }
  return fail(errc::unavailable,
              fmt::format("the files of {} changed {} times while they were looked at; try again",
                          directory, attempts_max));
}

/// True when all files stood together: each was what it was from before the last was opened until
/// after.
result<bool> snapshot::try_once() {
  NIP_TRY(names, disk_.list(directory_));
  std::erase_if(names, [](const std::string& name) { return !is_pinned(name); });
  std::erase_if(pins_,
                [&](const auto& each) { return !std::ranges::binary_search(names, each.first); });
  NIP_TRY(pinned, pin_all(names));
  return pinned && stands(names);
}

/// False when a file went meanwhile.
result<bool> snapshot::pin_all(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    const std::string path = journal::path_in(directory_, name);
    auto made = std::make_shared<pin>();
    made->fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (made->fd < 0 && errno == ENOENT) return false;
    if (made->fd < 0) return os_error("open", path);
    struct stat seen{};
    if (::fstat(made->fd, &seen) != 0) return os_error("look at", path);
    made->device = seen.st_dev;
    made->inode = seen.st_ino;
    made->bytes = static_cast<std::uint64_t>(seen.st_size);
    pins_[name] = std::move(made);
  }
  return true;
}

bool snapshot::stands(const std::vector<std::string>& names) {
  return std::ranges::all_of(names, [&](const std::string& name) {
    const auto& pinned = *pins_.at(name);
    struct stat seen{};
    return ::stat(journal::path_in(directory_, name).c_str(), &seen) == 0 &&
           seen.st_dev == pinned.device && seen.st_ino == pinned.inode;
  });
}

std::uint64_t snapshot::bytes() const {
  std::uint64_t all = 0;
  for (const auto& [name, pinned] : pins_)
    if (journal::parse_segment_name(name)) all += pinned->bytes;
  return all;
}

int snapshot::descriptor(const std::string& name) const { return pins_.at(name)->fd; }

result<std::unique_ptr<file>> snapshot::open(const std::string& path, open_mode mode) {
  if (mode != open_mode::read) return read_only(path);
  const std::string name = std::filesystem::path(path).filename().string();
  if (!is_pinned(name)) return disk_.open(path, mode);
  const auto found = pins_.find(name);
  if (found == pins_.end()) return fail(errc::not_found, fmt::format("no file {}", path));
  return std::make_unique<pinned_file>(found->second, path, &read_, &tell_);
}

result<bool> snapshot::exists(const std::string& path) { return disk_.exists(path); }

result<std::vector<std::string>> snapshot::list(const std::string& directory) {
  NIP_TRY(names, disk_.list(directory));
  std::erase_if(names, is_pinned);
  for (const auto& [name, pinned] : pins_) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

status snapshot::make_directories(const std::string& path) { return read_only(path); }
status snapshot::sync_directory(const std::string& path) { return read_only(path); }
status snapshot::rename(const std::string& from, const std::string&) { return read_only(from); }
status snapshot::remove(const std::string& path) { return read_only(path); }
result<std::unique_ptr<file_lock>> snapshot::lock(const std::string& path) {
  return read_only(path);
}

result<std::optional<std::string>> journal_holder(const std::string& directory) {
  const std::string path = journal::path_in(directory, lock_name);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return std::nullopt;
  if (fd < 0) return os_error("open", path);
  // Shared, and given back at once: it only asks whether somebody has it.
  const bool held = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  std::array<char, 32> text{};
  const ssize_t got = held ? ::pread(fd, text.data(), text.size() - 1, 0) : 0;
  ::close(fd);
  if (!held) return std::nullopt;
  std::string pid(text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "another process" : "process " + pid;
}

}  // namespace nip::bus::maintenance
