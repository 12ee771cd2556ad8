// A running plugin as delivery sees it, wherever it runs: hand over work, get completions back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/executor.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "message/message.hpp"

namespace nip::plugin {

/// One message handed to a plugin. (seq, rule, slot) is the delivery id: the same on every attempt.
struct work {
  std::uint64_t token = 0;  ///< chosen by delivery; comes back with exactly one completion
  message::message_ptr message;
  seq_t seq;
  std::string_view rule;  ///< valid until the completion
  std::uint16_t slot = 0;
  std::uint16_t attempt = 1;
  bool wants_reply = false;  ///< nobody reads a reply when false
  mono_time deadline = mono_time::never();
};

enum class handled : std::uint8_t {
  done,
  transient,  ///< failed; worth a retry
  permanent,  ///< failed; the same message will fail again
};

/// What became of one piece of work. Views are valid until complete() returns.
struct completion {
  std::uint64_t token = 0;
  handled status = handled::done;
  nanoseconds retry_after{};  ///< the plugin's hint; zero is none
  std::string_view reply{};  ///< an envelope (JSON text), empty when there is none; not yet checked
  std::string_view error{};  ///< why it failed
};

/// A message that a plugin emits.
struct emission {
  std::string_view envelope;   ///< JSON text, not yet checked; valid until the call returns
  message::message_ptr cause;  ///< the message being handled, or null
  message::ack_level level = message::ack_level::fsync;
  std::uint64_t token = 0;  ///< the plugin's; reported back through instance::published
};

class instance;

/// The side of delivery and broker that instances on one shard call. Every call is made on the
/// shard's thread, in handle() or later, never from inside another call of the same instance's
/// stop().
class host {
 public:
  virtual ~host() = default;
  /// Exactly once a token.
  virtual void complete(instance& from, const completion& result) = 0;
  /// Takes an emitted message through the whole walk; answers through from.published().
  virtual void publish(instance& from, const emission& what) = 0;
};

enum class health_state : std::uint8_t { healthy, degraded, unhealthy, stopped };
std::string_view to_string(health_state state) noexcept;

struct health_report {
  health_state state = health_state::healthy;
  std::string reason;
};

struct usage_report {
  std::uint64_t memory_bytes = 0;  ///< as far as the plugin says
  std::uint64_t handled = 0;
  std::uint64_t failed = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t violations =
      0;                       ///< answers that broke the plugin interface: twice, unknown, garbage
  std::uint64_t retained = 0;  ///< messages that the plugin keeps by itself
};

/// One plugin running for one shard. Owned by the shard's delivery; every call on the shard's
/// thread. Calls for one instance never overlap with each other in the plugin ("one at a time an
/// instance"), except cancel().
class instance {
 public:
  virtual ~instance() = default;
  /// Hands over a batch; never blocks. Completions come through host::complete, possibly before
  /// this returns. The span is the caller's; messages are retained for as long as the work is open.
  virtual void handle(std::span<const work> batch) = 0;
  /// Nobody waits for this token any more; its completion still comes, in a later turn of the loop:
  /// the plugin's own if it answers at once, else transient from the host, which then refuses a
  /// later one.
  virtual void cancel(std::uint64_t token) = 0;
  /// An emitted message reached its level, or failed.
  virtual void published(std::uint64_t token, const status& outcome) = 0;
  /// How many pieces of work it takes at once; delivery never hands over more.
  virtual std::size_t in_flight_max() const = 0;
  virtual health_report health() = 0;
  virtual usage_report usage() = 0;
  /// Ends it: no new work comes; `stopped` is called on the shard once nothing runs any more. What
  /// is still open then is completed as transient first.
  virtual void stop(std::function<void()> stopped) = 0;
};

}  // namespace nip::plugin
