#include "broker/feeds.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "message/topic.hpp"

namespace nip::broker {
namespace {

/// Messages that one feed looks at before others have their turn.
constexpr std::size_t looked_at_max = 10'000;
/// Distinct plans that are kept read.
constexpr std::size_t plans_max = 4096;
/// How long acknowledgements are collected before the cursor is written.
constexpr nanoseconds write_after = std::chrono::milliseconds(50);

}  // namespace

feeds::feeds(const parts& from) : at_(from), codec_(from.chosen.envelope) {}

feed::bounds feeds::bounds() const {
  return {at_.chosen.feed_window, at_.chosen.unacknowledged_max, at_.chosen.acknowledge_within};
}

status feeds::restore(tenant_id tenant, std::string_view image) {
  NIP_TRY(state, feed::restore(tenant, image, bounds()));
  auto one = std::make_unique<running>(std::move(state));
  const auto& what = one->state.what();
  if (!what.filter.empty()) {
    NIP_TRY(handle, one->filters.add(what.filter));
    one->filter = handle;
  }
  named_[{tenant.value, what.name}] = std::move(one);
  return {};
}

void feeds::join(feed_member who, feed::definition what, feed_start start) {
  ++members_count_;
  at_.own.post([this, who, what = std::move(what), start] {
    const key by{what.tenant.value, what.name};
    auto* one = !what.name.empty() && named_.contains(by) ? named_.at(by).get() : nullptr;
    if (one && one->state.what() != what) {
      --members_count_;
      return at_.around.end_member(
          who, {errc::conflict,
                fmt::format("the durable subscription \"{}\" was made with topic \"{}\" and filter "
                            "\"{}\"; use these, or another name",
                            what.name, one->state.what().topic, one->state.what().filter),
                std::source_location::current()});
    }
    if (!one) {
      auto made = std::make_unique<running>(feed(what, bounds()));
      if (auto begun = begin(*made, start); !begun) {
        --members_count_;
        return at_.around.end_member(who, std::move(begun.error()));
      }
      one = made.get();
      if (what.name.empty()) {
        unnamed_.push_back(std::move(made));
      } else {
        named_[by] = std::move(made);
        at_.around.keep_cursor(what.tenant, one->state.image(), true);
      }
    }
    one->state.add_member(who);
    members_[who] = one;
    read(*one);
  });
}

status feeds::begin(running& one, const feed_start& start) {
  const auto& what = one.state.what();
  if (what.name.size() > at_.chosen.subscription_name_bytes_max)
    return fail(errc::invalid_argument,
                fmt::format("name: {} bytes, over the limit of {}", what.name.size(),
                            at_.chosen.subscription_name_bytes_max));
  if (!what.name.empty() && named_.size() >= at_.chosen.durable_subscriptions_max)
    return fail(errc::exhausted,
                fmt::format("there are {} durable subscriptions, as many as "
                            "services.message_router.subscriptions.durable allows; end one "
                            "(DELETE /v4/subscriptions/NAME)",
                            named_.size()));
  if (!what.filter.empty()) {
    NIP_TRY(handle, one.filters.add(what.filter));
    one.filter = handle;
  }
  using point = feed_start::point;
  seq_t first = at_.events.durable().next();
  if (start.at == point::earliest) first = seq_t(1);
  if (start.at == point::seq) {
    // A tenant's own number is never above the journal's.
    first = seq_t(std::max<std::uint64_t>(start.seq.value, 1));
    one.not_below = start.seq;
  }
  if (start.at == point::time) {
    NIP_TRY(found, at_.events.first_since(start.time));
    first = found.value_or(first);
    one.not_before = start.time;
  }
  one.state.start_at(first);
  return {};
}

feeds::running* feeds::running_of(feed_member who) {
  const auto found = members_.find(who);
  return found == members_.end() ? nullptr : found->second;
}

void feeds::leave(feed_member who) {
  at_.own.post([this, who] {
    auto* one = running_of(who);
    if (!one) return;
    members_.erase(who);
    --members_count_;
    one->state.remove_member(who);
    if (one->state.durable()) return read(*one);
    std::erase(moved_, one);
    std::erase_if(unnamed_, [one](const auto& each) { return each.get() == one; });
  });
}

void feeds::taken(feed_member who, std::uint64_t count) {
  at_.own.post([this, who, count] {
    auto* one = running_of(who);
    if (!one) return;
    one->state.taken(who, count);
    read(*one);
  });
}

void feeds::acknowledge(feed_member who, std::vector<tenant_seq_t> seqs) {
  at_.own.post([this, who, seqs = std::move(seqs)] {
    auto* one = running_of(who);
    if (!one) return;
    one->state.acknowledge(seqs);
    read(*one);
  });
}

void feeds::acknowledge_up_to(feed_member who, tenant_seq_t last) {
  at_.own.post([this, who, last] {
    auto* one = running_of(who);
    if (!one) return;
    one->state.acknowledge_up_to(who, last);
    read(*one);
  });
}

void feeds::reject(feed_member who, tenant_seq_t seq, nanoseconds delay) {
  at_.own.post([this, who, seq, delay] {
    auto* one = running_of(who);
    if (!one) return;
    one->state.reject(who, seq, at_.clock.mono() + delay);
    read(*one);
  });
}

void feeds::wake() {
  if (woken_.exchange(true)) return;
  at_.own.post([this] {
    woken_.store(false);
    read_all();
  });
}

void feeds::look_at_clock() {
  at_.own.post([this] {
    alarm_ = mono_time::never();
    if (write_due_ <= at_.clock.mono()) write_cursors();
    read_all();
    plan_alarm();
  });
}

void feeds::read_all() {
  for (auto& [by, one] : named_)
    if (one->state.members() > 0) read(*one);
  for (auto& one : unnamed_) read(*one);
}

/// Turns stored messages into events of one feed, until it has no room or others should go on.
class feeds::reader final : public bus::visitor {
 public:
  reader(feeds& of, running& one) : feeds_(of), one_(one), now_(of.at_.clock.mono()) {}

  bool on_outcome(const bus::outcome_record&) override { return true; }
  bool on_message(const bus::message_record& record) override {
    if (record.seq < one_.state.next()) return true;
    if (!one_.state.has_room()) return false;
    if (++looked_at_ > looked_at_max) {
      stopped_early_ = true;
      return false;
    }
    if (!wanted(record) || !offer(record)) one_.state.read_up_to(record.seq.next());
    return true;
  }
  bool stopped_early() const { return stopped_early_; }

 private:
  bool wanted(const bus::message_record& record) {
    const auto& what = one_.state.what();
    if (record.tenant != what.tenant || record.tenant_seq < one_.not_below ||
        record.accepted_at < one_.not_before || one_.state.is_done(record.seq))
      return false;
    if (what.topic.empty() && !one_.filter) return true;
    feeds_.text_.assign(record.envelope);
    feeds_.text_.append(message::message::padding, '\0');
    const auto in =
        feeds_.codec_.parse(std::string_view(feeds_.text_).substr(0, record.envelope.size()));
    if (!in) return false;
    if (!what.topic.empty() && !is_about(record, in->view.topic)) return false;
    if (!one_.filter) return true;
    one_.filters.bind(*in, {in->view.id, in->view.timestamp, "default"});
    return one_.filters.value(*one_.filter).is_true();
  }
  bool is_about(const bus::message_record& record, std::string_view own) const {
    const auto fits = [&](std::string_view topic) {
      return message::topic_matches(one_.state.what().topic, topic);
    };
    if (!own.empty() && fits(own)) return true;
    const auto plan = feeds_.plan_of(record);
    return plan && std::ranges::any_of(plan->topics(), fits);
  }
  bool offer(const bus::message_record& record) {
    auto made = message::restore_message(feeds_.pool_, feeds_.codec_, record.envelope,
                                         record.tenant, record.accepted_at);
    if (!made) return false;
    one_.state.offer(record.seq, {record.tenant_seq, std::move(*made)}, now_);
    return true;
  }

  feeds& feeds_;
  running& one_;
  const mono_time now_;
  std::size_t looked_at_ = 0;
  bool stopped_early_ = false;
};

router::plan_ptr feeds::plan_of(const bus::message_record& record) {
  if (plans_.size() > plans_max) plans_.clear();
  const auto [at, fresh] = plans_.try_emplace(record.plan_key);
  if (fresh)
    if (auto made = router::plan::restore(record.generation, record.plan))
      at->second = std::move(*made);
  return at->second;
}

void feeds::read(running& one) {
  if (!adopted_) {
    // Made by another thread, used by this one.
    pool_.adopt();
    adopted_ = true;
  }
  one.state.look_at_clock(at_.clock.mono());
  if (one.state.has_room() && one.state.next() <= at_.events.durable()) {
    reader visit(*this, one);
    if (const auto read = at_.events.scan(one.state.next(), visit); !read)
      at_.log.error("a subscription cannot read the journal and waits for more of it: {}",
                    read.error().detail);
    if (visit.stopped_early()) wake();
  }
  hand_over(one);
  note_moved(one);
  plan_alarm();
}

void feeds::hand_over(running& one) {
  for (auto& [who, page] : one.state.take_pages()) at_.around.give_page(who, std::move(page));
}

void feeds::note_moved(running& one) {
  if (!one.state.durable() || !one.state.take_moved()) return;
  if (std::ranges::find(moved_, &one) == moved_.end()) moved_.push_back(&one);
  if (write_due_ == mono_time::never()) write_due_ = at_.clock.mono() + write_after;
}

void feeds::write_cursors() {
  for (const auto* one : moved_)
    at_.around.keep_cursor(one->state.what().tenant, one->state.image(), false);
  moved_.clear();
  write_due_ = mono_time::never();
}

void feeds::plan_alarm() {
  auto when = write_due_;
  for (const auto& [by, one] : named_) when = std::min(when, one->state.next_due());
  if (when == alarm_) return;
  alarm_ = when;
  at_.around.wake_at(when);
}

void feeds::save(std::function<void()> done) {
  at_.own.post([this, done = std::move(done)] {
    write_cursors();
    done();
  });
}

void feeds::describe(tenant_id tenant, std::function<void(nlohmann::json)> done) {
  at_.own.post([this, tenant, done = std::move(done)] {
    auto out = nlohmann::json::array();
    for (const auto& [by, one] : named_) {
      if (by.first != tenant.value) continue;
      const auto& state = one->state;
      const auto durable = at_.events.durable().value;
      out.push_back({{"name", by.second},
                     {"topic", state.what().topic},
                     {"filter", state.what().filter},
                     {"members", state.members()},
                     {"unacknowledged", state.unacknowledged()},
                     {"redelivered", state.redelivered()},
                     {"done_below_seq", state.floor().value},
                     {"behind", durable + 1 - std::min(state.floor().value, durable + 1)}});
    }
    done(std::move(out));
  });
}

void feeds::forget(tenant_id tenant, std::string name, std::function<void(bool)> done) {
  at_.own.post([this, tenant, name = std::move(name), done = std::move(done)] {
    const auto found = named_.find({tenant.value, name});
    if (found == named_.end()) return done(false);
    auto* one = found->second.get();
    for (auto at = members_.begin(); at != members_.end();) {
      if (at->second != one) {
        ++at;
        continue;
      }
      at_.around.end_member(at->first, {errc::not_found,
                                        fmt::format("the durable subscription \"{}\" was ended "
                                                    "by somebody",
                                                    name),
                                        std::source_location::current()});
      at = members_.erase(at);
      --members_count_;
    }
    std::erase(moved_, one);
    at_.around.keep_cursor(tenant, feed::tombstone(name), true);
    named_.erase(found);
    done(true);
  });
}

}  // namespace nip::broker
