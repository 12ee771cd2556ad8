// Checks the records of one batch at a time, and learns from the sound ones.
#pragma once

#include <string>
#include <vector>

#include "bus/journal/catalogue.hpp"
#include "bus/journal/envelope_id.hpp"
#include "bus/journal/id_index.hpp"
#include "bus/journal/number_ledger.hpp"
#include "bus/journal/record.hpp"
#include "bus/journal/segment_walker.hpp"

namespace nip::bus::journal {

/// One thread at a time.
class batch_census {
 public:
  explicit batch_census(id_index& ids) : ids_(ids) {}

  /// Bytes of the segment file without a sound record, and why.
  struct range {
    std::uint64_t begin;
    std::uint64_t end;
    std::string reason;
  };
  /// Checks every record of a batch; without ranges, it is as it was written. Nothing is counted.
  std::vector<range> check(const walk_step& batch);
  /// Counts the sound records of the batch that check() was called with last.
  void count(const walk_step& batch, segment_info& segment);

  number_ledger& numbers() { return numbers_; }
  std::uint64_t messages() const { return messages_; }

 private:
  bool fits(const record_view& record, const batch_header& header) const;

  id_index& ids_;
  number_ledger numbers_;
  std::uint64_t messages_ = 0;
  std::vector<record_view> records_;
  std::vector<id_index::entry> id_entries_;
  envelope_id_reader id_reader_;
};

}  // namespace nip::bus::journal
