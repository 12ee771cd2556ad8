// The C table that a plugin calls, in front of a C++ interface.
#pragma once

#include <string_view>

#include "nip/plugin.h"

namespace nip::plugin::native {

/// What a plugin asks of its host; codes are NIP_OK and NIP_E_*. Called from any thread.
class host_services {
 public:
  virtual ~host_services() = default;
  virtual void log(std::uint32_t level, std::string_view text) = 0;
  virtual std::int64_t now(std::uint32_t clock) const = 0;
  virtual std::int32_t publish(const nip_emission& emission) = 0;
  virtual std::int32_t complete(std::uint64_t token, const nip_completion& completion) = 0;
  virtual void set_error(std::string_view text) = 0;
  virtual std::int32_t metric(const nip_metric& metric) = 0;
  virtual void retain(const nip_message& message) = 0;
  virtual void release(const nip_message& message) = 0;
};

/// A table whose functions end in `services`, which outlives it. Null and short structs from the
/// plugin are answered with NIP_E_INVALID, what `services` throws with NIP_E_BUSY; state with
/// NIP_E_UNSUPPORTED.
nip_host make_host_table(host_services& services);

}  // namespace nip::plugin::native
