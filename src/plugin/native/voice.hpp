// What a plugin says to the log and the metrics, with bounds.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "nip/plugin.h"
#include "plugin/taps.hpp"

namespace nip::plugin::native {

constexpr std::size_t log_line_bytes_max = 4096;
constexpr std::uint32_t log_lines_per_second_max =
    200;  // of one instance; more are dropped and counted

/// Any thread. Belongs to one instance.
class voice {
 public:
  voice(std::string plugin, std::shared_ptr<const taps> to, const clock_source& clock)
      : plugin_(std::move(plugin)), to_(std::move(to)), clock_(clock) {}

  void log(log_level level, std::string_view line);
  /// NIP_OK, or NIP_E_INVALID for a name, label or value that no metric can have.
  std::int32_t metric(const nip_metric& sample);

 private:
  /// How many lines were dropped before this one; nullopt drops it too.
  std::optional<std::uint32_t> admit();

  std::string plugin_;
  std::shared_ptr<const taps> to_;
  const clock_source& clock_;
  std::atomic<std::int64_t> second_{-1};
  std::atomic<std::uint32_t> lines_{0};
};

}  // namespace nip::plugin::native
