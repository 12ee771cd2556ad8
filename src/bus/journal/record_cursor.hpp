// Walks the records of one batch and steps over damaged ones.
#pragma once

#include "bus/journal/record.hpp"

namespace nip::bus::journal {

/// Over the body of a batch (what follows its header); the views it gives live as long as `body`.
class record_cursor {
 public:
  record_cursor(byte_span body, std::uint64_t key) : body_(body), key_(key) {}

  enum class found : std::uint8_t {
    record,  ///< record() is sound
    damage,  ///< offset() and bytes() give a range without a sound record
    end,
  };
  found next() noexcept;

  const record_view& record() const noexcept { return record_; }
  /// Where the last thing found starts within the body, and how long it is.
  std::size_t offset() const noexcept { return offset_; }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::size_t next_sound_offset() const noexcept;

  byte_span body_;
  std::uint64_t key_;
  record_view record_{};
  std::size_t offset_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace nip::bus::journal
