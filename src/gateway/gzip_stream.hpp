// A gzip body that is inflated while it comes, a piece at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace nip::gateway {

/// For one body, one thread. Holds zlib's state (some 40 KiB) and a piece of piece_bytes.
class gzip_stream {
 public:
  static constexpr std::size_t piece_bytes = std::size_t{64} << 10;

  struct bounds {
    std::uint64_t bytes_max = 0;  ///< of the text
    std::uint64_t ratio_max = 0;  ///< bytes that a packed byte may become; looked at every
                                  ///< piece_bytes, so however the body is cut on its way
  };
  enum class outcome : std::uint8_t {
    fine,
    over_bytes,
    over_ratio,
    damaged,  ///< why()
  };

  /// Throws std::bad_alloc when zlib gets no memory.
  explicit gzip_stream(bounds allowed);
  ~gzip_stream();
  gzip_stream(const gzip_stream&) = delete;
  gzip_stream& operator=(const gzip_stream&) = delete;

  /// Takes bytes off `packed` and makes the next piece of text; the one before was used up. Other
  /// outcomes than fine are for good; the text in front of the place is still made.
  outcome run(std::string_view& packed);
  /// The piece, as far as it is not used; followed by message::padding readable bytes.
  std::string_view text() const { return std::string_view(buffer_).substr(used_, filled_ - used_); }
  void use(std::size_t bytes) { used_ += bytes; }
  /// There may be more text without another packed byte.
  bool has_more() const { return full_; }

  /// A phrase that follows "the body ": of outcome damaged, or when the body is over now; empty for
  /// a body that may end here.
  std::string_view why() const;
  std::uint64_t bytes_read() const { return read_; }

 private:
  struct closer {
    void operator()(z_stream_s* stream) const;
  };
  enum class place : std::uint8_t { nowhere, in_member, behind_member, damaged, not_gzip };

  outcome begin_member(std::string_view packed);
  outcome check_bounds();

  std::unique_ptr<z_stream_s, closer> stream_;
  std::string buffer_;
  std::size_t filled_ = 0;
  std::size_t used_ = 0;
  bounds allowed_;
  std::uint64_t read_ = 0;
  std::uint64_t made_ = 0;
  place place_ = place::nowhere;
  bool full_ = false;
};

}  // namespace nip::gateway
