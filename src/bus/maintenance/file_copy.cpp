#include "bus/maintenance/file_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <new>
#include <vector>

namespace nip::bus::maintenance {
namespace {

constexpr std::size_t piece_bytes = 1u << 20;

result<std::unique_ptr<file>> reopen(int descriptor) {
  posix_file_system disk;
  return disk.open(fmt::format("/proc/self/fd/{}", descriptor), open_mode::read);
}

bool clone(int descriptor, const std::string& target) {
  const int fd = ::open(target.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (fd < 0) return false;
  const bool done = ::ioctl(fd, FICLONE, descriptor) == 0 && ::fdatasync(fd) == 0;
  ::close(fd);
  if (!done) ::unlink(target.c_str());
  return done;
}

}  // namespace

result<copy_way> duplicate_file(int descriptor, const std::string& target, bool may_link) {
  if (clone(descriptor, target)) return copy_way::clone;
  const std::string source = fmt::format("/proc/self/fd/{}", descriptor);
  // The name is followed to the very file that is open, whatever stands under its old name now.
  if (may_link &&
      ::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, target.c_str(), AT_SYMLINK_FOLLOW) == 0)
    return copy_way::link;
  posix_file_system disk;
  NIP_TRY(from, reopen(descriptor));
  NIP_TRY(bytes, from->size());
  NIP_TRY(to, disk.open(target, open_mode::create));
  NIP_CHECK(copy_bytes(*from, *to, {.end = bytes, .bytes = bytes, .written = true}));
  return copy_way::bytes;
}

status copy_bytes(const file& from, file& to, const copy_extent& extent,
                  const std::function<void(byte_span)>& tell) {
  std::vector<std::byte> buffer(piece_bytes);
  const auto piece = [&](std::uint64_t at, std::uint64_t end) {
    return std::span(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - at)));
  };
  std::uint64_t at = 0;
  while (at < extent.end) {
    NIP_TRY(got, from.read(at, piece(at, extent.end)));
    if (got == 0) break;  // the rest is missing in the source too
    const auto bytes = byte_span(buffer).first(got);
    NIP_CHECK(to.write(at, bytes));
    if (tell) tell(bytes);
    at += got;
  }
  std::ranges::fill(buffer, std::byte{0});
  if (!extent.written && at < extent.bytes) NIP_CHECK(to.truncate(extent.bytes));
  for (; at < extent.bytes; at += piece(at, extent.bytes).size()) {
    const byte_span zeros = piece(at, extent.bytes);
    if (extent.written) NIP_CHECK(to.write(at, zeros));
    if (tell) tell(zeros);
  }
  return to.datasync();
}

running_checksum::running_checksum() : state_(XXH3_createState()) {
  if (state_ == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset(static_cast<XXH3_state_t*>(state_));
}
running_checksum::~running_checksum() { XXH3_freeState(static_cast<XXH3_state_t*>(state_)); }
void running_checksum::add(byte_span bytes) {
  XXH3_64bits_update(static_cast<XXH3_state_t*>(state_), bytes.data(), bytes.size());
}
std::uint64_t running_checksum::value() const {
  return XXH3_64bits_digest(static_cast<const XXH3_state_t*>(state_));
}

result<std::uint64_t> checksum_of(const file& from) {
  running_checksum sum;
  std::vector<std::byte> buffer(piece_bytes);
  for (std::uint64_t at = 0;;) {
    NIP_TRY(got, from.read(at, buffer));
    if (got == 0) return sum.value();
    sum.add(byte_span(buffer).first(got));
    at += got;
  }
}

status make_empty_folder(file_system& files, const std::string& folder) {
  if (!std::filesystem::is_directory(folder)) return files.make_directories(folder);
  NIP_TRY(names, files.list(folder));
  if (names.empty()) return {};
  return fail(errc::conflict,
              fmt::format("{} is not empty: \"{}\" is in it; name a folder that is empty or not "
                          "there",
                          folder, names.front()));
}

}  // namespace nip::bus::maintenance
