// Reads records back, beside the writer: scans, messages by number, id and time, and outcomes.
#pragma once

#include <string_view>

#include "bus/journal/segment_view.hpp"

namespace nip::bus::journal {

/// Thread-safe: each call has its own files and buffers. Reads only what is durable, and no more of
/// sealed segments than their tables say.
class journal_reader {
 public:
  explicit journal_reader(reading_source from) : from_(std::move(from)) {}

  // As bus.hpp says.
  status scan(seq_t from, visitor& visit) const;
  /// Visits all records in [begin, end), which both lie between batches.
  status replay(position begin, position end, visitor& visit) const;
  result<std::optional<stored_message>> read(seq_t seq) const;
  result<std::optional<bus::found>> find(tenant_id tenant, std::string_view id) const;
  result<bus::outcome_list> outcomes(seq_t seq) const;
  result<std::optional<seq_t>> first_since(wall_time time) const;

 private:
  using views = std::vector<segment_view>;
  views segments() const;

  reading_source from_;
};

}  // namespace nip::bus::journal
