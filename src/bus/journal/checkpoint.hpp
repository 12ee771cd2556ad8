// Checkpoints: what the journal came to up to a place, so that a restart reads only what came
// after.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "bus/bus.hpp"
#include "bus/journal/format.hpp"
#include "bus/journal/number_ledger.hpp"

namespace nip::bus::journal {

constexpr std::uint32_t checkpoint_version = 1;
/// The newest one, and the one before it in case the newest is damaged.
constexpr std::size_t checkpoints_kept = 2;

struct checkpoint {
  std::uint64_t journal_id = 0;
  position at;              ///< the end of a sealed segment: everything before it is in `ledger`
  std::uint32_t epoch = 0;  ///< of the last batch before it
  number_ledger numbers;
  std::string ledger;  ///< ledger::save()
};

std::string encode_checkpoint(const checkpoint& from);
/// Fails with errc::corrupt, or errc::unsupported when the bytes are sound but of another version.
result<checkpoint> decode_checkpoint(std::string_view bytes);

/// "checkpoint-000000000042"
std::string checkpoint_name(std::uint64_t segment);
/// The segment, when `name` is a checkpoint's.
std::optional<std::uint64_t> parse_checkpoint_name(std::string_view name) noexcept;

/// The newest checkpoint that is sound, and that the ledger, if there is one, could be restored
/// from; its bytes are taken out of it. Nothing when there is none. Fails with errc::io.
result<std::optional<checkpoint>> restore_checkpoint(file_system& files,
                                                     const std::string& directory, ledger* into);

/// Writes a checkpoint, whole or not at all. Fails with errc::io or errc::storage_full.
status save_checkpoint(file_system& files, const std::string& directory, const checkpoint& from);
/// Removes every checkpoint but those of the segments in `kept`. Fails with errc::io.
status remove_checkpoints(file_system& files, const std::string& directory,
                          const std::vector<std::uint64_t>& kept);

}  // namespace nip::bus::journal
