// What a session hands to the broker and what it hears back: the seam between gateway and broker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "message/message.hpp"
#include "message/principal.hpp"

namespace nip::broker {

/// Address of whoever waits for an answer on this shard. The gateway chooses all three; the broker
/// only gives them back. A session that is gone no longer knows the epoch, so a late answer falls
/// away.
struct caller {
  std::uint32_t slot = 0;
  std::uint32_t epoch = 0;
  std::uint64_t ordinal = 0;
};

/// One message as it came in.
struct submission {
  std::string_view text;  ///< envelope JSON, followed by message::padding readable bytes
  const message::principal* who = nullptr;
  std::optional<message::ack_level> level;  ///< asked for; nothing: the configured default
  std::string_view idempotency_key;         ///< from the transport; the envelope's own goes first
  std::string_view traceparent;             ///< from the transport; the envelope's own goes first
  std::optional<nanoseconds> wait;          ///< request-reply: how long the caller waits
  std::optional<instant> received = {};     ///< when its bytes were read; nothing: now
  caller from;
};

/// The acknowledgement. Views are valid until the call returns.
struct accepted {
  std::string_view id;
  tenant_seq_t seq;  ///< 0 at level memory
  message::ack_level level = message::ack_level::memory;
  generation_id generation;
  bool duplicate = false;
};

/// How a wait for a reply ended without one.
enum class no_reply : std::uint8_t {
  late,    ///< the wait is over, the delivery goes on
  none,    ///< every delivery is done and none replied
  failed,  ///< every delivery ended as dead letter or expired; `why` says so
};

/// A live subscription's number on its shard; the gateway keeps it.
using subscription_id = strong_id<struct subscription_tag, std::uint64_t>;

/// A message on its way to subscribers. `json` is the message's canonical text.
struct event {
  tenant_seq_t seq;
  message::message_ptr what;
};

/// The gateway's side, one a shard; every call on the shard's thread, from inside end_turn() or a
/// later turn, never from inside submit(). After a submission with a wait, on_accepted comes first
/// and then exactly one of on_reply and on_no_reply; without a wait, only on_accepted; or only
/// on_refused.
class client {
 public:
  virtual ~client() = default;
  virtual void on_accepted(const caller& to, const accepted& what) = 0;
  virtual void on_refused(const caller& to, const error& why) = 0;
  virtual void on_reply(const caller& to, const message::message_ptr& reply) = 0;
  virtual void on_no_reply(const caller& to, no_reply how, std::string_view why) = 0;
  /// Events of one subscription in order; never more than its credit. How many were taken: the rest
  /// of a `lossless` one is given again when the gateway adds their credit.
  virtual std::size_t on_events(const caller& to, subscription_id sub,
                                std::span<const event> items) = 0;
  /// The subscription is gone, and why.
  virtual void on_ended(const caller& to, subscription_id sub, const error& why) = 0;
  /// `missed` events did not fit the subscription's buffer. With overflow::cut it is ended by this.
  virtual void on_gap(const caller& to, subscription_id sub, std::uint64_t missed, bool ended) = 0;
};

enum class overflow : std::uint8_t { gap, cut };

/// A wish to hear what is accepted, from now on or from the past. Either a topic pattern or a CEL
/// filter, or both.
struct subscription {
  std::string topic;            ///< dotted, `*` one word, `>` the rest; empty: every message
  std::string filter;           ///< CEL over message.*; empty: no filter
  std::uint64_t credit = 1024;  ///< events that may be on their way unasked; 0 waits for credit
  overflow on_overflow = overflow::gap;
  const message::principal* who = nullptr;
  caller to;
  std::string name = {};  ///< durable: events wait for acknowledgements, members share the work
  std::string from = {};  ///< JSON, see parse_feed_start(); empty: from now on
};

/// It reads the journal: nothing is missed, nothing comes twice while it lives.
inline bool is_lossless(const subscription& wish) {
  return !wish.name.empty() ||
         (!wish.from.empty() && wish.from != R"("now")" && wish.from != R"("latest")");
}

/// The broker on one shard: every call on the shard's thread.
class shard_port {
 public:
  virtual ~shard_port() = default;
  /// Takes one message through parse, admission and routing; the answer comes in end_turn() or
  /// later.
  virtual void submit(const submission& what) = 0;
  /// Fails with errc::parse (filter, with position), errc::invalid_argument (topic),
  /// errc::exhausted.
  virtual result<subscription_id> subscribe(const subscription& wish) = 0;
  /// Fails with errc::not_found.
  virtual status unsubscribe(subscription_id sub) = 0;
  virtual status add_credit(subscription_id sub, std::uint64_t events) = 0;
  /// Of a durable subscription: these events, or all that this member was given up to one, are
  /// done. Fails with errc::not_found, or errc::invalid_argument when it is not durable.
  virtual status acknowledge(subscription_id sub, std::vector<tenant_seq_t> seqs) = 0;
  virtual status acknowledge_up_to(subscription_id sub, tenant_seq_t last) = 0;
  /// Gives one event again, to anyone, after `delay`.
  virtual status reject(subscription_id sub, tenant_seq_t seq, nanoseconds delay) = 0;
  /// Everything of this slot and epoch is forgotten: subscriptions end, waits are given up.
  virtual void forget(const caller& session) = 0;
  /// Hands what was submitted to the journal, runs deliveries, answers callers. At the end of every
  /// turn, and within one when much has been submitted.
  virtual void end_turn() = 0;
  /// The generation that this shard routes by now.
  virtual generation_id generation() const = 0;
};

}  // namespace nip::broker
