// The dead letters of the process, for people: why each is there, grouped by fingerprint.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"

namespace nip::broker {

/// A delivery that ended without success.
struct dead_letter {
  seq_t seq;  ///< of the message; volatile for level memory
  tenant_seq_t tenant_seq;
  tenant_id tenant = default_tenant;
  std::uint16_t delivery = 0;
  std::string id;  ///< of the message
  std::string type;
  std::string rule;
  std::string target;
  std::string reason;  ///< "permanent", "exhausted", "expired", "loop", "unrouted"
  std::string error;   ///< the last one
  std::uint32_t attempts = 0;
  wall_time at;
  std::uint64_t fingerprint = 0;
};

/// Hash of rule, target, reason and the error with its digits masked, so that "timeout after 5003
/// ms" and "timeout after 5010 ms" fall together.
std::uint64_t fingerprint_of(const dead_letter& letter);
nlohmann::json to_json(const dead_letter& letter);

/// Any thread. Holds the newest `bound`; the journal has all that were journaled.
class dead_letters {
 public:
  using key = std::pair<std::uint64_t, std::uint16_t>;  // seq, delivery

  explicit dead_letters(std::size_t bound) : bound_(bound) {}

  void add(dead_letter letter);
  void remove(seq_t seq, std::uint16_t delivery);
  /// Up to `limit` letters of `tenant` with a key above `after`, in order.
  std::vector<dead_letter> list(tenant_id tenant, key after, std::size_t limit) const;
  /// All of one message, by the seq that its tenant sees.
  std::vector<dead_letter> of_message(tenant_id tenant, tenant_seq_t seq) const;
  /// Counts by fingerprint with one example each.
  nlohmann::json groups(tenant_id tenant) const;
  std::size_t size() const;
  std::uint64_t forgotten() const { return forgotten_; }

 private:
  const std::size_t bound_;
  mutable std::mutex lock_;
  std::map<key, dead_letter> letters_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace nip::broker
