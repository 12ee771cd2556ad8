// Remembers which messages were accepted, so that a repeated key gets the first one's answer.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "message/levels.hpp"

namespace nip::broker {

/// What the window knows of a key. `pending` until the message has its number.
struct remembered {
  std::string id;
  seq_t seq;
  tenant_seq_t tenant_seq;
  message::ack_level level = message::ack_level::memory;
  generation_id generation;
  bool pending = true;
};

/// The window of one process, by time and count. Any thread; a lock a stripe, held for a lookup
/// only, and taken only for messages that carry a key.
class idempotency {
 public:
  idempotency(nanoseconds window, std::uint32_t keys_max);

  /// Claims (tenant, key) for a new message; or, when it is taken, what is known of the first one.
  std::optional<remembered> claim(tenant_id tenant, std::string_view key, mono_time now);
  /// The claimed message was accepted: later claims see this.
  void settle(tenant_id tenant, std::string_view key, remembered accepted);
  /// The claimed message was refused: the key is free again.
  void withdraw(tenant_id tenant, std::string_view key);
  /// What is known now, without claiming.
  std::optional<remembered> find(tenant_id tenant, std::string_view key);

  std::size_t size() const;

 private:
  static constexpr std::size_t stripes = 16;
  /// A claim is told from a later one of the same key by its number.
  struct entry {
    remembered first;
    std::uint64_t claim = 0;
  };
  struct claimed {
    mono_time at;
    std::uint64_t hash = 0;
    std::uint64_t claim = 0;
  };
  struct stripe {
    mutable std::mutex lock;
    std::unordered_map<std::uint64_t, entry> known;
    std::deque<claimed> by_age;  ///< also of keys that were withdrawn, until they come to the front
    std::uint64_t claims = 0;
  };
  static std::uint64_t hash(tenant_id tenant, std::string_view key);
  stripe& of(std::uint64_t hashed) { return stripes_[hashed >> 60]; }
  void forget_old(stripe& in, mono_time now);

  const nanoseconds window_;
  const std::size_t keys_max_;
  std::array<stripe, stripes> stripes_;
};

}  // namespace nip::broker
