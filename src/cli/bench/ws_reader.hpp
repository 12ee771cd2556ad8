// Reads the frames of /v4/stream as far as a load client needs them.
#pragma once

#include "cli/bench/wire.hpp"

namespace nip::cli::bench {

/// With `until_reply`, a message is done at its `reply`; else at `accepted`. Always at `refused`.
class ws_reader final : public reader {
 public:
  explicit ws_reader(bool until_reply) : until_reply_(until_reply) {}
  outcome<std::size_t> take(std::string_view bytes, const listener& told) override;

  static constexpr std::uint64_t frame_bytes_max = 64 << 20;

 private:
  outcome<void> on_text(std::string_view text, const listener& told) const;
  bool until_reply_;
};

}  // namespace nip::cli::bench
