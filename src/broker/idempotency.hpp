// Remembers which messages were accepted, so that a repeated key gets the first one's answer.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <deque>
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
  /// A key in the line of all, by age: 40 bytes, since there may be a million of them.
  struct entry {
    std::uint64_t hash = 0;
    mono_time at{};
    seq_t seq{};
    std::uint64_t tenant_seq : 56 = 0;
    std::uint64_t level : 4 = 0;  ///< message::ack_level
    std::uint64_t pending : 1 = 1;
    std::uint64_t withdrawn : 1 = 0;  ///< nobody's; it leaves the line when it comes to its front
    std::uint64_t other_id : 1 = 0;   ///< the id is not the key: it is in other_ids
    generation_id generation{};
  };
  static_assert(sizeof(entry) == 40);
  struct stripe;
  /// A place in the line, counted on from the first there ever was.
  struct place {
    std::uint32_t number;
  };
  /// Places are found by the hash that stands there.
  struct by_hash {
    using is_transparent = void;
    const stripe* in;
    std::size_t operator()(std::uint64_t hash) const { return hash; }
    std::size_t operator()(place at) const { return in->at(at).hash; }
    bool operator()(place a, place b) const { return a.number == b.number; }
    bool operator()(std::uint64_t hash, place at) const { return in->at(at).hash == hash; }
    bool operator()(place at, std::uint64_t hash) const { return in->at(at).hash == hash; }
  };
  struct stripe {
    mutable std::mutex lock;
    std::deque<entry> line;   ///< also keys that were withdrawn, until they come to the front
    std::uint32_t first = 0;  ///< the place of its front
    boost::unordered_flat_set<place, by_hash, by_hash> known{0, by_hash{this}, by_hash{this}};
    boost::unordered_flat_map<std::uint32_t, std::string> other_ids;  ///< by place

    entry& at(place which) { return line[which.number - first]; }
    const entry& at(place which) const { return line[which.number - first]; }
    place last() const { return {first + static_cast<std::uint32_t>(line.size()) - 1}; }
  };
  stripe& of(std::uint64_t hashed) { return stripes_[hashed >> 60]; }
  const stripe& of(std::uint64_t hashed) const { return stripes_[hashed >> 60]; }
  static remembered told(const stripe& in, place at, std::string_view key);
  static void set(stripe& in, place at, std::string_view key, const remembered& accepted);
  static bool add(stripe& in, std::uint64_t hash, mono_time now);
  static void pop_front(stripe& in);
  void forget_old(stripe& in, mono_time now);

  const nanoseconds window_;
  const std::size_t keys_max_;
  std::array<stripe, stripes> stripes_;
};

}  // namespace nip::broker
