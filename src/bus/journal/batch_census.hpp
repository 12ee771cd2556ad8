// Checks the records of one batch at a time, and learns from the sound ones.
#pragma once

#include <string>
#include <vector>

#include "bus/journal/number_ledger.hpp"
#include "bus/journal/record.hpp"
#include "bus/journal/segment_digest.hpp"
#include "bus/journal/segment_walker.hpp"

namespace nip::bus::journal {

/// One thread at a time.
class batch_census {
 public:
  /// Bytes of the segment file without a sound record, and why.
  struct range {
    std::uint64_t begin;
    std::uint64_t end;
    std::string reason;
  };
  /// Checks every record of a batch; without ranges, it is as it was written. Nothing is counted.
  std::vector<range> check(const walk_step& batch);
  // Of the sound records of the batch that check() was called with last:
  /// Their numbers; once for every batch, in order.
  void count(const walk_step& batch);
  /// Where they are.
  void digest(const walk_step& batch, segment_digest& segment) const;

  number_ledger& numbers() { return numbers_; }

 private:
  bool fits(const record_view& record, const batch_header& header) const;

  number_ledger numbers_;
  std::vector<record_view> records_;
};

}  // namespace nip::bus::journal
