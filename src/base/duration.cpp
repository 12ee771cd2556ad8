#include <fmt/format.h>

#include <array>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace nip {
namespace {

struct unit {
  std::string_view name;
  std::int64_t ns;
};

/// From large to small; "ms" stands before "m" where a prefix is looked for.
constexpr std::array<unit, 7> units{{{"d", 86'400'000'000'000},
                                     {"h", 3'600'000'000'000},
                                     {"ms", 1'000'000},
                                     {"m", 60'000'000'000},
                                     {"us", 1'000},
                                     {"ns", 1},
                                     {"s", 1'000'000'000}}};

const unit* take_unit(std::string_view& text) noexcept {
  for (const unit& candidate : units) {
    if (!text.starts_with(candidate.name)) continue;
    text.remove_prefix(candidate.name.size());
    return &candidate;
  }
  return nullptr;
}

struct decimal {
  uint128 value = 0;  ///< scaled by 10^decimals
  std::uint64_t scale = 1;
  bool good = false;
};

/// At most nineteen digits: the nanoseconds of 292 years, which is all that 64 bits hold.
decimal take_decimal(std::string_view& text) noexcept {
  decimal number;
  int digits = 0;
  bool after_point = false;
  for (; !text.empty(); text.remove_prefix(1)) {
    const char c = text.front();
    if (c == '.' && !after_point) {
      after_point = true;
    } else if (c >= '0' && c <= '9' && ++digits <= 19) {
      number.value = number.value * 10 + static_cast<unsigned>(c - '0');
      if (after_point) number.scale *= 10;
      number.good = true;
    } else {
      break;
    }
  }
  number.good = number.good && digits <= 19 && (!after_point || number.scale > 1);
  return number;
}

/// `value / unit` as an exact decimal with the unit's name, or empty when it needs more than six
/// decimals.
std::string in_unit(std::uint64_t value, const unit& of) {
  const auto size = static_cast<std::uint64_t>(of.ns);
  std::string text = fmt::format("{}", value / size);
  std::uint64_t rest = value % size;
  if (rest != 0) text += '.';
  for (int decimals = 0; rest != 0; ++decimals) {
    if (decimals == 6) return {};
    rest *= 10;
    text += static_cast<char>('0' + rest / size);
    rest %= size;
  }
  return text.append(of.name);
}

}  // namespace

result<nanoseconds> parse_duration(std::string_view text) {
  const auto refuse = [&](const char* why) {
    return fail(errc::parse, fmt::format("duration \"{}\": {}", text.substr(0, 64), why));
  };
  constexpr const char* shape =
      "expected numbers with units ns us ms s m h d, for example \"1.5s\"";
  if (text == "0") return nanoseconds(0);
  if (text.empty()) return refuse(shape);
  uint128 total = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const decimal number = take_decimal(rest);
    if (!number.good) return refuse(shape);
    const unit* of = take_unit(rest);
    if (of == nullptr)
      return refuse(rest.empty() ? "a number needs a unit: ns us ms s m h d" : shape);
    total += number.value * static_cast<std::uint64_t>(of->ns) / number.scale;
    if (total > static_cast<uint128>(INT64_MAX)) return refuse("longer than 292 years");
  }
  return nanoseconds(static_cast<std::int64_t>(total));
}

std::string format_duration(nanoseconds duration) {
  if (duration.count() == 0) return "0s";
  const bool negative = duration.count() < 0;
  const auto bits = static_cast<std::uint64_t>(duration.count());
  const std::uint64_t size = negative ? 0 - bits : bits;
  std::string best;
  for (const unit& candidate : units) {
    std::string text = in_unit(size, candidate);
    if (!text.empty() && (best.empty() || text.size() < best.size())) best = std::move(text);
  }
  return negative ? "-" + best : best;
}

}  // namespace nip
