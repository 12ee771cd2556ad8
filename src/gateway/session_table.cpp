#include "gateway/session_table.hpp"

#include <utility>

namespace nip::gateway {

result<std::unique_ptr<session_table>> session_table::make(const table_parts& parts) {
  NIP_TRY(stages, stage_chain::make(parts.settings, parts.shard, parts.seed, parts.log));
  return std::unique_ptr<session_table>(new session_table(parts, std::move(stages)));
}

session_table::session_table(const table_parts& parts, stage_chain stages)
    : shared_(parts.settings, parts.port, parts.admin, parts.shard, routes_, parts.counts,
              std::move(stages), parts.clock, parts.loop),
      // The desk dies with the table; an answer that comes later finds nothing to lock.
      desk_(this, [](answer_desk*) {}) {
  shared_.desk = desk_;
}

session_table::~session_table() = default;

std::uint32_t session_table::open() {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(seats_.size()));
    seats_.emplace_back();
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  seat& taken = seats_[number];
  ++taken.epoch;
  taken.who = std::make_unique<session>(shared_, broker::caller{number, taken.epoch, 0});
  ++open_;
  shared_.counts.connections_open.set(static_cast<std::int64_t>(open_));
  return number;
}

void session_table::close(std::uint32_t number) {
  seat& gone = seats_[number];
  shared_.port.forget({number, gone.epoch, 0});
  gone.who.reset();
  free_.push_back(number);
  --open_;
  shared_.counts.connections_open.set(static_cast<std::int64_t>(open_));
}

void session_table::mark(std::uint32_t number) {
  seat& one = seats_[number];
  if (std::exchange(one.marked, true)) return;
  dirty_.push_back(number);
}

void session_table::begin_turn() {
  shared_.time.refresh();
  shared_.writer.refresh();
}

session* session_table::reach(const broker::caller& to) {
  if (to.slot >= seats_.size() || seats_[to.slot].epoch != to.epoch) return nullptr;
  session* who = seats_[to.slot].who.get();
  if (who != nullptr) mark(to.slot);
  return who;
}

void session_table::on_accepted(const broker::caller& to, const broker::accepted& what) {
  session* who = reach(to);
  if (who == nullptr) return;
  if (ws::session* socket = who->websocket()) return socket->on_accepted(to.ordinal, what);
  who->http().on_accepted(to.ordinal, what);
}

void session_table::on_refused(const broker::caller& to, const error& why) {
  session* who = reach(to);
  if (who == nullptr) return;
  if (ws::session* socket = who->websocket()) return socket->on_refused(to.ordinal, why);
  who->http().on_refused(to.ordinal, why);
}

void session_table::on_reply(const broker::caller& to, const message::message_ptr& reply) {
  session* who = reach(to);
  if (who == nullptr) return;
  if (ws::session* socket = who->websocket()) return socket->on_reply(to.ordinal, reply);
  who->http().on_reply(to.ordinal, reply);
}

void session_table::on_no_reply(const broker::caller& to, broker::no_reply how,
                                std::string_view why) {
  session* who = reach(to);
  if (who == nullptr) return;
  if (ws::session* socket = who->websocket()) return socket->on_no_reply(to.ordinal, how, why);
  who->http().on_no_reply(to.ordinal, how, why);
}

void session_table::on_ended(const broker::caller& to, broker::subscription_id sub,
                             const error& why) {
  session* const who = reach(to);
  if (who != nullptr && who->is_websocket()) who->websocket()->on_ended(sub, why);
}

std::size_t session_table::on_events(const broker::caller& to, broker::subscription_id sub,
                                     std::span<const broker::event> items) {
  session* who = reach(to);
  // Nobody is there to hear them: as good as heard.
  if (who == nullptr || !who->is_websocket()) return items.size();
  return who->websocket()->on_events(sub, items);
}

void session_table::on_gap(const broker::caller& to, broker::subscription_id sub,
                           std::uint64_t missed, bool ended) {
  session* who = reach(to);
  if (who != nullptr && who->is_websocket()) who->websocket()->on_gap(sub, missed, ended);
}

void session_table::answer(const broker::caller& to, http::answer what) {
  session* who = reach(to);
  if (who != nullptr && !who->is_websocket()) who->http().give(to.ordinal, what);
}

}  // namespace nip::gateway
