#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <mutex>

#include "base/json_write.hpp"

namespace nip {
namespace {

constexpr std::array<std::string_view, 6> level_names{"trace",   "debug", "info",
                                                      "warning", "error", "off"};
/// A line is cut here: a plugin's text can be of any size.
constexpr std::size_t text_bytes_max = 16'384;

/// Puts what is below U+0020 as an escape, so that one line stays one line.
void append_one_line(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += "\\x";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
}

struct line {
  wall_time at;
  std::string_view logger;
  log_level level;
  const log_fields& fields;
  std::string_view text;
  std::uint64_t suppressed;
};

/// Calls `add(key, value)` for each field that is set.
template <class Add>
void each_field(const line& l, Add add) {
  if (!l.fields.message_id.empty()) add("message_id", l.fields.message_id);
  if (!l.fields.traceparent.empty()) add("traceparent", l.fields.traceparent);
  if (!l.fields.plugin.empty()) add("plugin", l.fields.plugin);
}

void append_text(std::string& out, const line& l) {
  out += format_rfc3339(l.at);
  out += fmt::format(" {:<7} {}: ", to_string(l.level), l.logger);
  append_one_line(out, l.text);
  each_field(l, [&](std::string_view key, std::string_view value) {
    out.append(" ").append(key).append("=");
    append_one_line(out, value);
  });
  if (l.fields.generation) out += fmt::format(" generation={}", l.fields.generation.value);
  if (l.suppressed != 0) out += fmt::format(" (and {} more like it before)", l.suppressed);
}

void append_json(std::string& out, const line& l) {
  const auto add = [&](std::string_view key, std::string_view value) {
    out += ',';
    append_json_key(out, key);
    append_json_string(out, value);
  };
  out += "{\"time\":\"" + format_rfc3339(l.at) + '"';
  add("level", to_string(l.level));
  add("logger", l.logger);
  add("text", l.text);
  each_field(l, add);
  if (l.fields.generation) out += fmt::format(",\"generation\":{}", l.fields.generation.value);
  if (l.suppressed != 0) out += fmt::format(",\"suppressed\":{}", l.suppressed);
  out += '}';
}

spdlog::level::level_enum to_spdlog(log_level level) noexcept {
  return static_cast<spdlog::level::level_enum>(level);
}

/// Counts lines by format string in a table of fixed size. Two strings that share a place share its
/// budget, which at worst holds back a line too many.
class repeat_filter {
 public:
  explicit repeat_filter(std::uint32_t per_second) : per_second_(per_second) {}

  /// Whether a line may go out; then `held_back` is how many like it did not before.
  bool admit(std::string_view logger, std::string_view key, mono_time now,
             std::uint64_t& held_back) {
    if (per_second_ == 0) return true;
    const std::size_t hash =
        std::hash<std::string_view>{}(key) * 31 + std::hash<std::string_view>{}(logger);
    entry& e = table_[hash % table_.size()];
    if (now - e.since >= std::chrono::seconds(1) || e.count == 0) {
      e.since = now;
      e.count = 0;
    }
    if (e.count >= per_second_) {
      ++e.held_back;
      return false;
    }
    ++e.count;
    held_back = std::exchange(e.held_back, 0);
    return true;
  }

 private:
  struct entry {
    mono_time since;
    std::uint32_t count = 0;
    std::uint64_t held_back = 0;
  };
  std::uint32_t per_second_;
  std::array<entry, 1024> table_{};
};

}  // namespace

static_assert(SPDLOG_LEVEL_TRACE == 0 && SPDLOG_LEVEL_WARN == 3 && SPDLOG_LEVEL_ERROR == 4);

struct log_hub::core {
  core(log_options chosen, const clock_source& source,
       std::vector<std::shared_ptr<spdlog::sinks::sink>> given)
      : format(chosen.format),
        clock(source),
        level(chosen.level),
        sinks(std::move(given)),
        repeats(chosen.repeats_max_per_second) {
    for (const auto& sink : sinks) sink->set_pattern("%v");
  }

  const log_format format;
  const clock_source& clock;
  std::atomic<log_level> level;
  std::atomic<std::uint64_t> suppressed{0};
  std::vector<std::shared_ptr<spdlog::sinks::sink>> sinks;
  std::mutex guard;  ///< over `repeats` and `text`
  repeat_filter repeats;
  std::string text;

  void write(std::string_view logger, log_level at, const log_fields& fields,
             std::string_view repeat_key, std::string_view what) {
    const std::scoped_lock lock(guard);
    std::uint64_t held_back = 0;
    if (!repeats.admit(logger, repeat_key, clock.mono(), held_back)) {
      suppressed.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    const line l{clock.wall(), logger, at, fields, what.substr(0, text_bytes_max), held_back};
    text.clear();
    format == log_format::json ? append_json(text, l) : append_text(text, l);
    const spdlog::details::log_msg message(spdlog::string_view_t(), to_spdlog(at), text);
    for (const auto& sink : sinks) sink->log(message);
    // What matters most must be out when the process dies a moment later.
    if (at >= log_level::warning) flush();
  }
  void flush() {
    for (const auto& sink : sinks) sink->flush();
  }
};

log_hub::log_hub(log_options options, const clock_source& clock)
    : log_hub(options, clock, {std::make_shared<spdlog::sinks::stderr_sink_st>()}) {}
log_hub::log_hub(log_options options, const clock_source& clock,
                 std::vector<std::shared_ptr<spdlog::sinks::sink>> sinks)
    : core_(std::make_unique<core>(options, clock, std::move(sinks))) {}
log_hub::~log_hub() = default;

void log_hub::set_level(log_level level) noexcept {
  core_->level.store(level, std::memory_order_relaxed);
}

bool log_hub::enabled(log_level level) const noexcept {
  return level >= core_->level.load(std::memory_order_relaxed) && level != log_level::off;
}

void log_hub::write(std::string_view logger, log_level level, const log_fields& fields,
                    std::string_view repeat_key, std::string_view text) noexcept {
  try {
    core_->write(logger, level, fields, repeat_key, text);
  } catch (const std::exception&) {
    // A full disk behind stderr must not take the broker down; there is nowhere left to say so.
    core_->suppressed.fetch_add(1, std::memory_order_relaxed);
  }
}

std::uint64_t log_hub::suppressed() const noexcept {
  return core_->suppressed.load(std::memory_order_relaxed);
}

void log_hub::flush() noexcept {
  const std::scoped_lock lock(core_->guard);
  try {
    core_->flush();
  } catch (const std::exception&) {
    core_->suppressed.fetch_add(1, std::memory_order_relaxed);
  }
}

std::string_view to_string(log_level level) noexcept {
  return level_names[static_cast<std::size_t>(level)];
}

std::optional<log_level> parse_log_level(std::string_view text) noexcept {
  if (text == "warn") return log_level::warning;
  for (std::size_t at = 0; at < level_names.size(); ++at)
    if (level_names[at] == text) return static_cast<log_level>(at);
  return std::nullopt;
}

}  // namespace nip
