// Subscriptions of a WebSocket session: wishes, events, gaps, credit.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/services.hpp"
#include "gateway/text.hpp"
#include "gateway/ws/session.hpp"

namespace nip::gateway::ws {
namespace {

/// Events on their way to a peer that gives no credit itself: enough to fill a connection, few
/// enough that large messages stay near the bound of the outbox.
constexpr std::uint64_t automatic_credit = 256;

/// A frame of events around its items, and a frame that tells a gap: no more than so many bytes.
constexpr std::size_t frame_bytes_max = 128;

std::string about_sub(std::string_view op, std::uint64_t number, std::string_view ref) {
  std::string text = R"({"op":")";
  text.append(op).append(R"(","sub":)");
  append_decimal(text, number);
  if (!ref.empty()) text.append(R"(,"ref":)").append(ref);
  return text += '}';
}

error make_error(errc code, std::string detail) {
  return {code, std::move(detail), std::source_location::current()};
}

}  // namespace

session::subscription* session::find(broker::subscription_id id) {
  const auto at = std::ranges::find(subscriptions_, id, &subscription::id);
  return at == subscriptions_.end() ? nullptr : &*at;
}

session::subscription* session::find_number(std::uint64_t number) {
  const auto at = std::ranges::find(subscriptions_, number, &subscription::number);
  return at == subscriptions_.end() ? nullptr : &*at;
}

void session::subscribe(const operation& what) {
  if (subscriptions_.size() >= shard_.settings.bounds.subscriptions_max)
    return say_error(make_error(errc::exhausted,
                                fmt::format("subscribe: this connection has {}, as many as "
                                            "api_gateway.limits.subscriptions allows; unsubscribe "
                                            "first",
                                            subscriptions_.size())),
                     what.ref);
  broker::subscription wish;
  wish.topic = what.topic;
  wish.filter = what.filter;
  wish.credit = what.credit.value_or(automatic_credit);
  wish.on_overflow = what.overflow == "cut" ? broker::overflow::cut : broker::overflow::gap;
  wish.name = what.name;
  wish.from = what.from;
  wish.who = &shard_.who;
  wish.to = self_;
  const auto made = shard_.port.subscribe(wish);
  if (!made) return say_error(made.error(), what.ref);
  subscription added;
  added.number = ++subscribed_;
  added.id = *made;
  added.automatic = !what.credit.has_value();
  added.lossless = broker::is_lossless(wish);
  added.cut_on_overflow = wish.on_overflow == broker::overflow::cut;
  subscriptions_.push_back(added);
  write_run();
  say(about_sub("subscribed", added.number, what.ref));
}

void session::unsubscribe(const operation& what) {
  subscription* found = find_number(*what.sub);
  if (found == nullptr)
    return say_error(make_error(errc::not_found, "unsubscribe: no subscription has this \"sub\""),
                     what.ref);
  const status ended = shard_.port.unsubscribe(found->id);
  subscriptions_.erase(subscriptions_.begin() + (found - subscriptions_.data()));
  if (!ended) return say_error(ended.error(), what.ref);
  write_run();
  say(about_sub("unsubscribed", *what.sub, what.ref));
}

void session::add_credit(const operation& what) {
  subscription* found = find_number(*what.sub);
  if (found == nullptr)
    return say_error(make_error(errc::not_found, "credit: no subscription has this \"sub\""),
                     what.ref);
  found->automatic = false;  // who counts once counts from then on
  const status given = shard_.port.add_credit(found->id, *what.n);
  if (!given) say_error(given.error(), what.ref);
}

void session::acknowledge(const operation& what) {
  subscription* found = find_number(*what.sub);
  if (found == nullptr)
    return say_error(make_error(errc::not_found, "ack and nack: no subscription has this \"sub\""),
                     what.ref);
  status done;
  if (what.op == verb::nack) {
    done =
        shard_.port.reject(found->id, tenant_seq_t(*what.seq), what.delay.value_or(nanoseconds(0)));
  } else if (what.upto) {
    done = shard_.port.acknowledge_up_to(found->id, tenant_seq_t(*what.upto));
  } else {
    std::vector<tenant_seq_t> seqs;
    for (const auto each : what.seqs) seqs.push_back(tenant_seq_t(each));
    done = shard_.port.acknowledge(found->id, std::move(seqs));
  }
  if (!done) say_error(done.error(), what.ref);
}

void session::on_ended(broker::subscription_id sub, const error& why) {
  const subscription* to = find(sub);
  if (to == nullptr || finished_) return;
  subscriptions_.erase(subscriptions_.begin() + (to - subscriptions_.data()));
  say_error(why, {});
}

std::size_t session::on_events(broker::subscription_id sub, std::span<const broker::event> items) {
  subscription* to = find(sub);
  if (to == nullptr || finished_ || items.empty()) return items.size();
  write_run();
  const std::size_t fit = fitting(*to, items);
  const std::size_t left = items.size() - fit;
  // Credit of what was missed is spent too, as if it had been sent.
  to->to_credit += to->lossless ? fit : items.size();
  if (left != 0 && to->lossless) {
    to->owed += left;
  } else if (left != 0) {
    to->missed += left;
    missed_any_ = true;
    shard_.counts.events_missed.add(left);
  }
  if (fit == 0) return 0;
  items = items.first(fit);
  std::string& text = shard_.scratch;
  text.clear();
  text += R"({"op":"event","sub":)";
  append_decimal(text, to->number);
  text += R"(,"items":[)";
  constexpr std::string_view end = "]}";
  std::string& out = out_.open();
  append_header(out, opcode::text, text.size() + event_items::size_of(items) + end.size());
  out += text;
  shard_.events.append(out, items);
  out += end;
  return fit;
}

/// How many of the items, from the first, the bound of the outbox lets in. A single one goes into
/// an empty outbox whatever its size, or it could never be heard.
std::size_t session::fitting(const subscription& to, std::span<const broker::event> items) const {
  if (to.missed != 0) return 0;
  const std::size_t bytes_max = shard_.settings.bounds.output_bytes_max;
  std::size_t bytes = out_.size() + frame_bytes_max;
  if (bytes + event_items::size_of(items) <= bytes_max) return items.size();
  std::size_t fit = 0;
  for (; fit < items.size(); ++fit) {
    bytes += event_items::size_of(items.subspan(fit, 1)) + 1;
    if (bytes > bytes_max) break;
  }
  return fit == 0 && out_.empty() ? 1 : fit;
}

void session::on_gap(broker::subscription_id sub, std::uint64_t missed, bool ended) {
  const subscription* to = find(sub);
  if (to == nullptr || finished_) return;
  write_run();
  std::string& text = shard_.scratch;
  text.clear();
  text += R"({"op":"gap","sub":)";
  append_decimal(text, to->number);
  text += R"(,"missed":)";
  append_decimal(text, missed);
  text += ended ? R"(,"ended":true})" : "}";
  say(text);
  if (ended) subscriptions_.erase(subscriptions_.begin() + (to - subscriptions_.data()));
}

void session::tell_missed() {
  missed_any_ = false;
  for (std::size_t i = 0; i < subscriptions_.size();) {
    subscription& one = subscriptions_[i];
    if (one.missed != 0 && !out_.empty() &&
        out_.size() + frame_bytes_max > shard_.settings.bounds.output_bytes_max) {
      missed_any_ = true;  // still no room to say so
      return;
    }
    const std::uint64_t missed = std::exchange(one.missed, 0);
    const bool ends = missed != 0 && one.cut_on_overflow;
    const auto id = one.id;
    if (ends)
      static_cast<void>(shard_.port.unsubscribe(id));  // it exists, or has just ended by itself
    if (missed != 0) on_gap(id, missed, ends);
    if (!ends) ++i;
  }
}

bool session::sent_all() {
  bool more = missed_any_;
  for (subscription& one : subscriptions_) {
    auto credit = std::exchange(one.owed, 0);
    if (one.automatic) credit += std::exchange(one.to_credit, 0);
    if (credit == 0) continue;
    more = true;
    // Fails only for a subscription that has ended, which needs no credit.
    static_cast<void>(shard_.port.add_credit(one.id, credit));
  }
  return more;
}

}  // namespace nip::gateway::ws
