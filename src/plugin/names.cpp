#include "plugin/spec.hpp"

namespace nip::plugin {

std::string_view to_string(isolation value) noexcept {
  switch (value) {
    case isolation::none:
      return "none";
    case isolation::process:
      return "process";
    case isolation::wasm:
      return "wasm";
    case isolation::container:
      return "container";
    case isolation::remote:
      return "remote";
  }
  return "none";
}

std::string_view to_string(execution value) noexcept {
  return value == execution::inline_ ? "inline" : "pool";
}

std::string_view to_string(instances value) noexcept {
  return value == instances::per_shard ? "per_shard" : "single";
}

std::string_view to_string(health_state state) noexcept {
  switch (state) {
    case health_state::healthy:
      return "healthy";
    case health_state::degraded:
      return "degraded";
    case health_state::unhealthy:
      return "unhealthy";
    case health_state::stopped:
      return "stopped";
  }
  return "unhealthy";
}

}  // namespace nip::plugin
