#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "config/values.hpp"

namespace nip::config {
namespace {

using nlohmann::json;

constexpr double size_limit = 0x1.0p60;
constexpr std::array<std::string_view, 5> binary_units{"", "Ki", "Mi", "Gi", "Ti"};
constexpr std::string_view decimal_units = "KMGT";
constexpr std::uint64_t cores_max = 4096;

/// The number at the start of `text`, which is moved behind it. Digits and one point only.
std::optional<double> take_number(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  double value = 0;
  const auto [stop, failed] = std::from_chars(text.data(), text.data() + end, value);
  if (failed != std::errc() || stop != text.data() + end || text[0] == '.') return std::nullopt;
  text.remove_prefix(end);
  return value;
}

/// Bytes in one of `unit`; 0 when it is none.
double unit_bytes(std::string_view unit) {
  if (unit.ends_with('B')) unit.remove_suffix(1);
  if (unit.empty()) return 1;
  const bool binary = unit.size() == 2 && unit[1] == 'i';
  if (unit.size() != 1 && !binary) return 0;
  const std::size_t power = decimal_units.find(unit[0] == 'k' ? 'K' : unit[0]);
  if (power == std::string_view::npos) return 0;
  return std::pow(binary ? 1024.0 : 1000.0, static_cast<double>(power + 1));
}

}  // namespace

result<std::uint64_t> parse_size(std::string_view text) {
  std::string_view rest = text;
  const auto number = take_number(rest);
  const double unit = number ? unit_bytes(rest) : 0;
  const double bytes = number ? *number * unit : 0;
  if (unit == 0 || bytes > size_limit || bytes != std::floor(bytes))
    return fail(errc::parse, fmt::format("\"{}\" is not a size such as 256Mi, 10M or 4096", text));
  return static_cast<std::uint64_t>(bytes);
}

std::string format_size(std::uint64_t bytes) {
  std::size_t power = 0;
  while (bytes != 0 && bytes % 1024 == 0 && power + 1 < binary_units.size()) {
    bytes /= 1024;
    ++power;
  }
  return fmt::format("{}{}", bytes, binary_units[power]);
}

json cpu_codec::schema() const {
  return {{"type", {"string", "number"}},
          {"pattern", "^([0-9]+m|[0-9]+(\\.[0-9]+)?)$"},
          {"description", "cores: 2, 1.5, or thousandths: 500m"}};
}

status cpu_codec::read(const node& from, std::uint64_t& out) const {
  constexpr std::string_view wanted = "cores such as 2, 1.5 or 500m";
  if (from.kind != node_kind::scalar) return fail_expected(wanted, from);
  std::string_view rest = from.text;
  const auto number = take_number(rest);
  if (!number || (!rest.empty() && rest != "m")) return fail_expected(wanted, from);
  const double thousandths = rest == "m" ? *number : *number * 1000;
  if (thousandths > static_cast<double>(cores_max * 1000))
    return fail_expected("at most 4096 cores", from);
  out = static_cast<std::uint64_t>(std::llround(thousandths));
  return {};
}

json cpu_codec::write(std::uint64_t value) const {
  if (value % 1000 == 0) return value / 1000;
  return fmt::format("{}m", value);
}

}  // namespace nip::config
