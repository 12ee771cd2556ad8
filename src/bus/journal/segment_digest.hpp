// Learns from a segment's records, one by one, what its table says.
#pragma once

#include "bus/journal/envelope_id.hpp"
#include "bus/journal/record.hpp"
#include "bus/journal/table.hpp"

namespace nip::bus::journal {

/// What stands for a message's id in tables and indexes.
std::uint64_t id_hash(tenant_id tenant, std::string_view id) noexcept;

/// One thread at a time; memory grows with the segment: 24 bytes a message.
class segment_digest {
 public:
  /// Batches come in order, each followed by its sound records.
  void begin_batch(const batch_header& header);
  void add(const record_view& record, std::uint64_t offset);
  void note_damage() { contents_.summary.damaged = true; }

  const segment_summary& summary() const { return contents_.summary; }
  table_contents& contents() { return contents_; }

 private:
  void add_message(const message_record& message, std::uint64_t offset);
  void add_outcomes(const record_view& record);

  table_contents contents_;
  std::uint64_t batch_ = 0;  // offset of the batch at hand
  envelope_id_reader reader_;
};

}  // namespace nip::bus::journal
