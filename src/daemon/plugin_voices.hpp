// What plugins say: their log lines go to the log, their metrics to /metrics.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "base/log.hpp"
#include "observability/exposition.hpp"
#include "plugin/taps.hpp"

namespace nip::daemon {

/// Any thread. Outlives every plugin.
class plugin_voices {
 public:
  /// Series that are kept; the values of further ones are dropped and counted.
  static constexpr std::size_t series_max = 10'000;

  explicit plugin_voices(logger log) : log_(log) {}
  plugin::taps taps();
  void collect(observability::exposition& out) const;

 private:
  using key = std::tuple<std::string, plugin::metric_kind, std::string, std::string, std::string>;

  void say(std::string_view plugin, plugin::log_level level, std::string_view line) const;
  void take(std::string_view plugin, const plugin::metric_sample& sample);

  logger log_;
  mutable std::mutex lock_;
  std::map<key, double> series_;
  std::uint64_t dropped_ = 0;
};

}  // namespace nip::daemon
