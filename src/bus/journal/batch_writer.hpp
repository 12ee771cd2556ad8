// Turns chunks into batches in segment files, and knows what of them is synced.
#pragma once

#include <functional>
#include <memory>
#include <unordered_set>
#include <vector>

#include "base/clock.hpp"
#include "bus/journal/catalogue.hpp"
#include "bus/journal/commit_queue.hpp"
#include "bus/journal/envelope_id.hpp"
#include "bus/journal/segment_supply.hpp"

namespace nip::bus::journal {

/// One thread: the writer's. After errc::io from any call it must not be called again.
class batch_writer {
 public:
  /// Where writing goes on.
  struct start {
    std::uint64_t journal_id = 0;
    std::uint32_t epoch = 1;
    seq_t next_seq{1};
    position durable;
    ready_segment active;  ///< without a handle: the first batch goes into a new segment
    std::uint64_t offset = segment_header_bytes;  ///< in the active segment
  };
  /// What the rest of the journal lends; outlives the writer.
  struct context {
    catalogue& segments;
    segment_supply& supply;
    disk_room& room;
    clock_source& clock;
    std::function<void()> sealed;  ///< called when writing has gone on to another segment
  };

  batch_writer(start from, context rest);

  /// Makes sure that there is a segment to write to. Fails like write().
  status prepare();

  /// Takes chunks over, to be written by write().
  void add(commit_queue::chunk_list& chunks);
  /// Writes what was added, in order. Fails with errc::storage_full (what is left stays for the
  /// next call), errc::unavailable (closing) or errc::io.
  status write();
  bool has_work() const { return next_chunk_ < work_.size(); }
  /// Chunks that write() is done with; the caller empties it.
  commit_queue::chunk_list& written() { return written_; }

  /// Syncs what was written. Fails with errc::io.
  status sync();
  bool unsynced() const { return active_.handle && durable_ < tail(); }

  /// Writes a batch without records, which only says what is durable: from then on recovery tells
  /// damage to it from a torn tail. Nothing is written when it does not fit.
  status claim();
  /// Writes a batch without records that says: the journal is open, and numbers go on from here.
  /// Only a closing batch behind it takes that back. Fails like write().
  status announce();
  /// Writes the closing batch, when it fits, and syncs it.
  status conclude();
  /// True when messages are durable and no later batch says so.
  bool unclaimed() const { return claimed_ < messages_end_ && messages_end_ <= durable_; }

  /// The number of the last message that was written.
  seq_t last_seq() const { return seq_t(next_seq_ - 1); }
  std::uint64_t bytes_written() const { return bytes_written_; }

 private:
  status write_chunk(const chunk& from);
  status place(const chunk& from, std::byte* record, std::size_t bytes);
  std::size_t definition_bytes(const chunk& from, const std::byte* record) const;
  void begin_batch();
  void define_plan(const chunk& from, std::uint64_t key);
  void add_record(const chunk& from, std::byte* record, std::size_t bytes);
  void note_message(const std::byte* record);
  status flush();
  status write_batch(std::span<const byte_span> parts);
  status write_empty(bool closing);
  status roll(std::uint64_t payload_bytes);
  std::uint64_t free_bytes() const;
  position tail() const { return {active_.number, offset_}; }
  void retire_chunks();

  const std::uint64_t journal_id_;
  const std::uint32_t epoch_;
  context rest_;

  ready_segment active_;
  std::uint64_t offset_;
  std::uint64_t next_seq_;
  position durable_;
  position claimed_;
  position messages_end_;
  std::uint64_t bytes_written_ = 0;
  std::unordered_set<std::uint64_t> defined_;  // plans that the active segment has
  std::uint64_t last_defined_ = 0;

  // The batch being put together; it has records when header.records is not 0.
  batch_header batch_;
  std::uint64_t batch_bytes_ = 0;
  std::uint64_t key_ = 0;
  byte_buffer definitions_;
  std::vector<std::uint64_t> plan_keys_;
  std::vector<byte_span> parts_;
  std::vector<keyed_place> ids_;  // as if no definitions stood before the records
  batch_bounds bounds_;
  envelope_id_reader id_reader_;

  commit_queue::chunk_list work_;
  std::size_t next_chunk_ = 0;
  std::size_t next_offset_ = 0;
  commit_queue::chunk_list written_;
};

}  // namespace nip::bus::journal
