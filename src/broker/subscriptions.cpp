#include "broker/subscriptions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "message/topic.hpp"

namespace nip::broker {
namespace {

std::uint64_t session_of(const caller& to) {
  return static_cast<std::uint64_t>(to.epoch) << 32 | to.slot;
}

}  // namespace

result<subscription_id> subscriptions::add(const subscription& wish) {
  if (live_.size() >= chosen_.subscriptions_max)
    return fail(errc::exhausted,
                fmt::format("this shard already serves {} subscriptions, the most that "
                            "services.message_router.subscriptions_max allows",
                            live_.size()));
  if (!wish.topic.empty() && !message::is_topic_pattern(wish.topic))
    return fail(
        errc::invalid_argument,
        fmt::format("\"{}\" is not a topic pattern: expected words joined by dots, where * stands "
                    "for one word and a last > for the rest, as in orders.* or orders.>",
                    wish.topic));
  live made;
  if (!wish.filter.empty()) {
    weed_filters();
    NIP_TRY(handle, filters_->add(wish.filter));
    made.filter = handle;
  }
  made.id = subscription_id(++last_);
  made.wish = wish;
  made.tenant = wish.who ? wish.who->tenant : default_tenant;
  made.wish.who = nullptr;  // the session may end before the subscription does
  made.credit = wish.credit;
  made.lossless = is_lossless(wish);
  if (made.lossless) made.filter.reset();  // compiled to know that it is one
  listening_ += made.lossless ? 0 : 1;
  const auto id = made.id;
  of_session_[session_of(wish.to)].push_back(id);
  live_.emplace(id, std::move(made));
  return id;
}

status subscriptions::remove(subscription_id which) {
  const auto found = live_.find(which);
  if (found == live_.end())
    return fail(errc::not_found,
                fmt::format("there is no subscription {} on this connection", which.value));
  if (found->second.dirty) std::erase(dirty_, &found->second);
  const auto siblings = of_session_.find(session_of(found->second.wish.to));
  std::erase(siblings->second, which);
  if (siblings->second.empty()) of_session_.erase(siblings);
  const bool lossless = found->second.lossless;
  live_.erase(found);
  if (lossless)
    feeds_.on_left(which);
  else
    --listening_;
  return {};
}

status subscriptions::check_lossless(subscription_id which) const {
  const auto found = live_.find(which);
  if (found == live_.end())
    return fail(errc::not_found,
                fmt::format("there is no subscription {} on this connection", which.value));
  if (!found->second.wish.name.empty()) return {};
  return fail(errc::invalid_argument,
              "this subscription has no name, so it is not durable and needs no acknowledgement");
}

void subscriptions::take_page(subscription_id which, std::vector<event> page) {
  const auto found = live_.find(which);
  if (found == live_.end()) return;
  auto& buffer = found->second.buffer;
  buffer.insert(buffer.end(), std::make_move_iterator(page.begin()),
                std::make_move_iterator(page.end()));
  mark_dirty(found->second);
}

void subscriptions::end(subscription_id which, client& to, const error& why) {
  const auto found = live_.find(which);
  if (found == live_.end()) return;
  const auto whom = found->second.wish.to;
  (void)remove(which);
  to.on_ended(whom, which, why);
}

status subscriptions::add_credit(subscription_id which, std::uint64_t events) {
  const auto found = live_.find(which);
  if (found == live_.end())
    return fail(errc::not_found,
                fmt::format("there is no subscription {} on this connection", which.value));
  auto& one = found->second;
  constexpr std::uint64_t credit_max = std::uint64_t{1} << 48;
  one.credit = std::min(one.credit + std::min(events, credit_max), credit_max);
  if (!one.buffer.empty() || one.missed > 0) mark_dirty(one);
  return {};
}

void subscriptions::forget(const caller& session) {
  const auto found = of_session_.find(session_of(session));
  if (found == of_session_.end()) return;
  const auto gone = found->second;
  for (const auto id : gone) (void)remove(id);
}

/// Clients come and go with filters of their own (for one order, say): what nobody uses any more
/// would fill the table in the end, and every new filter be refused.
void subscriptions::weed_filters() {
  if (filters_->size() < filters_kept || filters_->size() < 2 * live_.size()) return;
  filters_ = std::make_unique<router::expressions>();
  bound_ = nullptr;
  for (auto& [id, one] : live_)
    if (one.filter) one.filter = filters_->add(one.wish.filter).value();  // compiled before
}

void subscriptions::offer(const sighting& seen) {
  bound_ = nullptr;
  for (auto& [id, one] : live_)
    if (!one.lossless && wants(one, seen)) keep(one, seen);
}

bool subscriptions::wants(live& one, const sighting& seen) {
  if (one.tenant != seen.what->tenant()) return false;
  if (!one.wish.topic.empty()) {
    const auto fits = [&](std::string_view topic) {
      return message::topic_matches(one.wish.topic, topic);
    };
    const auto own = seen.what->view().topic;
    if (!(!own.empty() && fits(own)) && std::ranges::none_of(seen.plan->topics(), fits))
      return false;
  }
  if (!one.filter) return true;
  return parse(seen) && filters_->value(*one.filter).is_true();
}

bool subscriptions::parse(const sighting& seen) {
  if (bound_ == seen.what.get()) return true;
  auto read = codec_.parse(seen.what->json());
  if (!read) return false;
  parsed_ = *read;
  bound_ = seen.what.get();
  // So far every message is the default tenant's.
  filters_->bind(parsed_, {parsed_.view.id, parsed_.view.timestamp, "default"});
  return true;
}

void subscriptions::keep(live& one, const sighting& seen) {
  if (one.buffer.size() >= chosen_.subscription_buffer_max)
    ++one.missed;
  else
    one.buffer.push_back({seen.seq, seen.what});
  mark_dirty(one);
}

void subscriptions::mark_dirty(live& one) {
  if (one.dirty) return;
  one.dirty = true;
  dirty_.push_back(&one);
}

void subscriptions::flush(client& to, observability::counter& given,
                          observability::counter& missed) {
  auto dirty = std::move(dirty_);
  dirty_.clear();
  for (auto* one : dirty) {
    one->dirty = false;
    if (flush(*one, to, given, missed)) (void)remove(one->id);
  }
}

/// True when the subscription was cut and has to go.
bool subscriptions::flush(live& one, client& to, observability::counter& given,
                          observability::counter& missed) {
  batch_.clear();
  while (!one.buffer.empty() && one.credit > 0) {
    batch_.push_back(std::move(one.buffer.front()));
    one.buffer.pop_front();
    --one.credit;
  }
  if (!batch_.empty()) {
    const auto taken = to.on_events(one.wish.to, one.id, batch_);
    given.add(taken);
    if (one.lossless) {
      for (auto left = batch_.size(); left-- > taken;)
        one.buffer.push_front(std::move(batch_[left]));
      feeds_.on_passed_on(one.id, taken);
    }
  }
  const bool cut = one.wish.on_overflow == overflow::cut;
  // A gap lies behind everything that was buffered before it, so it waits for the buffer; a cut
  // does not.
  if (one.missed == 0 || (!one.buffer.empty() && !cut)) return false;
  missed.add(one.missed);
  to.on_gap(one.wish.to, one.id, std::exchange(one.missed, 0), cut);
  return cut;
}

}  // namespace nip::broker
