// The gateway of one shard: its sockets around its sessions.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/timer_wheel.hpp"
#include "broker/administration.hpp"
#include "broker/client.hpp"
#include "gateway/connection_census.hpp"
#include "gateway/counters.hpp"
#include "gateway/listener.hpp"
#include "gateway/options.hpp"
#include "gateway/poller.hpp"
#include "gateway/session_table.hpp"

namespace nip::gateway {

/// What a shard's gateway works with; everything outlives it.
struct gateway_parts {
  boost::asio::io_context& loop;
  broker::shard_port& port;
  broker::administration& admin;
  unsigned shard = 0;
  const clock_source& clock;
  timer_wheel& timers;  ///< the shard's; its owner advances it
  connection_census& census;
  std::uint64_t seed = 1;  ///< of request ids
  logger log;
};

/// One a shard, everything on its thread. The owner of the loop runs, again and again: handlers
/// that are ready, the timers that are due, broker::shard_port::end_turn(), end_turn().
class shard_gateway final : public broker::client {
 public:
  /// Fails with errc::invalid_argument for an unknown stage.
  static result<std::unique_ptr<shard_gateway>> make(options settings, const gateway_parts& parts);
  ~shard_gateway() override;
  shard_gateway(const shard_gateway&) = delete;
  shard_gateway& operator=(const shard_gateway&) = delete;

  /// Binds every address and listens. `like` is what the first shard got, for every other one.
  /// Fails as listen_on() does, with nothing left open.
  result<std::vector<bound_address>> open(std::span<const bound_address> like = {});
  /// New connections are refused by the kernel from now on. Idempotent.
  void stop_accepting();
  /// Stops accepting, lets every session answer what is open and end; what is left at `deadline` is
  /// cut. `done` is called once, from end_turn() or a timer.
  void drain(mono_time deadline, std::function<void()> done);
  /// Ends a turn of the loop: one send for every connection that has something to say.
  void end_turn();

  std::size_t connections() const { return table_->size(); }
  const counters& counts() const { return counts_; }
  session_table& sessions() { return *table_; }

  // What the broker says goes to the session that is meant.
  void on_accepted(const broker::caller& to, const broker::accepted& what) override;
  void on_refused(const broker::caller& to, const error& why) override;
  void on_reply(const broker::caller& to, const message::message_ptr& reply) override;
  void on_no_reply(const broker::caller& to, broker::no_reply how, std::string_view why) override;
  std::size_t on_events(const broker::caller& to, broker::subscription_id sub,
                        std::span<const broker::event> items) override;
  void on_ended(const broker::caller& to, broker::subscription_id sub, const error& why) override;
  void on_gap(const broker::caller& to, broker::subscription_id sub, std::uint64_t missed,
              bool ended) override;

 private:
  struct link;

  shard_gateway(options settings, const gateway_parts& parts);
  void on_ready(std::uint64_t token, poller::interest ready, bool broken);
  void accept_some(const listener& from);
  void adopt(accepted_socket socket);
  void turn_away(const accepted_socket& socket, connection_census::full why);
  void pause_accepting();
  void resume_accepting();

  void receive(std::uint32_t slot);
  void discard(std::uint32_t slot);
  void finish_turn_of(std::uint32_t slot);
  /// False when the peer is gone.
  bool send(std::uint32_t slot, session& from);
  void end(std::uint32_t slot);
  void drop(std::uint32_t slot);
  void watch(std::uint32_t slot, const session& of);
  void schedule(std::uint32_t slot, const session& of);
  void at_deadline(std::uint32_t slot);
  void want_turn();
  void report_drained();
  void work_in_slices();

  const options settings_;
  gateway_parts parts_;
  counters counts_;
  std::unique_ptr<session_table> table_;
  poller poller_;
  receive_buffer buffer_;
  std::vector<listener> listeners_;
  std::vector<std::unique_ptr<link>> links_;  ///< by slot
  std::vector<std::uint32_t> turn_;           ///< slots of the turn that ends
  timer accept_again_;
  timer drain_deadline_;
  std::function<void()> drained_;
  bool turn_begun_ = false;
  std::uint64_t worked_off_ = 0;  ///< messages submitted when the broker was last given time
  bool turn_wanted_ = false;
};

}  // namespace nip::gateway
