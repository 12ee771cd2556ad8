// Bytes that came and are not consumed yet: in the shard's buffer while they are handled, carried
// in a string of the connection in between.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace nip::gateway {

/// The buffer that every connection of a shard receives into, one after the other.
class receive_buffer {
 public:
  static constexpr std::size_t size = std::size_t{256} << 10;

  receive_buffer();
  std::span<char> bytes() { return {storage_.data(), size}; }

 private:
  std::vector<char> storage_;  ///< with message::padding behind the bytes
};

/// One a connection; a string of nothing at rest.
class intake {
 public:
  /// Where the next receive goes. What was carried lies in front of it, or stays in the string and
  /// the room is behind it there, when the unit of `needed` bytes (0: unknown) is too large for the
  /// buffer.
  std::span<char> room(receive_buffer& shared, std::size_t needed);
  /// Everything in hand after `received` bytes came into the room: carried and new. Followed by
  /// message::padding readable bytes. Ends with keep().
  std::span<char> gather(std::size_t received);
  /// Keeps what `rest`, the tail of gather(), holds.
  void keep(std::span<const char> rest);
  /// What is carried, ready to be looked at without a receive. Ends with keep().
  std::span<char> carried();
  std::size_t size() const { return carry_.size(); }

 private:
  std::string carry_;
  char* base_ = nullptr;  ///< of gather(): the shared buffer, or null for the string
  std::size_t held_ = 0;  ///< bytes in front of the room
};

}  // namespace nip::gateway
