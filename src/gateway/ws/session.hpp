// The WebSocket half of a connection: frames in, acknowledgements and events out. Knows no socket.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "broker/client.hpp"
#include "gateway/outbox.hpp"
#include "gateway/ws/codec.hpp"
#include "gateway/ws/frame.hpp"
#include "gateway/ws/operation.hpp"

namespace nip::gateway {
struct services;
}

namespace nip::gateway::ws {

inline constexpr std::string_view subprotocol = "nip.v4.json";

/// Owned by its connection from the handshake on; one thread. Numbers the messages of its peer 1,
/// 2, 3 and answers by these numbers.
class session {
 public:
  /// Marks the ordinals of messages whose peer waits for a reply, on their way through the broker.
  static constexpr std::uint64_t wait_bit = std::uint64_t{1} << 63;
  /// How long a request waits that does not say.
  static constexpr nanoseconds wait_default = std::chrono::seconds(30);

  /// `deflates`: the handshake let the peer compress.
  session(services& shard, outbox& out, broker::caller self,
          std::optional<message::ack_level> level, bool deflates);
  ~session();

  /// Takes whole frames off `bytes`, which are changed (unmasked) and followed by message::padding
  /// readable bytes. Returns how many were consumed; the rest is given again with more behind it.
  std::size_t feed(std::span<char> bytes);
  /// Bytes that the unconsumed frame has in all, when that is known; else 0.
  std::size_t needed() const { return needed_; }
  /// False while bounds hold reading back, or when the end is near.
  bool takes_more() const;
  /// Ends the turn: what was accepted leaves as one frame a run; missed events are told.
  void settle();
  /// The peer's connection has taken everything: automatic credit comes back to the broker. True
  /// when there was some, or a gap is still to be told.
  bool sent_all();
  /// Takes no more messages; says 1001 once everything is answered.
  void drain();
  /// Nothing was heard for half the idle time-out: asks by a ping; the second time in a row closes.
  void idle();
  void heard() { pinged_ = false; }
  /// The peer went without a close.
  void end_of_input() { finished_ = true; }
  bool finished() const { return finished_; }

  void on_accepted(std::uint64_t ordinal, const broker::accepted& what);
  void on_refused(std::uint64_t ordinal, const error& why);
  void on_reply(std::uint64_t ordinal, const message::message_ptr& reply);
  void on_no_reply(std::uint64_t ordinal, broker::no_reply how, std::string_view why);
  std::size_t on_events(broker::subscription_id sub, std::span<const broker::event> items);
  void on_ended(broker::subscription_id sub, const error& why);
  void on_gap(broker::subscription_id sub, std::uint64_t missed, bool ended);

 private:
  /// Consecutive ordinals whose acknowledgements say the same but for rising numbers.
  struct run {
    std::uint64_t from = 0;
    std::uint64_t to = 0;  ///< 0: no run
    std::uint64_t seq = 0;
    std::uint64_t generation = 0;
    message::ack_level level = message::ack_level::memory;
    bool duplicate = false;
  };
  struct subscription {
    std::uint64_t number = 0;  ///< as the peer knows it
    broker::subscription_id id;
    bool automatic = false;  ///< credit comes back by itself as the peer reads
    bool cut_on_overflow = false;
    bool lossless = false;        ///< what the full outbox cannot take comes again
    std::uint64_t to_credit = 0;  ///< events written whose credit is not yet given back
    std::uint64_t owed = 0;       ///< credit of events that came and must come again
    std::uint64_t missed = 0;     ///< events that the full outbox could not take: none follows
                                  ///< before the gap is told, or it would not be in its place
  };

  void take_text(std::string_view text);
  void take_valid(std::string_view text);
  void take_deflated(std::string_view packed);
  void take_slow(std::span<char> bytes, const frame& which);
  void take_message(bool is_text);
  void perform(const operation& what);
  void publish(std::string_view text, std::optional<message::ack_level> level,
               std::optional<nanoseconds> wait);
  void subscribe(const operation& what);
  void unsubscribe(const operation& what);
  void add_credit(const operation& what);
  void acknowledge(const operation& what);
  void refuse_frame(const error& why);
  void say_error(const error& why, std::string_view ref);
  void say(std::string_view json);
  void write_run();
  bool extends_run(std::uint64_t ordinal, const broker::accepted& what) const;
  void answered();
  void close(std::uint16_t code, std::string_view reason);
  subscription* find(broker::subscription_id id);
  subscription* find_number(std::uint64_t number);
  void tell_missed();
  std::size_t fitting(const subscription& to, std::span<const broker::event> items) const;

  services& shard_;
  outbox& out_;
  broker::caller self_;
  std::optional<message::ack_level> level_;
  run run_;
  std::unique_ptr<codec> codec_;  ///< while a fragmented message is under way
  std::vector<subscription> subscriptions_;
  std::uint64_t published_ = 0;
  std::uint64_t subscribed_ = 0;
  std::size_t needed_ = 0;
  std::uint32_t open_ = 0;  ///< messages without their last answer
  const bool deflates_;
  bool collects_deflated_ = false;  ///< what codec_ collects is a deflated text
  bool finished_ = false;
  bool close_said_ = false;  ///< nothing may follow a close frame
  bool draining_ = false;
  bool pinged_ = false;
  bool missed_any_ = false;
};

}  // namespace nip::gateway::ws
