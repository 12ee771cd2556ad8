// How safe a message is when its acknowledgement leaves, and how urgent it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nip::message {

/// Acknowledgement levels in rising order; a higher one includes the lower ones.
enum class ack_level : std::uint8_t {
  memory,      ///< lives only in memory, never written, cannot be replayed
  buffered,    ///< handed to the journal, acknowledged before the sync
  fsync,       ///< after fdatasync
  replicated,  ///< after the cluster's quorum
};

/// Classes of urgency in rising order. Strict, but each lower class keeps a share of a busy target.
enum class priority : std::uint8_t { low, normal, high, critical };

constexpr std::string_view to_string(ack_level level) {
  constexpr std::string_view names[] = {"memory", "buffered", "fsync", "replicated"};
  return names[static_cast<unsigned>(level)];
}

constexpr std::string_view to_string(priority value) {
  constexpr std::string_view names[] = {"low", "normal", "high", "critical"};
  return names[static_cast<unsigned>(value)];
}

constexpr std::optional<ack_level> parse_ack_level(std::string_view text) {
  for (auto level :
       {ack_level::memory, ack_level::buffered, ack_level::fsync, ack_level::replicated})
    if (to_string(level) == text) return level;
  return std::nullopt;
}

constexpr std::optional<priority> parse_priority(std::string_view text) {
  for (auto value : {priority::low, priority::normal, priority::high, priority::critical})
    if (to_string(value) == text) return value;
  return std::nullopt;
}

}  // namespace nip::message
