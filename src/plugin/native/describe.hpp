// From a library's C descriptor to ours: every field checked, since a library may say anything.
#pragma once

#include "base/result.hpp"
#include "nip/plugin.h"
#include "plugin/spec.hpp"

namespace nip::plugin::native {

constexpr std::uint32_t batch_max_limit = 4096;       // a descriptor asking for more is refused
constexpr std::uint32_t in_flight_max_limit = 65536;  // the same; each costs 64 bytes an instance
constexpr std::size_t schema_bytes_max = std::size_t{1} << 20;  // of a config schema or a manifest

/// Fails with errc::corrupt or errc::invalid_argument; the detail names the field, what was found
/// and what is allowed.
result<descriptor> describe(const nip_descriptor* about);

}  // namespace nip::plugin::native
