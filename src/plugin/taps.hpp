// Where the log lines and metrics of plugins go.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace nip::plugin {

enum class log_level : std::uint8_t { trace, debug, info, warn, error };

enum class metric_kind : std::uint8_t { counter, gauge, histogram };

/// One value that a plugin reports. Views are valid until the call returns.
struct metric_sample {
  metric_kind kind = metric_kind::counter;
  std::string_view name;   ///< [a-z0-9_], without prefix
  std::string_view label;  ///< empty when there is none
  std::string_view label_value;
  double value = 0;
};

/// What the daemon listens to. Called from any thread, also from plugins' own; empty functions
/// drop. Both outlive the runtime and every instance.
struct taps {
  std::function<void(std::string_view plugin, log_level level, std::string_view line)> log;
  std::function<void(std::string_view plugin, const metric_sample& sample)> metric;
};

}  // namespace nip::plugin
