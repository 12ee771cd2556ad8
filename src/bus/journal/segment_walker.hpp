// Walks the batches of one segment file in order and says what lies between them.
#pragma once

#include "bus/journal/file_window.hpp"
#include "bus/journal/format.hpp"

namespace nip::bus::journal {

/// What a walk comes upon.
struct walk_step {
  enum class kind : std::uint8_t {
    batch,  ///< a sound header; the records are still to be checked
    gap,    ///< bytes that belong to no batch, in front of a batch or of the end
    end,    ///< only zeros, or nothing, from `offset` on
  };
  kind what = kind::end;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  batch_header header;  ///< of a batch
  byte_span body;       ///< its records, unless bodies are skipped; valid until the next step
};

/// One thread at a time; the file must outlive it.
class segment_walker {
 public:
  struct place {
    std::uint64_t journal_id = 0;  ///< 0: whatever the first sound batch says
    std::uint64_t segment = 0;
    std::uint64_t begin = segment_header_bytes;
    std::uint64_t end = 0;  ///< nothing at or behind it is looked at
  };
  enum class bodies : std::uint8_t { read, skip };

  segment_walker(const file& source, place where, bodies mode, std::size_t read_ahead_bytes);

  /// Fails with errc::io.
  result<walk_step> next();
  /// The id that the batches carry, once one was found.
  std::uint64_t journal_id() const noexcept { return where_.journal_id; }

 private:
  result<std::optional<batch_header>> batch_at(std::uint64_t offset);
  bool belongs(const batch_header& header, std::uint64_t offset) const noexcept;
  result<walk_step> take_batch(const batch_header& header);
  result<walk_step> take_gap();

  file_window window_;
  place where_;
  bodies mode_;
  std::uint64_t offset_;
  std::uint32_t epoch_ = 0;
};

}  // namespace nip::bus::journal
