// The event bus as every other room sees it: append, wait for durability, read back.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "bus/records.hpp"

namespace nip::bus {

/// Receives records in journal order. Views are valid until the call returns; false ends the scan.
class visitor {
 public:
  virtual ~visitor() = default;
  virtual bool on_message(const message_record& record) = 0;
  virtual bool on_outcome(const outcome_record& record) = 0;
  virtual bool on_note(const note& /*record*/) { return true; }
};

/// What the journal came to: a fold over all durable records, in order, each once. It is saved now
/// and then, so that a restart restores it and goes on with the records behind. The order between
/// records of different messages must not matter. Used by one thread at a time: by open_journal(),
/// then by the journal's keeper until close(); outlives the bus. What its visitor functions return
/// is not looked at.
class ledger : public visitor {
 public:
  /// Appends bytes that restore() makes the same state of.
  virtual void save(std::string& out) const = 0;
  /// Takes the state that `saved` is of; with empty bytes, that of an empty journal. Fails with
  /// errc::corrupt or errc::unsupported; what it is then does not matter.
  virtual status restore(std::string_view saved) = 0;
  /// The first message from `from` on that is not finished, so that it and its outcomes must be
  /// kept. Is asked for whole ranges: should cost what is not finished, not how wide they are.
  virtual std::optional<seq_t> next_wanted(seq_t from) const = 0;
  bool wanted(seq_t seq) const { return next_wanted(seq) == seq; }
};

/// A stored message that owns its bytes; `record`'s views point into `bytes`.
struct stored_message {
  std::string bytes;
  message_record record;
};

/// What opening the bus found. `cut_bytes` were never acknowledged; `quarantined` were, and are
/// damaged.
struct recovery_report {
  struct damage {
    std::string file;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::string reason;
  };
  std::uint64_t segments = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;       ///< of the journal
  std::uint64_t bytes_read = 0;  ///< of them, to open it
  std::uint64_t checkpoint = 0;  ///< segment up to which the ledger was restored; 0: from none
  std::uint64_t cut_bytes = 0;
  std::vector<damage> quarantined;
  nanoseconds duration{};
};

struct bus_stats {
  std::uint64_t messages = 0;  ///< appended since start
  std::uint64_t outcomes = 0;  ///< appended since start
  std::uint64_t syncs = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t bytes_on_disk = 0;
  std::uint64_t segments = 0;
  std::uint64_t refused_full = 0;  ///< appends refused: pending bytes or disk budget
  /// Rounds of housekeeping that a file operation spoiled; they are repeated, and nothing is lost.
  std::uint64_t upkeep_failures = 0;
  std::uint64_t checkpoints = 0;        ///< written since start
  std::uint64_t segments_removed = 0;   ///< by retention since start
  std::uint64_t segments_shrunk = 0;    ///< made smaller by retention since start
  std::uint64_t segments_damaged = 0;   ///< past retention, and kept because they are damaged
  std::uint64_t scrubbed_bytes = 0;     ///< read again since start, to see that they are sound
  std::uint64_t scrubbed_segments = 0;  ///< read again to their end since start
  std::uint64_t damaged_ranges = 0;     ///< that opening or the scrub has found
  nanoseconds sync_p50{};               ///< of the last 256 syncs
  nanoseconds sync_p99{};
};

/// One event bus a process. Thread-safe where said.
class bus {
 public:
  virtual ~bus() = default;

  /// [shard thread, never blocks on the disk] Takes one loop turn's records: numbers the messages
  /// (`seq` and `tenant_seq` are set on return; the numbers of one call are contiguous and rise in
  /// order), copies everything, and hands it to the writer. Fails whole, with nothing taken:
  /// errc::exhausted (too many bytes wait to be written), errc::storage_full (disk budget),
  /// errc::unavailable (closed), errc::io (a write or sync failed before: nothing is accepted any
  /// more), errc::too_large (a record over the format's bound), errc::invalid_argument (a target's
  /// name). Notes are stored behind the outcomes.
  virtual status append(unsigned shard, std::span<message_record> messages,
                        std::span<const outcome_record> outcomes,
                        std::span<const note> notes = {}) = 0;

  /// [any thread] Every message with a seq up to this one is synced. Never goes back.
  virtual seq_t durable() const noexcept = 0;

  /// [any thread] Of this shard's appends that were taken and held something, this many are synced,
  /// in their order. Never goes back.
  virtual std::uint64_t appends_synced(unsigned shard) const noexcept = 0;

  /// [before the first append] `wake` is called from the writer's thread after a sync that made
  /// messages of this shard durable, or notes that asked for it: once a sync, however many. It must
  /// only post.
  virtual void on_durable(unsigned shard, std::function<void()> wake) = 0;

  /// [before the first append] `failed` is called once, from the writer's thread, when a write or
  /// sync failed, or when the disk is so full that close() could not write what had been taken.
  /// From then on durable() stands still and append fails.
  virtual void on_failure(std::function<void(const error&)> failed) = 0;

  /// [owner] `hears` is called for each range of stored bytes that turns out to be damaged after
  /// opening, from a thread of the bus or within this call. Such a range was copied to quarantine/,
  /// and the rest is served.
  virtual void on_damage(std::function<void(const recovery_report::damage&)> /*hears*/) {}

  /// [any thread but a shard; reads the disk] Visits the first message whose number is not below
  /// `from` and every readable record stored behind it, outcomes of earlier messages too, in order,
  /// up to what was durable when the call began. A message whose plan was damaged comes with an
  /// empty plan and its key. Fails with errc::io.
  virtual status scan(seq_t from, visitor& visit) const = 0;

  /// [any thread but a shard; reads the disk] The newest message of `tenant` whose envelope id is
  /// `id`, with its outcomes in order; nothing when there is none. Fails with errc::io.
  struct owned_outcome {
    outcome_record record;  ///< views point into `bytes`
    std::string bytes;
  };
  using outcome_list = std::vector<std::unique_ptr<owned_outcome>>;
  struct found {
    using owned_outcome = bus::owned_outcome;
    stored_message message;
    outcome_list outcomes;
  };
  virtual result<std::optional<found>> find(tenant_id tenant, std::string_view id) const = 0;

  /// [any thread but a shard; reads the disk] The message with this seq, if it is there.
  virtual result<std::optional<stored_message>> read(seq_t seq) const = 0;

  /// [any thread but a shard; reads the disk] What became of the message so far, in order. Fails
  /// with errc::io.
  virtual result<outcome_list> outcomes(seq_t seq) const = 0;

  /// [any thread but a shard; reads the disk] The first message that was accepted at `time` or
  /// later; nothing when there is none. Fails with errc::io.
  virtual result<std::optional<seq_t>> first_since(wall_time time) const = 0;

  /// [any thread] What open() found; constant afterwards.
  virtual const recovery_report& recovery() const noexcept = 0;
  /// [any thread]
  virtual bus_stats stats() const = 0;

  /// [owner] Writes and syncs what was appended, then ends the writer. Idempotent.
  virtual void close() = 0;
};

}  // namespace nip::bus
