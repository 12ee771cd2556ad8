// Bounded decompression of what a client sent: gzip bodies, deflated WebSocket messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace nip::gateway {

/// What became of some packed bytes.
struct inflation {
  enum class outcome : std::uint8_t {
    whole,    ///< `text` is all of it
    over,     ///< there is more than was allowed; given up as soon as that was clear
    damaged,  ///< `why` says how
  };
  outcome how = outcome::whole;
  std::string_view text;  ///< followed by message::padding readable bytes; valid until the next
                          ///< inflate() or rest() of the same inflater
  std::size_t read = 0;   ///< packed bytes that were looked at
  std::string_view why;   ///< a literal: a phrase that follows "the body "
};

/// One a shard and form, one thread. Holds nothing until the first use, afterwards zlib's state
/// (some 40 KiB) and a buffer of at most kept_bytes_max.
class inflater {
 public:
  enum class form : std::uint8_t {
    gzip,     ///< RFC 1952: one member or several, one behind the other, and nothing else
    message,  ///< RFC 7692: one deflated message, without the four bytes that end it
  };
  static constexpr std::size_t kept_bytes_max = std::size_t{64} << 10;

  explicit inflater(form which);
  ~inflater();
  inflater(const inflater&) = delete;
  inflater& operator=(const inflater&) = delete;

  /// Inflates all of `packed`, which has less than 4 GiB, to at most `bytes_max` bytes. Nothing of
  /// an earlier call is left for this one to refer to. Throws std::bad_alloc when zlib gets no
  /// memory.
  inflation inflate(std::string_view packed, std::size_t bytes_max);
  /// The text is no longer used: a large buffer is given back.
  void rest();

 private:
  struct closer {
    void operator()(z_stream_s* stream) const;
  };
  enum class stop : std::uint8_t { hungry, ended, over, damaged };

  void begin();
  void make_room(std::size_t bytes_max);
  stop run(std::size_t bytes_max);
  inflation gzip_members(std::string_view packed, std::size_t bytes_max);
  inflation deflated_message(std::string_view packed, std::size_t bytes_max);

  std::unique_ptr<z_stream_s, closer> stream_;
  std::string buffer_;
  std::size_t produced_ = 0;  ///< bytes of the buffer that hold text
  form form_;
};

}  // namespace nip::gateway
