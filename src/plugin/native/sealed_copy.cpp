#include "plugin/native/sealed_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "plugin/native/elf_check.hpp"

namespace nip::plugin::native {

namespace {

/// A descriptor that is closed unless it is given away.
class owned_fd {
 public:
  explicit owned_fd(int fd) : fd_(fd) {}
  ~owned_fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  owned_fd(const owned_fd&) = delete;
  owned_fd& operator=(const owned_fd&) = delete;
  int get() const { return fd_; }
  int give() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

result<std::size_t> size_of(int fd, const std::string& name) {
  struct stat about{};
  if (::fstat(fd, &about) != 0) return fail_errno(errno, "cannot read the size of " + name);
  if (!S_ISREG(about.st_mode)) return fail(errc::invalid_argument, "not a regular file");
  if (static_cast<std::uint64_t>(about.st_size) > library_bytes_max)
    return fail(errc::too_large,
                fmt::format("{} bytes, at most {} are loaded", about.st_size, library_bytes_max));
  return static_cast<std::size_t>(about.st_size);
}

/// Copies until the end of `from`, which may grow or shrink meanwhile; at most library_bytes_max.
result<std::size_t> copy_all(int from, int to, const std::string& name) {
  std::size_t copied = 0;
  while (copied <= library_bytes_max) {
    const ssize_t n = ::sendfile(to, from, nullptr, std::size_t{1} << 20);
    if (n == 0) return copied;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, "cannot copy " + name);
    copied += static_cast<std::size_t>(n);
  }
  return fail(errc::too_large,
              fmt::format("grew over {} bytes while it was read", library_bytes_max));
}

status check_copy(int fd, std::size_t size) {
  if (size == 0) return fail(errc::corrupt, "empty; was it still being copied?");
  void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (bytes == MAP_FAILED) return fail_errno(errno, "cannot map the copy");
  const status checked = check_elf({static_cast<const std::byte*>(bytes), size});
  ::munmap(bytes, size);
  return checked;
}

}  // namespace

result<int> make_sealed_copy(const std::filesystem::path& file) {
  const owned_fd from(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (from.get() < 0) return fail_errno(errno, "cannot open " + file.string());
  NIP_CHECK(size_of(from.get(), file.string()));
  owned_fd copy(::memfd_create(file.filename().c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (copy.get() < 0) return fail_errno(errno, "cannot make a copy in memory");
  NIP_TRY(size, copy_all(from.get(), copy.get(), file.string()));
  if (::fcntl(copy.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) !=
      0)
    return fail_errno(errno, "cannot seal the copy in memory");
  NIP_CHECK(check_copy(copy.get(), size));
  return copy.give();
}

}  // namespace nip::plugin::native
