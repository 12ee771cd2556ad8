// Log lines with a level, a logger's name and the message they are about, as text or JSON. Over
// spdlog.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"

namespace spdlog::sinks {
class sink;
}

namespace nip {

enum class log_level : std::uint8_t { trace, debug, info, warning, error, off };

std::string_view to_string(log_level level) noexcept;
std::optional<log_level> parse_log_level(std::string_view text) noexcept;

enum class log_format : std::uint8_t {
  text,  ///< `2026-11-22T02:10:07.123Z info    journal: text message_id=… generation=…`
  json,  ///< one object a line: time, level, logger, text, and the fields that are set
};

struct log_options {
  log_level level = log_level::info;
  log_format format = log_format::text;
  /// Lines of one logger with one format string that go out within a second; 0 is no bound. The
  /// rest are counted, and the count goes out with the first line of a later second.
  std::uint32_t repeats_max_per_second = 20;
};

/// What a line is about; what is empty does not appear.
struct log_fields {
  std::string_view message_id;
  generation_id generation;
  std::string_view traceparent;
  std::string_view plugin;
};

/// Where all lines of the process come together. Made by the program, outlives every logger. Any
/// thread.
class log_hub {
 public:
  /// Lines go to stderr. `clock` outlives the hub.
  log_hub(log_options options, const clock_source& clock);
  /// Lines go to these sinks instead, as they are, each with its newline added by the sink.
  log_hub(log_options options, const clock_source& clock,
          std::vector<std::shared_ptr<spdlog::sinks::sink>> sinks);
  ~log_hub();
  log_hub(const log_hub&) = delete;
  log_hub& operator=(const log_hub&) = delete;

  /// Takes effect for the next line.
  void set_level(log_level level) noexcept;
  bool enabled(log_level level) const noexcept;
  /// Writes one line. `repeat_key` tells which lines count as repeats of each other: the format
  /// string.
  void write(std::string_view logger, log_level level, const log_fields& fields,
             std::string_view repeat_key, std::string_view text) noexcept;
  /// Lines held back since start because they repeated.
  std::uint64_t suppressed() const noexcept;
  void flush() noexcept;

 private:
  struct core;
  std::unique_ptr<core> core_;
};

/// A named view of a hub; copied freely. `log.info("recovered {} records", n);` Nothing is
/// formatted below the level. A logger made without a hub drops every line.
class logger {
 public:
  logger() = default;
  /// `name` outlives the logger (a literal).
  logger(log_hub& hub, std::string_view name) : hub_(&hub), name_(name) {}
  /// The same hub under another name.
  logger named(std::string_view name) const {
    logger other = *this;
    other.name_ = name;
    return other;
  }
  /// The same logger with fields on every line; their views outlive it.
  logger with(const log_fields& fields) const {
    logger other = *this;
    other.fields_ = fields;
    return other;
  }

  bool enabled(log_level level) const noexcept { return hub_ != nullptr && hub_->enabled(level); }

  template <class... Args>
  void log(log_level level, fmt::format_string<Args...> format, Args&&... args) const {
    if (!enabled(level)) return;
    const fmt::string_view key = format;
    fmt::memory_buffer text;
    fmt::format_to(std::back_inserter(text), format, std::forward<Args>(args)...);
    hub_->write(name_, level, fields_, {key.data(), key.size()}, {text.data(), text.size()});
  }
  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) const {
    log(log_level::debug, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    log(log_level::info, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) const {
    log(log_level::warning, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const {
    log(log_level::error, format, std::forward<Args>(args)...);
  }

 private:
  log_hub* hub_ = nullptr;
  std::string_view name_ = "nip";
  log_fields fields_;
};

}  // namespace nip
