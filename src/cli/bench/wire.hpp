// The bytes of the load: requests and frames to send, built once, and readers of what comes back.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "cli/bench/options.hpp"

namespace nip::cli::bench {

/// A valid envelope of exactly `size` bytes; somewhat longer when `size` is too small for one.
std::string make_envelope(std::size_t size, std::string_view type);
/// A whole masked text frame (RFC 6455). A fixed mask serves: it hides nothing from a server that
/// unmasks.
std::string ws_text_frame(std::string_view payload);
/// The upgrade request for /v4/stream.
std::string ws_handshake(const options& chosen);
/// What one message of this load is on the wire.
std::string message_bytes(const options& chosen);

/// An answer: ordinals from..to (1 for the first message of the connection) are done.
struct answer {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  bool accepted = true;
  std::string_view text = {};  ///< body of a refusal; valid until the call returns
};

/// Reads a server's bytes. Pure: bytes in, answers out. One a connection.
class reader {
 public:
  using listener = std::function<void(const answer&)>;
  virtual ~reader() = default;
  /// Takes whole answers from the front of `bytes`, tells each, and gives the number of bytes
  /// taken; the rest comes again with more behind it. Fails with exit_code::failed on bytes that
  /// are no such protocol and when the server says goodbye.
  virtual outcome<std::size_t> take(std::string_view bytes, const listener& told) = 0;
};

std::unique_ptr<reader> make_reader(traffic kind);

}  // namespace nip::cli::bench
