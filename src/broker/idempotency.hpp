// Remembers which messages were accepted, so that a repeated key gets the first one's answer.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

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
  std::optional<remembered> find(tenant_id tenant, std::string_view key) const;
  /// What a restart found: the key with this hash was accepted at `then`, in order of age. An empty
  /// `accepted.id` says that the key is the id. A key that is known stays as it is.
  void restore(std::uint64_t hash, remembered accepted, mono_time then);

  std::size_t size() const;
  /// Keys are told apart by this; XXH3 seeded by the tenant.
  static std::uint64_t hash(tenant_id tenant, std::string_view key);

 private:
  static constexpr std::size_t stripes = 16;
  /// `remembered` in half the room: there may be a million of them.
  struct entry {
    std::unique_ptr<std::string> other_id;  ///< null: the key is the id
    seq_t seq;
    tenant_seq_t tenant_seq;
    generation_id generation;
    std::uint32_t claim = 0;  ///< tells it from a later one of the same key
    message::ack_level level = message::ack_level::memory;
    bool pending = true;
  };
  struct claimed {
    mono_time at;
    std::uint64_t hash = 0;
    std::uint32_t claim = 0;
  };
  struct stripe {
    mutable std::mutex lock;
    boost::unordered_flat_map<std::uint64_t, entry> known;
    std::deque<claimed> by_age;  ///< also of keys that were withdrawn, until they come to the front
    std::uint32_t claims = 0;
  };
  stripe& of(std::uint64_t hashed) { return stripes_[hashed >> 60]; }
  const stripe& of(std::uint64_t hashed) const { return stripes_[hashed >> 60]; }
  static remembered told(const entry& what, std::string_view key);
  static void set(entry& to, std::string_view key, const remembered& accepted);
  void forget_old(stripe& in, mono_time now);

  const nanoseconds window_;
  const std::size_t keys_max_;
  std::array<stripe, stripes> stripes_;
};

}  // namespace nip::broker
