#include "gateway/shard_gateway.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "gateway/link.hpp"

namespace nip::gateway {
namespace {

/// How long no connection is taken after the process ran out of descriptors.
constexpr nanoseconds accept_pause = std::chrono::milliseconds(100);

}  // namespace

result<std::unique_ptr<shard_gateway>> shard_gateway::make(options settings,
                                                           const gateway_parts& parts) {
  std::unique_ptr<shard_gateway> made(new shard_gateway(std::move(settings), parts));
  NIP_TRY(table,
          session_table::make({made->settings_, parts.port, parts.admin, parts.shard, parts.clock,
                               made->counts_, parts.loop, parts.seed, parts.log}));
  made->table_ = std::move(table);
  return made;
}

shard_gateway::shard_gateway(options settings, const gateway_parts& parts)
    : settings_(std::move(settings)),
      parts_(parts),
      poller_(
          parts.loop,
          [this] {
            table_->begin_turn();
            turn_begun_ = true;
          },
          [this](std::uint64_t token, poller::interest ready, bool broken) {
            on_ready(token, ready, broken);
          }),
      accept_again_([this] { resume_accepting(); }),
      drain_deadline_([this] {
        for (std::uint32_t slot = 0; slot < links_.size(); ++slot)
          if (links_[slot]) drop(slot);
        report_drained();
      }) {}

shard_gateway::~shard_gateway() {
  for (std::uint32_t slot = 0; slot < links_.size(); ++slot)
    if (links_[slot]) drop(slot);
}

result<std::vector<bound_address>> shard_gateway::open(std::span<const bound_address> like) {
  std::vector<listener> made;
  for (std::size_t i = 0; i < settings_.addresses.size(); ++i) {
    const std::uint16_t port = i < like.size() ? like[i].port : 0;
    NIP_TRY(one,
            listen_on(settings_.addresses[i], port, static_cast<int>(settings_.accept_backlog)));
    made.push_back(std::move(one));
  }
  NIP_CHECK(poller_.open());
  listeners_ = std::move(made);
  std::vector<bound_address> bound;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    NIP_CHECK(
        poller_.add(listeners_[i].socket.get(), token_of_listener(i), {.in = true, .out = false}));
    bound.push_back(listeners_[i].where);
  }
  return bound;
}

void shard_gateway::stop_accepting() {
  parts_.timers.cancel(accept_again_);
  for (listener& one : listeners_) {
    poller_.remove(one.socket.get());
    one.socket.reset();
  }
  listeners_.clear();
}

void shard_gateway::pause_accepting() {
  for (std::size_t i = 0; i < listeners_.size(); ++i)
    poller_.change(listeners_[i].socket.get(), token_of_listener(i), {});
  parts_.timers.schedule(accept_again_, parts_.clock.mono() + accept_pause);
}

void shard_gateway::resume_accepting() {
  for (std::size_t i = 0; i < listeners_.size(); ++i)
    poller_.change(listeners_[i].socket.get(), token_of_listener(i), {.in = true, .out = false});
}

void shard_gateway::drain(mono_time deadline, std::function<void()> done) {
  stop_accepting();
  drained_ = std::move(done);
  parts_.timers.schedule(drain_deadline_, deadline);
  for (std::uint32_t slot = 0; slot < links_.size(); ++slot) {
    session* who = table_->find(slot);
    if (who == nullptr) continue;
    who->drain();
    table_->mark(slot);
  }
  want_turn();
}

void shard_gateway::report_drained() {
  if (!drained_ || table_->size() != 0) return;
  parts_.timers.cancel(drain_deadline_);
  poller_.close();
  std::exchange(drained_, nullptr)();
}

void shard_gateway::end_turn() {
  turn_wanted_ = false;
  worked_off_ = counts_.messages_in.value();
  if (!std::exchange(turn_begun_, false) && !table_->dirty().empty()) table_->begin_turn();
  // What is marked meanwhile (a session resumed, say) waits for the next turn.
  turn_.swap(table_->dirty());
  for (const std::uint32_t slot : turn_) {
    table_->unmark(slot);
    finish_turn_of(slot);
  }
  turn_.clear();
  table_->end_turn();
  poller_.rearm();
  report_drained();
}

void shard_gateway::want_turn() {
  if (std::exchange(turn_wanted_, true)) return;
  boost::asio::post(parts_.loop, [] {});  // the loop only has to come round
}

void shard_gateway::on_accepted(const broker::caller& to, const broker::accepted& what) {
  table_->on_accepted(to, what);
}
void shard_gateway::on_refused(const broker::caller& to, const error& why) {
  table_->on_refused(to, why);
}
void shard_gateway::on_reply(const broker::caller& to, const message::message_ptr& reply) {
  table_->on_reply(to, reply);
}
void shard_gateway::on_no_reply(const broker::caller& to, broker::no_reply how,
                                std::string_view why) {
  table_->on_no_reply(to, how, why);
}
void shard_gateway::on_ended(const broker::caller& to, broker::subscription_id sub,
                             const error& why) {
  table_->on_ended(to, sub, why);
}
std::size_t shard_gateway::on_events(const broker::caller& to, broker::subscription_id sub,
                                     std::span<const broker::event> items) {
  return table_->on_events(to, sub, items);
}
void shard_gateway::on_gap(const broker::caller& to, broker::subscription_id sub,
                           std::uint64_t missed, bool ended) {
  table_->on_gap(to, sub, missed, ended);
}

}  // namespace nip::gateway
