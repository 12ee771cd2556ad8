// One subscription that is read from the journal: who has been given what, and what is done.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/number_set.hpp"
#include "broker/client.hpp"

namespace nip::broker {

/// Where a subscription begins to hear.
struct feed_start {
  enum class point : std::uint8_t { latest, earliest, seq, time };
  point at = point::latest;
  tenant_seq_t seq;  ///< the first one wanted
  wall_time time;    ///< of acceptance of the first one wanted
};
/// Reads the `from` of a subscribe frame, a JSON value: "now" or "latest", "earliest", a seq, an
/// RFC 3339 time, or the object form {"seq": N} or {"time": "..."}. Empty text is "now". Fails with
/// errc::invalid_argument.
result<feed_start> parse_feed_start(std::string_view json);

/// A connection that shares the work of a feed: a subscription of a shard.
struct feed_member {
  unsigned shard = 0;
  subscription_id sub;
  auto operator<=>(const feed_member&) const = default;
};

/// A state machine without clock, disk or thread. With a name it is durable: every event is kept
/// until it is acknowledged, and given again when its member goes, says no, or is silent for too
/// long. Without one an event is done when it is given.
class feed {
 public:
  struct bounds {
    std::size_t window = 256;          ///< events on their way to one member
    std::size_t unacknowledged = 0;    ///< events of the whole feed that wait for an ack
    nanoseconds acknowledge_within{};  ///< after that an event is given again; 0: never
  };
  struct definition {
    tenant_id tenant = default_tenant;
    std::string name;  ///< empty: not durable
    std::string topic;
    std::string filter;
    bool operator==(const definition&) const = default;
  };
  feed(definition what, bounds most) : what_(std::move(what)), most_(most) {}

  const definition& what() const { return what_; }
  bool durable() const { return !what_.name.empty(); }

  void add_member(feed_member who);
  /// What it was given and did not acknowledge goes to others.
  void remove_member(feed_member who);
  std::size_t members() const { return members_.size(); }
  /// The member has passed on `count` events: there is room for as many more.
  void taken(feed_member who, std::uint64_t count);

  /// The seq from which on the journal is to be read.
  seq_t next() const { return next_; }
  void start_at(seq_t first) { next_ = floor_ = first; }
  /// Everything below `next` has been looked at.
  void read_up_to(seq_t next);
  /// False when no new event may come: every window is full, or too much is unacknowledged.
  bool has_room() const;
  /// Acknowledged before a restart, so that reading it again must not give it again.
  bool is_done(seq_t seq) const { return done_.contains(seq.value); }
  /// A new event, which someone gets.
  void offer(seq_t seq, event what, mono_time now);

  /// Unknown seqs are ignored: an ack may come twice.
  void acknowledge(std::span<const tenant_seq_t> seqs);
  void acknowledge_up_to(feed_member who, tenant_seq_t last);
  /// Given again at `due`, to anyone.
  void reject(feed_member who, tenant_seq_t seq, mono_time due);
  /// Gives what is due again to whoever has room.
  void look_at_clock(mono_time now);
  /// When look_at_clock() has something to do; never() when nothing waits.
  mono_time next_due() const;

  /// What is to be handed over, by member; empty afterwards.
  std::map<feed_member, std::vector<event>> take_pages();

  /// All below it is done.
  seq_t floor() const { return floor_; }
  std::size_t unacknowledged() const { return pending_.size(); }
  std::uint64_t redelivered() const { return redelivered_; }
  /// True once after the cursor has moved.
  bool take_moved() { return std::exchange(moved_, false); }
  /// The cursor as bytes (CBOR), and a feed made of them. Fails with errc::corrupt.
  std::string image() const;
  static result<feed> restore(tenant_id tenant, std::string_view image, bounds most);
  /// What is journaled in the place of a cursor when the subscription is ended.
  static std::string tombstone(std::string_view name);

 private:
  struct pending {
    event what;
    std::optional<feed_member> with;  ///< nobody: it waits to be given again
    mono_time due;                    ///< of giving it again
  };
  struct member {
    std::size_t outstanding = 0;   ///< given, and not passed on yet
    std::set<std::uint64_t> seqs;  ///< pending ones, by the journal's seq
  };

  bool any_room() const;
  std::map<feed_member, member>::iterator roomiest();
  void give(std::uint64_t seq, pending& one, mono_time now);
  void finish(std::uint64_t seq);
  void wait_again(std::uint64_t seq, pending& one, mono_time due);
  void move_floor();
  std::optional<std::uint64_t> pending_seq(tenant_seq_t seq) const;

  definition what_;
  bounds most_;
  seq_t next_{1};
  seq_t floor_{1};
  number_set done_;  ///< between floor and next
  std::map<std::uint64_t, pending> pending_;
  std::map<std::uint64_t, std::uint64_t> by_tenant_seq_;
  std::set<std::pair<mono_time, std::uint64_t>> due_;
  std::map<feed_member, member> members_;
  std::map<feed_member, std::vector<event>> pages_;
  std::uint64_t redelivered_ = 0;
  bool moved_ = false;
};

}  // namespace nip::broker
