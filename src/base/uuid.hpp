// UUIDs of version 7 (RFC 9562): ids that sort by the time they were made.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace nip {

/// 16 bytes in network order; all zero is "none".
struct uuid {
  static constexpr std::size_t text_bytes = 36;

  std::array<std::uint8_t, 16> bytes{};

  constexpr auto operator<=>(const uuid&) const = default;
  /// Writes the 36 lower-case characters and returns the end.
  char* write(char* out) const noexcept;
  /// The 36 characters as an array, so that a text costs no allocation.
  std::array<char, text_bytes> text() const noexcept;
  /// The milliseconds of a version 7 UUID as a time.
  wall_time time() const noexcept;
};

/// Reads 8-4-4-4-12 hexadecimal digits of either case, of any version; nothing when it is not that.
std::optional<uuid> parse_uuid(std::string_view text) noexcept;

/// Makes UUIDv7s that rise strictly, also within a millisecond and when the wall clock goes back:
/// 12 bits behind the time are a counter that starts at random in its lower half each millisecond,
/// and runs into the next millisecond when it overflows (RFC 9562, section 6.2, method 1). One
/// thread; a shard has its own, and 62 random bits keep shards apart. `random` outlives the
/// generator.
class uuid_generator {
 public:
  explicit uuid_generator(random_source& random) noexcept : random_(random) {}
  uuid next(wall_time now) noexcept;

 private:
  random_source& random_;
  std::uint64_t milliseconds_ = 0;
  std::uint32_t counter_ = 0;
};

}  // namespace nip
