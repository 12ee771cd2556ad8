// The embedded event bus: one directory of checksummed segments, one writer thread, group commit.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "bus/bus.hpp"

namespace nip::bus {

/// How the embedded journal is kept.
struct options {
  std::string path = "data/journal";  ///< directory; made when absent, locked while open
  /// Bytes of a full-grown segment file. The first ones of a new journal are smaller, so that it
  /// starts at once; a record larger than this gets a segment of its own size.
  std::uint64_t segment_bytes = 64ULL << 20;
  /// Bytes handed over and not yet written, above which append answers errc::exhausted.
  std::uint64_t pending_bytes_max = 64ULL << 20;
  /// Bytes that all segment files may take together, above which append answers
  /// errc::storage_full. Zero: as much as the disk has.
  std::uint64_t disk_bytes_max = 0;
  /// Bytes of full segments that are kept, above which the oldest go, but for messages that the
  /// ledger wants. Zero: all. Without a ledger nothing goes.
  std::uint64_t retention_bytes = 0;
  /// Age from which on segments go in the same way. Zero: none is too old.
  nanoseconds retention_age{};
  /// Bytes a second of full segments that are read again, to find damage while a backup still has
  /// what is damaged. Zero: none.
  std::uint64_t scrub_bytes_per_second = 4ULL << 20;
  /// From one such reading of a segment to the next.
  nanoseconds scrub_interval = std::chrono::hours(7 * 24);
  /// How long outcomes and `buffered` messages may wait for a sync when nothing else asks for one.
  nanoseconds lazy_sync = std::chrono::milliseconds(50);
  /// False makes each next segment on the writer's thread when it is needed instead of ahead of
  /// it, and keeps house there too: slower, but every file operation then comes in one order
  /// (simulation, tests).
  bool prepare_ahead = true;
  /// False starts no writer's thread: journal_bus::step() does its work, a turn a call, on the
  /// caller's thread, so that nothing happens but what the caller says (simulation).
  bool writer_thread = true;
};

/// Opens the journal in `options.path`, makes it when absent, and repairs what a crash left behind
/// (bus::recovery() says what). `files` and `clock` must outlive the bus. Fails with
/// errc::conflict (another process has it, or a restore into it did not finish), errc::unsupported
/// (a newer format), errc::io, errc::storage_full, errc::invalid_argument (options).
/// With a ledger only what came after its last checkpoint is read, and the ledger is then the fold
/// of everything durable; damage before the checkpoint is found by the scrub. Without one
/// everything is read.
result<std::unique_ptr<bus>> open_journal(const options& options, file_system& files,
                                          clock_source& clock, unsigned shards,
                                          ledger* follower = nullptr);

/// The median time of a few fdatasyncs of 4 KiB in `directory`, which must exist; takes at most
/// about 5 ms and leaves nothing behind. Fails with errc::io.
result<nanoseconds> measure_sync(file_system& files, const std::string& directory);

}  // namespace nip::bus
