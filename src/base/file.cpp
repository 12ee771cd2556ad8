#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

namespace nip {
namespace {

/// Parts of one write handed to the kernel in one call; it takes at most 1024.
constexpr std::size_t parts_a_call_max = 256;

/// Owns a descriptor.
class descriptor {
 public:
  explicit descriptor(int number) : number_(number) {}
  descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  descriptor& operator=(descriptor&&) = delete;
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

std::unexpected<error> io_error(std::string_view verb, const std::string& path,
                                int errnum = errno) {
  return fail_errno(errnum, fmt::format("cannot {} {}", verb, path));
}

class posix_file final : public file {
 public:
  posix_file(descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) const override {
    std::size_t done = 0;
    while (done < into.size()) {
      ssize_t got = ::pread(fd_.get(), into.data() + done, into.size() - done,
                            static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return io_error("read", path_);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  status write(std::uint64_t offset, std::span<const byte_span> parts) override {
    std::array<iovec, parts_a_call_max> vector;
    while (!parts.empty()) {
      auto turn = parts.first(std::min(parts.size(), vector.size()));
      parts = parts.subspan(turn.size());
      std::transform(turn.begin(), turn.end(), vector.begin(), [](byte_span part) {
        return iovec{const_cast<std::byte*>(part.data()), part.size()};
      });
      NIP_CHECK(write_vector(offset, std::span(vector).first(turn.size())));
    }
    return {};
  }

  status preallocate(std::uint64_t bytes) override {
    int errnum = ::posix_fallocate(fd_.get(), 0, static_cast<off_t>(bytes));
    if (errnum != 0) return io_error("reserve space for", path_, errnum);
    return {};
  }

  status truncate(std::uint64_t bytes) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) return io_error("truncate", path_);
    return {};
  }

  status datasync() override {
    // Not retried, not even on EINTR: the kernel may have dropped the dirty pages by then.
    if (::fdatasync(fd_.get()) != 0) return io_error("sync", path_);
    return {};
  }

  result<std::uint64_t> size() const override {
    struct stat found{};
    if (::fstat(fd_.get(), &found) != 0) return io_error("stat", path_);
    return static_cast<std::uint64_t>(found.st_size);
  }

  const std::string& path() const noexcept override { return path_; }

 private:
  /// Writes and consumes the vector, moving `offset` on.
  status write_vector(std::uint64_t& offset, std::span<iovec> vector) {
    while (!vector.empty()) {
      ssize_t put = ::pwritev(fd_.get(), vector.data(), static_cast<int>(vector.size()),
                              static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return io_error("write", path_);
      offset += static_cast<std::uint64_t>(put);
      auto left = static_cast<std::size_t>(put);
      while (!vector.empty() && left >= vector.front().iov_len) {
        left -= vector.front().iov_len;
        vector = vector.subspan(1);
      }
      if (vector.empty()) break;
      vector.front().iov_base = static_cast<char*>(vector.front().iov_base) + left;
      vector.front().iov_len -= left;
    }
    return {};
  }

  descriptor fd_;
  std::string path_;
};

class posix_lock final : public file_lock {
 public:
  explicit posix_lock(std::unique_ptr<file> held) : held_(std::move(held)) {}

 private:
  std::unique_ptr<file> held_;  // closing it gives the lock back
};

std::string holder_of(int fd) {
  std::array<char, 32> text{};
  ssize_t got = ::pread(fd, text.data(), text.size() - 1, 0);
  std::string pid(text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "another process" : "process " + pid;
}

}  // namespace

result<std::unique_ptr<file>> posix_file_system::open(const std::string& path, open_mode mode) {
  int flags = O_CLOEXEC | (mode == open_mode::read ? O_RDONLY : O_RDWR);
  if (mode == open_mode::create) flags |= O_CREAT | O_TRUNC;
  descriptor fd(::open(path.c_str(), flags, 0640));
  if (!fd && errno == ENOENT) return fail(errc::not_found, fmt::format("no file {}", path));
  if (!fd) return io_error("open", path);
  return std::make_unique<posix_file>(std::move(fd), path);
}

status posix_file_system::make_directories(const std::string& path) {
  std::string made;  // the longest part that exists, as the loop goes
  for (const auto& part : std::filesystem::path(path)) {
    std::string parent = made.empty() ? "." : made;
    made = made.empty() ? part.string() : (std::filesystem::path(made) / part).string();
    if (::mkdir(made.c_str(), 0750) == 0) {
      NIP_CHECK(sync_directory(parent));
    } else if (errno != EEXIST) {
      return io_error("make directory", made);
    }
  }
  return {};
}

status posix_file_system::sync_directory(const std::string& path) {
  descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return io_error("open directory", path);
  if (::fsync(fd.get()) != 0) return io_error("sync directory", path);
  return {};
}

status posix_file_system::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    int errnum = errno;
    return fail_errno(errnum, fmt::format("cannot rename {} to {}", from, to));
  }
  return {};
}

status posix_file_system::remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return {};
  if (errno == ENOENT) return fail(errc::not_found, fmt::format("no file {}", path));
  return io_error("remove", path);
}

result<bool> posix_file_system::exists(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return io_error("stat", path);
}

result<std::vector<std::string>> posix_file_system::list(const std::string& directory) {
  std::error_code code;
  std::vector<std::string> names;
  std::filesystem::directory_iterator entry(directory, code);
  for (; !code && entry != std::filesystem::directory_iterator(); entry.increment(code))
    names.push_back(entry->path().filename().string());
  if (code) return io_error("list", directory, code.value());
  std::sort(names.begin(), names.end());
  return names;
}

result<std::unique_ptr<file_lock>> posix_file_system::lock(const std::string& path) {
  descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!fd) return io_error("open lock file", path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return io_error("lock", path);
    return fail(errc::conflict, fmt::format("{} is held by {}; stop it, or use another directory",
                                            path, holder_of(fd.get())));
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  std::unique_ptr<file> held = std::make_unique<posix_file>(std::move(fd), path);
  NIP_CHECK(held->truncate(0));
  NIP_CHECK(held->write(0, std::as_bytes(std::span(pid))));
  return std::make_unique<posix_lock>(std::move(held));
}

result<std::string> read_whole(file_system& files, const std::string& path,
                               std::uint64_t bytes_max) {
  NIP_TRY(source, files.open(path, open_mode::read));
  NIP_TRY(bytes, source->size());
  if (bytes > bytes_max)
    return fail(errc::too_large,
                fmt::format("{} has {} bytes, at most {} are read", path, bytes, bytes_max));
  std::string content(bytes, '\0');
  NIP_TRY(got, source->read(0, std::as_writable_bytes(std::span(content))));
  content.resize(got);
  return content;
}

std::string parent_directory(std::string_view path) {
  auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, std::max<std::size_t>(slash, 1)));
}

}  // namespace nip
