// Table files in the journal's directory: made once, derived, made again when they are unsound.
#pragma once

#include <optional>
#include <string>

#include "bus/journal/number_ledger.hpp"
#include "bus/journal/segment_file.hpp"
#include "bus/journal/table.hpp"

namespace nip::bus::journal {

/// What the segment's table says of itself; nothing when there is none that is sound and was made
/// from the file with this stamp. Fails with errc::io.
result<std::optional<table_header>> load_table(file_system& files, const std::string& directory,
                                               std::uint64_t segment, std::uint64_t stamp);

/// Writes a table beside its segment, whole or not at all. Fails with errc::io or
/// errc::storage_full.
result<table_header> save_table(file_system& files, const std::string& directory,
                                table_header header, table_contents& contents);

/// Reads a whole segment that is not written to any more, and what a table says of it; fields of
/// the header that come from the contents are still to be filled. Fails with errc::io.
struct digested_segment {
  table_header header;
  table_contents contents;
  std::uint32_t epoch = 0;  ///< of its last batch
};
/// The numbers of messages from offset `count_from` on are counted.
result<digested_segment> digest_segment(const file& segment, std::uint64_t journal_id, position end,
                                        std::uint64_t count_from, number_ledger& numbers);

/// Removes a file that may be gone already. Fails with errc::io.
status remove_if_there(file_system& files, const std::string& path);

/// Gives `name` in the directory these bytes: whole, or not at all, whenever the power goes. Fails
/// with errc::io or errc::storage_full.
status replace_file(file_system& files, const std::string& directory, const std::string& name,
                    byte_span bytes);

}  // namespace nip::bus::journal
