#include "bus/journal/segment_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace nip::bus::journal {
namespace {

constexpr std::string_view unfinished_name = "unfinished.tmp";
/// Synced piece by piece, so that the writer's own syncs never queue behind a whole segment.
constexpr std::uint64_t piece_bytes = 1u << 20;

status fill(file& target, const segment_header& header) {
  NIP_CHECK(target.preallocate(header.bytes));
  for (std::uint64_t begin = 0; begin < header.bytes; begin += piece_bytes) {
    NIP_CHECK(write_zeros(target, begin, std::min(begin + piece_bytes, header.bytes)));
    if (begin + piece_bytes < header.bytes) NIP_CHECK(target.datasync());
  }
  std::array<std::byte, segment_header_bytes> page;
  encode(header, page);
  NIP_CHECK(target.write(0, byte_span(page)));
  return target.datasync();
}

status make_named(file_system& files, const std::string& directory, const segment_header& header) {
  const std::string unfinished = path_in(directory, unfinished_name);
  {
    NIP_TRY(target, files.open(unfinished, open_mode::create));
    NIP_CHECK(fill(*target, header));
  }
  NIP_CHECK(files.rename(unfinished, path_in(directory, segment_name(header.segment))));
  return files.sync_directory(directory);
}

}  // namespace

result<ready_segment> make_segment(file_system& files, const std::string& directory,
                                   const segment_header& header) {
  if (auto made = make_named(files, directory, header); !made) {
    // The first error counts; what is left is removed at the next opening at the latest.
    (void)files.remove(path_in(directory, unfinished_name));
    return std::unexpected(std::move(made).error());
  }
  NIP_TRY(handle, files.open(path_in(directory, segment_name(header.segment)), open_mode::write));
  return ready_segment{header.segment, header.bytes, std::move(handle)};
}

status refuse_unfinished_restore(file_system& files, const std::string& directory) {
  NIP_TRY(there, files.exists(path_in(directory, restoring_name)));
  if (!there) return {};
  return fail(
      errc::conflict,
      fmt::format("a restore into {} did not finish; remove what is in it and restore again",
                  directory));
}

status remove_unfinished(file_system& files, const std::string& directory) {
  NIP_TRY(names, files.list(directory));
  for (const auto& name : names)
    if (name.ends_with(".tmp")) NIP_CHECK(files.remove(path_in(directory, name)));
  return {};
}

status write_zeros(file& target, std::uint64_t begin, std::uint64_t end) {
  const std::vector<std::byte> zeros(std::min(end - begin, piece_bytes));
  for (std::uint64_t at = begin; at < end; at += zeros.size()) {
    auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(zeros.size(), end - at));
    NIP_CHECK(target.write(at, byte_span(zeros).first(bytes)));
  }
  return {};
}

std::string path_in(const std::string& directory, std::string_view name) {
  return fmt::format("{}/{}", directory, name);
}

}  // namespace nip::bus::journal
