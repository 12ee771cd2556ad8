#include "daemon/plugin_voices.hpp"

namespace nip::daemon {

plugin::taps plugin_voices::taps() {
  return {[this](std::string_view plugin, plugin::log_level level, std::string_view line) {
            say(plugin, level, line);
          },
          [this](std::string_view plugin, const plugin::metric_sample& sample) {
            take(plugin, sample);
          }};
}

void plugin_voices::say(std::string_view plugin, plugin::log_level level,
                        std::string_view line) const {
  constexpr log_level levels[] = {log_level::trace, log_level::debug, log_level::info,
                                  log_level::warning, log_level::error};
  log_.with({.message_id = {}, .generation = {}, .traceparent = {}, .plugin = plugin})
      .log(levels[static_cast<unsigned>(level)], "{}", line);
}

void plugin_voices::take(std::string_view plugin, const plugin::metric_sample& sample) {
  const std::scoped_lock held(lock_);
  key which{sample.name, sample.kind, plugin, sample.label, sample.label_value};
  auto at = series_.find(which);
  if (at == series_.end()) {
    if (series_.size() == series_max) {
      ++dropped_;
      return;
    }
    at = series_.emplace(std::move(which), 0.0).first;
  }
  // A histogram of a plugin is kept as its sum: its shape would need buckets that nobody has named.
  at->second = sample.kind == plugin::metric_kind::gauge ? sample.value : at->second + sample.value;
}

void plugin_voices::collect(observability::exposition& out) const {
  using observability::metric_type;
  const std::scoped_lock held(lock_);
  for (const auto& [which, value] : series_) {
    const auto& [name, kind, plugin, label, label_value] = which;
    const bool gauge = kind == plugin::metric_kind::gauge;
    const std::string suffix = gauge                                    ? ""
                               : kind == plugin::metric_kind::histogram ? "_sum_total"
                                                                        : "_total";
    out.family("nip_plugin_" + name + suffix, "Reported by plugins.",
               gauge ? metric_type::gauge : metric_type::counter);
    if (label.empty())
      out.sample({{"plugin", plugin}}, value);
    else
      out.sample({{"plugin", plugin}, {label, label_value}}, value);
  }
  out.family("nip_plugin_series_dropped_total",
             "Values of plugin metrics beyond the bound on series.", metric_type::counter);
  out.sample({}, dropped_);
}

}  // namespace nip::daemon
