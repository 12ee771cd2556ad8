#include "base/nearest.hpp"

#include <algorithm>
#include <array>

namespace nip {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::size_t bound_for(std::size_t length) noexcept {
  return std::clamp<std::size_t>(length / 3, 1, 3);
}

}  // namespace

std::size_t edit_distance(std::string_view from, std::string_view to, std::size_t bound) noexcept {
  const std::size_t apart =
      from.size() > to.size() ? from.size() - to.size() : to.size() - from.size();
  if (apart > bound || std::max(from.size(), to.size()) > nearest_bytes_max) return bound + 1;
  using row = std::array<std::size_t, nearest_bytes_max + 1>;
  row before_last{};
  row last{};
  row current{};
  for (std::size_t j = 0; j <= to.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    current[0] = i;
    std::size_t least = i;
    const char a = lower(from[i - 1]);
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const char b = lower(to[j - 1]);
      std::size_t cost =
          std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (a != b ? 1U : 0U)});
      if (i > 1 && j > 1 && a == lower(to[j - 2]) && lower(from[i - 2]) == b)
        cost = std::min(cost, before_last[j - 2] + 1);
      current[j] = cost;
      least = std::min(least, cost);
    }
    if (least > bound) return bound + 1;
    before_last = last;
    last = current;
  }
  return std::min(last[to.size()], bound + 1);
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) noexcept {
  std::string_view best;
  std::size_t bound = bound_for(word.size());
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(word, candidate, bound);
    if (distance > bound) continue;
    best = candidate;
    if (distance == 0) break;
    bound = distance - 1;
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  const std::string_view best = nearest(word, known);
  return best.empty() ? std::string() : "; did you mean \"" + std::string(best) + "\"?";
}

}  // namespace nip
