// RFC 6455 frames in bulk: ordinary ones are decoded in place, the rest is told apart for Beast.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace nip::gateway::ws {

enum class opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

/// What stands at the front of the bytes.
struct frame {
  enum class kind : std::uint8_t {
    incomplete,  ///< `size` is what the frame will have in all, 0 while its header is not whole
    ordinary,    ///< complete, final, masked, text, nothing odd: fit for unmask()
    deflated,    ///< as ordinary, but for RSV1: one whole message of a peer that may compress
    other,       ///< complete, but for Beast: control, fragment, binary, or wrong in some way
    over,        ///< announces more than the bound: Beast refuses it by its header
  };
  kind what = kind::incomplete;
  std::size_t size = 0;  ///< header and payload
  std::size_t header_size = 0;
  bool final = false;
  opcode op = opcode::text;
};

/// Reads the header at the front of `bytes`; `payload_max` bounds one frame.
frame look_at(std::span<const char> bytes, std::size_t payload_max);

/// Unmasks the payload of an ordinary or deflated frame where it lies; the view lives as long as
/// the bytes.
std::string_view unmask(std::span<char> bytes, const frame& which);

/// Is this frame the first one of a deflated message: text or binary, with RSV1?
bool starts_deflated(std::span<const char> bytes, const frame& which);
/// Makes such a frame the first one of a plain binary message, whose payload nobody checks for
/// UTF-8.
void disguise(std::span<char> bytes);

/// The status code of the close frame that `which` describes; 0 when it carries none, or is not
/// masked.
std::uint16_t close_code_of(std::span<const char> bytes, const frame& which);

/// Appends the header of a final, unmasked frame; `payload_bytes` are to follow.
void append_header(std::string& out, opcode op, std::size_t payload_bytes);
/// Appends a final, unmasked frame.
void append_frame(std::string& out, opcode op, std::string_view payload);
/// Appends a close frame; `reason` is cut to what a control frame holds.
void append_close(std::string& out, std::uint16_t code, std::string_view reason);

/// Close codes of RFC 6455, section 7.4, that this server sends itself.
inline constexpr std::uint16_t close_going_away = 1001;
inline constexpr std::uint16_t close_protocol_error = 1002;
inline constexpr std::uint16_t close_unsupported = 1003;
inline constexpr std::uint16_t close_bad_payload = 1007;
inline constexpr std::uint16_t close_policy = 1008;
inline constexpr std::uint16_t close_too_big = 1009;

/// The highest status code that RFC 6455, section 7.4.2, gives to anybody.
inline constexpr std::uint16_t close_code_max = 4999;

}  // namespace nip::gateway::ws
