// What the journal says is not finished: open deliveries, dead letters, keys of the window.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/open_deliveries.hpp"
#include "bus/bus.hpp"
#include "message/codec.hpp"
#include "message/levels.hpp"
#include "router/plan.hpp"

namespace nip::broker {

/// A fold over the journal's records in their order. The journal feeds it every durable record once
/// and writes it down in checkpoints, so that a restart reads the last checkpoint and what came
/// after. It holds a bit for an open delivery and some words for what is rare (retries, dead
/// letters), never a message. Thread-safe.
class ledger final : public bus::ledger {
 public:
  /// Of the audit trail, those that are shown; the journal has the rest.
  static constexpr std::size_t audit_entries_max = 1000;

  struct bounds {
    nanoseconds key_window{};
    std::size_t keys_max = 0;
    std::size_t dead_letters_max = 0;
  };
  explicit ledger(bounds most, message::codec_limits limits = {}) : most_(most), codec_(limits) {}

  bool on_message(const bus::message_record& record) override;
  bool on_outcome(const bus::outcome_record& record) override;
  bool on_note(const bus::note& record) override;

  /// With an open delivery, or a dead letter.
  std::optional<seq_t> next_wanted(seq_t from) const override;
  /// The whole of it as bytes, and back; empty bytes are of an empty journal. Fails with
  /// errc::corrupt or errc::unsupported (of another version); the ledger is then as it was made.
  void save(std::string& out) const override;
  status restore(std::string_view image) override;

  /// What is open, as of now.
  open_deliveries open() const;

  /// A delivery that ended without success, as its outcome says; or a whole message (`whole`).
  struct dead_delivery {
    seq_t seq;
    std::uint16_t index = 0;
    std::uint16_t attempts = 0;
    std::uint16_t redrives = 0;
    wall_time at;
    bool expired = false;
    bool whole = false;
    std::string target;
    std::string error;
  };
  /// The newest `dead_letters_max`, by seq.
  std::vector<dead_delivery> dead() const;

  /// A message whose key counts.
  struct key_note {
    std::uint64_t hash = 0;  ///< of tenant and key: idempotency::hash()
    seq_t seq;
    tenant_seq_t tenant_seq;
    generation_id generation;
    wall_time at;
    bool buffered = false;
    bool keyed_by_id = true;  ///< otherwise its id is among other_ids
  };
  /// Calls `visit` with each key of the window as seen at `now` and with the message's id (empty:
  /// the key is the id), oldest first.
  template <class Visit>
  void for_each_key(wall_time now, Visit&& visit) const {
    const std::scoped_lock held(lock_);
    for (const auto& each : keys_)
      if (now - each.at <= most_.key_window)
        visit(note_of(each),
              each.keyed_by_id != 0 ? std::string_view() : other_ids_.at(each.seq.value));
  }

  /// The newest cursor of each durable subscription, as its feed wrote it.
  struct cursor {
    tenant_id tenant;
    std::string image;
  };
  std::vector<cursor> cursors() const;

  /// The newest entries of the audit trail, oldest first.
  std::vector<std::string> audit() const;

  /// Messages whose plan could not be read; they are kept and not delivered.
  std::uint64_t unreadable() const;

 private:
  /// What a plan means for the deliveries of its messages.
  struct plan_facts {
    std::uint16_t deliveries = 0;
    bool ordered = false;
    bool dead_whole = false;
    bool readable = true;
    std::vector<bool> drops_expired;  ///< by delivery; empty: none does
  };
  using delivery_key = std::pair<std::uint64_t, std::uint16_t>;
  /// A key_note in 40 bytes: there may be a million of them.
  struct kept_key {
    std::uint64_t hash = 0;
    seq_t seq;
    std::uint64_t tenant_seq : 56 = 0;
    std::uint64_t buffered : 1 = 0;
    std::uint64_t keyed_by_id : 1 = 1;
    generation_id generation;
    wall_time at;
  };
  static_assert(sizeof(kept_key) == 40);
  static constexpr std::uint64_t tenant_seq_max = (std::uint64_t{1} << 56) - 1;
  static key_note note_of(const kept_key& kept) {
    return {kept.hash, kept.seq,           tenant_seq_t(kept.tenant_seq), kept.generation,
            kept.at,   kept.buffered != 0, kept.keyed_by_id != 0};
  }

  const plan_facts& facts_of(const bus::message_record& record);
  void remember_key(const bus::message_record& record);
  void keep_cursor(const bus::note& record);
  void keep_audit(std::string_view entry);
  void end(const bus::outcome_record& record);
  void bury(dead_delivery letter);
  void forget_old_keys(wall_time now);
  void clear();
  struct image_reader;

  const bounds most_;
  mutable std::mutex lock_;
  message::codec codec_;
  std::string text_;
  std::unordered_map<std::uint64_t, plan_facts> plans_;
  open_deliveries open_;
  std::map<delivery_key, dead_delivery> dead_;
  std::deque<kept_key> keys_;
  std::map<std::uint64_t, std::string> other_ids_;  ///< by seq, of keys that are not the id
  std::map<std::pair<std::uint32_t, std::string>, std::string> cursors_;  ///< by tenant and name
  std::deque<std::string> audit_;
  std::uint64_t unreadable_ = 0;
};

}  // namespace nip::broker
