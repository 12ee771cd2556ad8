// Beast's WebSocket over memory: handshakes, control frames, fragments, and everything that is
// wrong.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace boost::asio {
class io_context;
}

namespace nip::gateway::ws {

/// A Beast stream that is past its handshake and sits between two messages or inside a fragmented
/// one. One thread; lent to one connection at a time.
class codec {
 public:
  enum class event : std::uint8_t {
    none,    ///< nothing for the session: a ping was answered, a fragment kept
    text,    ///< message() is a whole text message, valid UTF-8
    binary,  ///< message() is a whole binary message
    closed,  ///< the peer closed; the answer to it is in the output
    failed,  ///< the peer broke the protocol; the close frame that says how is in the output
  };

  codec(boost::asio::io_context& loop, std::size_t message_bytes_max);
  ~codec();

  /// Takes one whole frame, or the header of one that is over the bound. What Beast has to say goes
  /// to the end of `out`. After closed and failed the codec is of no more use.
  event feed(std::span<const char> frame, std::string& out);
  /// After text and binary, until the next feed(); followed by message::padding readable bytes.
  std::string_view message() const;
  /// Between two messages: may be lent to somebody else.
  bool is_clean() const;

 private:
  friend class codec_pool;
  struct core;
  std::unique_ptr<core> core_;
};

/// What a handshake chose.
struct handshake_wish {
  std::string_view head;         ///< the request as it came, with its final empty line
  std::string_view subprotocol;  ///< answered in Sec-WebSocket-Protocol; empty: none
  std::string_view server_name;
  bool deflate = false;  ///< permessage-deflate is taken when the client offers it
};

/// What came of a handshake.
struct agreement {
  /// The peer may send deflated messages, each on its own (client_no_context_takeover). We send
  /// none (server_no_context_takeover only keeps the peer from reserving a window for them).
  bool deflate = false;
};

/// Codecs of one shard that wait for the next odd frame.
class codec_pool {
 public:
  static constexpr std::size_t kept_max = 64;

  codec_pool(boost::asio::io_context& loop, std::size_t message_bytes_max);
  ~codec_pool();

  /// Answers a handshake by Beast: 101 at the end of `out`. Fails with errc::invalid_argument, with
  /// nothing written, for what is not one (key, version). Codecs of the pool know no extension: of
  /// a deflated message they get the frames disguised, and the session inflates what they collect.
  /// Beast's own inflation keeps its window when a message ends, so that the next peer of a pooled
  /// stream could refer to what the one before had sent.
  result<agreement> accept(const handshake_wish& wish, std::string& out);
  std::unique_ptr<codec> take();
  /// Keeps a clean one, drops the rest.
  void give_back(std::unique_ptr<codec> used);

 private:
  boost::asio::io_context& loop_;
  std::size_t message_bytes_max_;
  std::vector<std::unique_ptr<codec>> free_;
};

}  // namespace nip::gateway::ws
