// The life of one connection: accepted, read, written, lingering, closed.
#include <sys/socket.h>

#include <fmt/format.h>

#include <cerrno>
#include <string>

#include "gateway/link.hpp"
#include "gateway/problem.hpp"
#include "gateway/shard_gateway.hpp"

namespace nip::gateway {
namespace {

constexpr int accepts_per_turn_max =
    128;  ///< a storm of connections does not starve those that are open
constexpr std::uint32_t linger_bytes_max = 1 << 20;  ///< thrown away after our end before it is cut

/// Said to a connection over a bound: there is no session to say it.
std::string turned_away(connection_census::full why, const limits& bounds) {
  const bool all = why == connection_census::full::connections;
  std::string body;
  append_json(
      body,
      http_problem(
          503, fmt::format("{}: the bound api_gateway.limits.{} of {} is "
                           "reached; try again later",
                           all ? "too many connections" : "too many connections from this address",
                           all ? "connections" : "connections_per_address",
                           all ? bounds.connections_max : bounds.connections_per_address_max)));
  return fmt::format(
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
      "Retry-After: 1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
      body.size(), body);
}

}  // namespace

void shard_gateway::on_ready(std::uint64_t token, poller::interest ready, bool broken) {
  if ((token & listener_token) != 0) {
    const auto index = static_cast<std::size_t>(token & ~listener_token);
    if (index < listeners_.size()) accept_some(listeners_[index]);
    return;
  }
  const auto slot = static_cast<std::uint32_t>(token);
  if (slot >= links_.size() || !links_[slot]) return;
  if (broken && !ready.in) return drop(slot);
  if (ready.in) links_[slot]->lingers ? discard(slot) : receive(slot);
  if (ready.out && links_[slot]) table_->mark(slot);
}

void shard_gateway::accept_some(const listener& from) {
  for (int i = 0; i < accepts_per_turn_max; ++i) {
    auto next = accept_from(from.socket.get());
    if (!next) {
      parts_.log.warning("{}", next.error().detail);
      return pause_accepting();
    }
    if (!next->socket) return;
    adopt(std::move(*next));
  }
}

void shard_gateway::adopt(accepted_socket socket) {
  counts_.connections_accepted.add();
  if (const auto why = parts_.census.enter(socket.peer); why != connection_census::full::no)
    return turn_away(socket, why);
  const std::uint32_t slot = table_->open();
  if (links_.size() <= slot) links_.resize(slot + 1);
  const int number = socket.socket.get();
  links_[slot] = std::make_unique<link>(std::move(socket.socket), std::move(socket.peer),
                                        [this, slot] { at_deadline(slot); });
  if (!poller_.add(number, slot, links_[slot]->asked)) return drop(slot);
  schedule(slot, *table_->find(slot));
}

void shard_gateway::turn_away(const accepted_socket& socket, connection_census::full why) {
  counts_.connections_refused.add();
  const std::string text = turned_away(why, settings_.bounds);
  // A courtesy: what the kernel does not take at once is not worth keeping the socket for.
  static_cast<void>(
      ::send(socket.socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

void shard_gateway::receive(std::uint32_t slot) {
  session& who = *table_->find(slot);
  if (!who.wants_input()) return watch(slot, who);
  const auto room = who.room(buffer_);
  const auto got = ::recv(links_[slot]->socket.get(), room.data(), room.size(), MSG_DONTWAIT);
  counts_.receives.add();
  table_->mark(slot);
  if (got > 0) {
    counts_.bytes_in.add(static_cast<std::uint64_t>(got));
    who.received(static_cast<std::size_t>(got));
    return work_in_slices();
  }
  who.nothing_came();
  if (got == 0) return who.end_of_input();
  if (errno != EAGAIN && errno != EINTR) drop(slot);
}

/// When many connections are ready at once, their messages go through the broker some at a time:
/// what is in the caches is done before more is read, and the memory of the first serves the next.
/// The answers still leave together, at the end of the turn.
void shard_gateway::work_in_slices() {
  constexpr std::uint64_t slice_messages = 256;
  const auto submitted = counts_.messages_in.value();
  if (submitted - worked_off_ < slice_messages) return;
  worked_off_ = submitted;
  parts_.port.end_turn();
}

void shard_gateway::discard(std::uint32_t slot) {
  link& from = *links_[slot];
  const auto room = buffer_.bytes();
  const auto got = ::recv(from.socket.get(), room.data(), room.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got > 0) from.lingered += static_cast<std::uint32_t>(got);
  if (got <= 0 || from.lingered > linger_bytes_max) drop(slot);
}

void shard_gateway::finish_turn_of(std::uint32_t slot) {
  session* who = table_->find(slot);
  if (who == nullptr || links_[slot]->lingers) return;
  who->settle();
  if (!send(slot, *who)) return drop(slot);
  if (who->finished() && who->output().empty()) return end(slot);
  if (who->wants_resume()) {
    who->resume();
    table_->mark(slot);
    want_turn();  // the broker takes what was submitted just now
  }
  watch(slot, *who);
  schedule(slot, *who);
}

bool shard_gateway::send(std::uint32_t slot, session& from) {
  const int socket = links_[slot]->socket.get();
  while (!from.output().empty()) {
    const auto text = from.output().pending();
    const auto taken = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    counts_.sends.add();
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) return errno == EAGAIN;
    counts_.bytes_out.add(static_cast<std::uint64_t>(taken));
    const bool whole = static_cast<std::size_t>(taken) == text.size();
    if (from.sent(static_cast<std::size_t>(taken))) {
      table_->mark(slot);
      want_turn();
    }
    if (!whole) return true;  // the rest when the peer has read
  }
  return true;
}

void shard_gateway::end(std::uint32_t slot) {
  link& of = *links_[slot];
  if (!table_->find(slot)->should_linger() || ::shutdown(of.socket.get(), SHUT_WR) != 0)
    return drop(slot);
  // Closing with input unread would reset the connection, and the peer could lose our last words.
  of.lingers = true;
  of.asked = {.in = true, .out = false};
  poller_.change(of.socket.get(), slot, of.asked);
  parts_.timers.schedule(of.deadline,
                         table_->shared().time.now() + settings_.bounds.linger_timeout);
}

void shard_gateway::drop(std::uint32_t slot) {
  poller_.remove(links_[slot]->socket.get());
  parts_.census.leave(links_[slot]->peer);
  links_[slot].reset();
  table_->close(slot);
}

void shard_gateway::watch(std::uint32_t slot, const session& of) {
  link& to = *links_[slot];
  const bool waits = of.has_output();
  const poller::interest wanted{.in = !waits && of.wants_input(), .out = waits};
  if (wanted == to.asked) return;
  to.asked = wanted;
  poller_.change(to.socket.get(), slot, wanted);
}

void shard_gateway::schedule(std::uint32_t slot, const session& of) {
  // The timer is only ever moved forward in time when it rings: a busy connection costs the wheel
  // nothing.
  timer& deadline = links_[slot]->deadline;
  const mono_time due = of.deadline();
  if (due == mono_time::never() || (deadline.armed() && deadline.due() <= due)) return;
  parts_.timers.schedule(deadline, due);
}

void shard_gateway::at_deadline(std::uint32_t slot) {
  if (links_[slot]->lingers) return drop(slot);
  session& who = *table_->find(slot);
  if (!std::exchange(turn_begun_, true)) table_->begin_turn();
  if (table_->shared().time.now() < who.deadline()) return schedule(slot, who);
  if (who.expire()) return drop(slot);
  table_->mark(slot);
}

}  // namespace nip::gateway
