// The default state store: one SQLite file in WAL mode.
#pragma once

#include <filesystem>
#include <memory>

#include "base/result.hpp"
#include "state/state_store.hpp"

namespace nip::state {

/// Opens or makes the store at `path`; folders on the way are made. ":memory:" keeps it in memory.
/// Fails with errc::io (cannot open), errc::corrupt (not a SQLite file), errc::unsupported (written
/// by a newer version), errc::conflict (an SQLite file of something else); each names the path.
result<std::unique_ptr<state_store>> open_sqlite(const std::filesystem::path& path);

}  // namespace nip::state
