// The segments of an open journal and where things are in them; each call sees one moment.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "base/ids.hpp"
#include "bus/journal/live_index.hpp"
#include "bus/journal/table.hpp"

namespace nip::bus::journal {

/// One segment file that holds, or will hold, batches.
struct segment_info {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;            ///< of the file
  segment_summary summary;            ///< messages of an active one are counted as written
  std::optional<table_header> table;  ///< when its table file is there and sound
  std::uint64_t carried = 0;          ///< segment_header::carried
};

/// Indexes in memory of segments whose table is still to be made: the newest this many.
constexpr std::size_t live_indexes_max = 4;

/// Thread-safe. Lives as long as the journal; lists only segments that are in use.
class catalogue {
 public:
  /// `live` is what is known of segment `active`, if that is to be written to.
  explicit catalogue(std::vector<segment_info> segments, std::uint64_t active = 0,
                     std::unique_ptr<live_index> live = {});

  // Writer.
  void add_segment(std::uint64_t number, std::uint64_t bytes);
  struct batch_note {
    const batch_header& header;
    std::span<const keyed_place> ids;
    std::span<const std::uint64_t> plans;
    const batch_bounds& bounds;
  };
  void add_batch(const batch_note& batch);
  void set_durable(position durable);

  // Keeper.
  /// The segment's table is there: its index in memory is dropped.
  void set_table(const table_header& table);
  /// Held while files of segments are replaced or removed.
  std::unique_lock<std::shared_mutex> lock_files() { return std::unique_lock(files_mutex_); }
  void replace(const segment_info& segment);
  void remove(std::uint64_t segment);
  /// Bytes of it are not what was written.
  void note_damage(std::uint64_t segment);

  // Any thread.
  /// Its table turned out to be unsound: the segment is read instead, until there is a new one.
  void distrust_table(const table_header& table);
  /// Held while files are opened by what another call said of them.
  std::shared_lock<std::shared_mutex> hold_files() const { return std::shared_lock(files_mutex_); }
  /// One of readable().
  std::optional<segment_info> readable(std::uint64_t segment) const;
  /// Every segment with durable batches, in order; of the last one up to what is durable.
  std::vector<segment_info> readable() const;
  /// Segments that are not written to any more.
  std::vector<segment_info> sealed() const;
  /// Places of messages that may have the id; nothing when the segment has no index in memory.
  std::optional<std::vector<place>> live_places(std::uint64_t segment, std::uint64_t id_hash) const;
  std::optional<std::vector<mark>> live_marks(std::uint64_t segment) const;
  std::optional<std::uint64_t> live_plan(std::uint64_t segment, std::uint64_t key) const;
  std::uint64_t segments() const;

 private:
  struct entry {
    segment_info info;
    std::unique_ptr<live_index> live;
  };
  const entry* find(std::uint64_t segment) const;
  entry* find(std::uint64_t segment);
  void bound_live();

  mutable std::shared_mutex files_mutex_;  // before mutex_
  mutable std::mutex mutex_;
  std::vector<entry> segments_;
  position durable_;
};

}  // namespace nip::bus::journal
