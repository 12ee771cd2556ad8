// A file's bytes in memory that nobody can change any more.
#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace nip::plugin::native {

constexpr std::size_t library_bytes_max = std::size_t{512} << 20;  // a library over it is refused

/// Copies `file` into a sealed memfd and checks that it is a whole library (check_elf). The caller
/// owns the descriptor. Fails with errc::not_found, errc::io, errc::too_large, errc::corrupt,
/// errc::unsupported.
result<int> make_sealed_copy(const std::filesystem::path& file);

}  // namespace nip::plugin::native
