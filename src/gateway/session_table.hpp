// Every session of one shard by slot and epoch: where the broker's answers find their way.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "gateway/resources/route_table.hpp"
#include "gateway/services.hpp"
#include "gateway/session.hpp"

namespace nip::gateway {

/// What a table is made of; all outlive it.
struct table_parts {
  const options& settings;
  broker::shard_port& port;
  broker::administration& admin;
  unsigned shard = 0;
  const clock_source& clock;
  counters& counts;
  boost::asio::io_context& loop;  ///< for Beast's idle timers only
  std::uint64_t seed = 1;         ///< of request ids
  logger log;                     ///< of access lines
};

/// One a shard, on its thread; sans I/O. Slots are used again, epochs are not.
class session_table final : public broker::client, public answer_desk {
 public:
  /// Fails with errc::invalid_argument for an unknown stage.
  static result<std::unique_ptr<session_table>> make(const table_parts& parts);
  ~session_table() override;

  /// A new session; its slot is below capacity().
  std::uint32_t open();
  /// Ends one: what the broker still knows of it is forgotten, late answers fall away.
  void close(std::uint32_t slot);
  /// Null for a slot that is not in use.
  session* find(std::uint32_t slot) {
    return slot < seats_.size() ? seats_[slot].who.get() : nullptr;
  }
  std::size_t capacity() const { return seats_.size(); }
  std::size_t size() const { return open_; }

  /// Sessions with something to settle or to send; each once. Emptied by the caller.
  std::vector<std::uint32_t>& dirty() { return dirty_; }
  void mark(std::uint32_t slot);
  void unmark(std::uint32_t slot) { seats_[slot].marked = false; }

  /// Begins a turn: time, Date.
  void begin_turn();
  /// Ends it: texts that its sessions shared are let go.
  void end_turn() { shared_.events.clear(); }
  services& shared() { return shared_; }

  void on_accepted(const broker::caller& to, const broker::accepted& what) override;
  void on_refused(const broker::caller& to, const error& why) override;
  void on_reply(const broker::caller& to, const message::message_ptr& reply) override;
  void on_no_reply(const broker::caller& to, broker::no_reply how, std::string_view why) override;
  std::size_t on_events(const broker::caller& to, broker::subscription_id sub,
                        std::span<const broker::event> items) override;
  void on_ended(const broker::caller& to, broker::subscription_id sub, const error& why) override;
  void on_gap(const broker::caller& to, broker::subscription_id sub, std::uint64_t missed,
              bool ended) override;
  void answer(const broker::caller& to, http::answer what) override;

 private:
  struct seat {
    std::unique_ptr<session> who;
    std::uint32_t epoch = 0;
    bool marked = false;
  };

  session_table(const table_parts& parts, stage_chain stages);
  /// The session that the answer is for, marked; null when it is gone.
  session* reach(const broker::caller& to);

  resources::route_table routes_;
  services shared_;
  std::shared_ptr<answer_desk> desk_;
  std::vector<seat> seats_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> dirty_;
  std::size_t open_ = 0;
};

}  // namespace nip::gateway
