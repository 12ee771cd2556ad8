#include "cli/format.hpp"

#include <fmt/format.h>

#include <cmath>

namespace nip::cli {

std::string with_commas(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string rate_text(double per_second) {
  if (per_second <= 0) return "0";
  if (per_second < 100) return fmt::format("{:.1f}", per_second);
  if (per_second < 1e6) return with_commas(static_cast<std::uint64_t>(std::llround(per_second)));
  return fmt::format("{:.2f}M", per_second / 1e6);
}

std::string latency_text(double ns) {
  if (ns < 1e3) return fmt::format("{:.0f}ns", ns);
  const double scale = ns < 1e6 ? 1e3 : ns < 1e9 ? 1e6 : 1e9;
  const char* const unit = ns < 1e6 ? "us" : ns < 1e9 ? "ms" : "s";
  const double value = ns / scale;
  const int decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
  return fmt::format("{:.{}f}{}", value, decimals, unit);
}

std::string bytes_text(double bytes) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < std::size(units)) {
    bytes /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, units[unit]);
}

const nlohmann::json& value_at(const nlohmann::json& from, std::string_view path) {
  static const nlohmann::json nothing;
  const nlohmann::json* at = &from;
  while (!path.empty()) {
    const auto dot = path.find('.');
    if (!at->is_object()) return nothing;
    const auto found = at->find(path.substr(0, dot));
    if (found == at->end()) return nothing;
    at = &*found;
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }
  return *at;
}

std::string text_at(const nlohmann::json& from, std::string_view path) {
  const auto& value = value_at(from, path);
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (!value.is_array()) return compact(value);
  std::string joined;
  for (const auto& item : value) {
    if (!joined.empty()) joined += ", ";
    joined += item.is_string() ? item.get<std::string>() : compact(item);
  }
  return joined.empty() ? "-" : joined;
}

double number_at(const nlohmann::json& from, std::string_view path, double otherwise) {
  const auto& value = value_at(from, path);
  return value.is_number() ? value.get<double>() : otherwise;
}

std::string compact(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string pretty(const nlohmann::json& value) {
  return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace nip::cli
