#include "config/bind.hpp"

namespace nip::config {

std::string unknown_key(std::string_view name, std::string_view prefix,
                        std::span<const std::string_view> known) {
  if (!prefix.empty()) prefix.remove_suffix(1);
  const std::string under = prefix.empty() ? "" : fmt::format(" in {}", prefix);
  const std::string near = did_you_mean(name, known);
  if (!near.empty()) return fmt::format("unknown key \"{}\"{}{}", name, under, near);
  return fmt::format("unknown key \"{}\"{}; known: {}", name, under, fmt::join(known, ", "));
}

}  // namespace nip::config
