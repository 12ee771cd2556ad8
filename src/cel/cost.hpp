// What an evaluation will cost, estimated before it runs.
#pragma once

#include <cstdint>

namespace nip::cel {

struct code;

/// What is taken for the number of items, or of tens of bytes, of what comes out of the input.
constexpr std::uint64_t assumed_items = 100;

/// In the units of runtime::charge(), which counts them when it runs. `least` is spent unless
/// an error ends it before; `most` holds for inputs whose lists, maps and texts are no larger than
/// assumed.
struct cost_range {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  bool operator==(const cost_range&) const = default;
};

/// Of a whole program. Linear in its instructions; sums that pass 64 bits stay at the top.
cost_range estimate_cost(const code& compiled);

}  // namespace nip::cel
