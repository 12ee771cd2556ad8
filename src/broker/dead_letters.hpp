// The dead letters of the process, for people: why each is there, grouped by fingerprint.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
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
  std::uint32_t redrives = 0;  ///< times that it, or what it was made from, was sent again
  wall_time at;
  std::uint64_t fingerprint = 0;
  bool leaving = false;  ///< a changed copy of it is on its way in
};

/// Hash of rule, target, reason and the error with its digits masked, so that "timeout after 5003
/// ms" and "timeout after 5010 ms" fall together.
std::uint64_t fingerprint_of(const dead_letter& letter);
/// The sixteen digits that people see.
std::string fingerprint_text(std::uint64_t fingerprint);
nlohmann::json to_json(const dead_letter& letter);

/// Any thread. Holds the newest `bound`; the journal has all that were journaled.
class dead_letters {
 public:
  using key = std::pair<std::uint64_t, std::uint16_t>;  // seq, delivery
  static key key_of(const dead_letter& letter) { return {letter.seq.value, letter.delivery}; }

  explicit dead_letters(std::size_t bound) : bound_(bound) {}

  void add(dead_letter letter);
  void remove(seq_t seq, std::uint16_t delivery);
  /// Keeps others from sending it again meanwhile; false when it is not there, or taken already.
  bool take(key which);
  /// It could not be sent and stays.
  void give_back(key which);
  /// Up to `limit` letters of `tenant` with a key above `after`, in order.
  std::vector<dead_letter> list(tenant_id tenant, key after, std::size_t limit) const;
  /// All of one message, by the seq that its tenant sees.
  std::vector<dead_letter> of_message(tenant_id tenant, tenant_seq_t seq) const;
  std::size_t size() const;
  std::uint64_t forgotten() const;

 private:
  const std::size_t bound_;
  mutable std::mutex lock_;
  std::map<key, dead_letter> letters_;
  std::uint64_t forgotten_ = 0;
};

/// Groups that are shown at most, the largest first.
constexpr std::size_t groups_max = 1'000;

/// Letters by fingerprint: count, first and last time, the newest as example.
nlohmann::json groups_of(const std::vector<dead_letter>& letters);

}  // namespace nip::broker
