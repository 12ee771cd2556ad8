#include "plugin/native/voice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace nip::plugin::native {

namespace {

constexpr std::size_t metric_name_bytes_max = 64;
constexpr std::size_t label_value_bytes_max = 128;

std::string_view text(nip_view view) {
  return view.data == nullptr ? std::string_view() : std::string_view(view.data, view.size);
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= metric_name_bytes_max &&
         (name[0] < '0' || name[0] > '9') && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

}  // namespace

void voice::log(log_level level, std::string_view line) {
  if (!to_->log) return;
  const auto dropped = admit();
  if (!dropped) return;
  if (*dropped > 0)
    to_->log(plugin_, log_level::warn,
             fmt::format("{} log lines of one second were dropped", *dropped));
  to_->log(plugin_, level, line.substr(0, log_line_bytes_max));
}

std::optional<std::uint32_t> voice::admit() {
  const std::int64_t second = clock_.mono().ns / 1'000'000'000;
  std::uint32_t dropped = 0;
  // Whoever moves the second on starts the count again; a line counted twice meanwhile does no
  // harm.
  if (second_.exchange(second) != second) {
    const std::uint32_t before = lines_.exchange(0);
    dropped = before > log_lines_per_second_max ? before - log_lines_per_second_max : 0;
  }
  if (lines_.fetch_add(1) >= log_lines_per_second_max) return std::nullopt;
  return dropped;
}

std::int32_t voice::metric(const nip_metric& sample) {
  const std::string_view label = text(sample.label);
  const bool known = sample.kind <= NIP_METRIC_HISTOGRAM && is_name(text(sample.name)) &&
                     (label.empty() || is_name(label)) && std::isfinite(sample.value) &&
                     (sample.kind != NIP_METRIC_COUNTER || sample.value >= 0);
  if (!known) return NIP_E_INVALID;
  if (to_->metric)
    to_->metric(plugin_, {.kind = static_cast<metric_kind>(sample.kind),
                          .name = text(sample.name),
                          .label = label,
                          .label_value = text(sample.label_value).substr(0, label_value_bytes_max),
                          .value = sample.value});
  return NIP_OK;
}

}  // namespace nip::plugin::native
