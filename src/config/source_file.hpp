// Reads a configuration file's bytes.
#pragma once

#include <filesystem>
#include <memory>

#include "base/result.hpp"
#include "config/tree.hpp"

namespace nip::config {

/// The file's text under the name that was given. Fails with errc::not_found, errc::io or
/// errc::too_large (over file_bytes_max), naming the file.
result<std::shared_ptr<const source>> read_source(const std::filesystem::path& file);

}  // namespace nip::config
