// Makes a segment smaller: only what is still wanted of it stays, under the same number.
#pragma once

#include <functional>
#include <unordered_set>
#include <vector>

#include "bus/journal/segment_view.hpp"

namespace nip::bus::journal {

/// One round of retention. One thread at a time: the keeper's.
class compactor {
 public:
  /// `horizon`: outcomes up to this segment may be brought to their messages.
  compactor(const reading_source& from, const ledger& follower, std::uint64_t horizon,
            std::uint32_t epoch)
      : from_(from),
        ledger_(follower),
        horizon_(horizon),
        epoch_(epoch),
        sealed_(from.segments.sealed()) {}

  enum class verdict : std::uint8_t {
    keep,    ///< it stays as it is
    shrunk,  ///< it was made smaller
    empty,   ///< nothing of it is wanted
  };
  /// Fails with errc::io or errc::storage_full; the segment is then as it was.
  result<verdict> look_at(const segment_info& of);
  /// Bytes that segment files became smaller by.
  std::uint64_t freed() const { return freed_; }

 private:
  struct content;
  std::unordered_set<std::uint64_t> wanted_of(const segment_summary& range) const;
  status gather(const segment_info& of, content& into) const;
  bool has_news(const segment_info& of) const;
  bool may_hold_foreign(const segment_info& of) const;
  status rewrite(const segment_info& of, const content& kept);
  void replace(const segment_info& made);

  const reading_source& from_;
  const ledger& ledger_;
  const std::uint64_t horizon_;
  const std::uint32_t epoch_;
  /// When the round began, with what it changed. Those that came since are behind the horizon.
  std::vector<segment_info> sealed_;
  std::uint64_t freed_ = 0;
};

}  // namespace nip::bus::journal
