// Reads pipelined HTTP/1.1 answers as far as a load client needs them.
#pragma once

#include "cli/bench/wire.hpp"

namespace nip::cli::bench {

/// Answers come in the order of the requests, each with a Content-Length.
class http_reader final : public reader {
 public:
  outcome<std::size_t> take(std::string_view bytes, const listener& told) override;

  static constexpr std::size_t head_bytes_max = 16 << 10;
  static constexpr std::size_t body_bytes_max = 64 << 20;

 private:
  std::uint64_t answered_ = 0;
};

}  // namespace nip::cli::bench
