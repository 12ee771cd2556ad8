#include "broker/feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace nip::broker {

using nlohmann::json;

result<feed_start> parse_feed_start(std::string_view text) {
  using point = feed_start::point;
  if (text.empty()) return feed_start{};
  auto value = json::parse(text, nullptr, false);
  if (value.is_object() && value.size() == 1 && (value.contains("seq") || value.contains("time")))
    value = json(value.front());
  if (value.is_number_unsigned())
    return feed_start{point::seq, tenant_seq_t(value.get<std::uint64_t>()), {}};
  if (value.is_string()) {
    const auto& word = value.get_ref<const std::string&>();
    if (word == "now" || word == "latest") return feed_start{};
    if (word == "earliest") return feed_start{point::earliest, {}, {}};
    if (const auto time = parse_rfc3339(word)) return feed_start{point::time, {}, *time};
  }
  return fail(
      errc::invalid_argument,
      fmt::format(R"(from: expected "now", "earliest", a seq or an RFC 3339 time, got {})", text));
}

void feed::add_member(feed_member who) { members_.try_emplace(who); }

void feed::remove_member(feed_member who) {
  const auto found = members_.find(who);
  if (found == members_.end()) return;
  const auto theirs = std::move(found->second.seqs);
  members_.erase(found);
  pages_.erase(who);
  for (const auto seq : theirs) wait_again(seq, pending_.at(seq), mono_time{});
}

void feed::taken(feed_member who, std::uint64_t count) {
  const auto found = members_.find(who);
  if (found == members_.end()) return;
  auto& outstanding = found->second.outstanding;
  outstanding -= std::min<std::size_t>(outstanding, count);
}

void feed::read_up_to(seq_t next) {
  next_ = std::max(next_, next);
  move_floor();
}

bool feed::has_room() const {
  if (durable() && pending_.size() >= most_.unacknowledged) return false;
  return any_room();
}

bool feed::any_room() const {
  return std::ranges::any_of(
      members_, [this](const auto& each) { return each.second.outstanding < most_.window; });
}

/// Whoever has room and the least to do.
std::map<feed_member, feed::member>::iterator feed::roomiest() {
  return std::ranges::min_element(members_, {}, [this](const auto& each) {
    const auto& [outstanding, seqs] = each.second;
    return std::pair(outstanding >= most_.window, outstanding + seqs.size());
  });
}

void feed::offer(seq_t seq, event what, mono_time now) {
  next_ = std::max(next_, seq.next());
  auto& one = pending_[seq.value];
  one.what = std::move(what);
  by_tenant_seq_[one.what.seq.value] = seq.value;
  give(seq.value, one, now);
}

void feed::give(std::uint64_t seq, pending& one, mono_time now) {
  const auto to = roomiest();
  if (to == members_.end() || to->second.outstanding >= most_.window) {
    wait_again(seq, one, now);
    return;
  }
  ++to->second.outstanding;
  pages_[to->first].push_back(one.what);
  if (!durable()) return finish(seq);
  one.with = to->first;
  to->second.seqs.insert(seq);
  one.due =
      most_.acknowledge_within.count() == 0 ? mono_time::never() : now + most_.acknowledge_within;
  if (one.due != mono_time::never()) due_.insert({one.due, seq});
}

void feed::wait_again(std::uint64_t seq, pending& one, mono_time due) {
  due_.erase({one.due, seq});
  one.with.reset();
  one.due = due;
  due_.insert({due, seq});
}

void feed::finish(std::uint64_t seq) {
  const auto found = pending_.find(seq);
  auto& one = found->second;
  due_.erase({one.due, seq});
  by_tenant_seq_.erase(one.what.seq.value);
  if (one.with)
    if (const auto who = members_.find(*one.with); who != members_.end())
      who->second.seqs.erase(seq);
  pending_.erase(found);
  if (durable()) done_.insert(seq);
  move_floor();
}

/// What lies below the floor needs no bit of its own any more.
void feed::move_floor() {
  const auto floor = pending_.empty() ? next_ : seq_t(pending_.begin()->first);
  if (floor == floor_) return;
  floor_ = floor;
  moved_ = true;
  for (auto lowest = done_.lowest(); lowest && *lowest < floor.value; lowest = done_.lowest())
    done_.erase(*lowest);
}

std::optional<std::uint64_t> feed::pending_seq(tenant_seq_t seq) const {
  const auto found = by_tenant_seq_.find(seq.value);
  return found == by_tenant_seq_.end() ? std::nullopt : std::optional(found->second);
}

/// An ack of what was meanwhile given to another counts all the same: it has been seen to.
void feed::acknowledge(std::span<const tenant_seq_t> seqs) {
  for (const auto each : seqs)
    if (const auto seq = pending_seq(each)) {
      finish(*seq);
      moved_ = true;
    }
}

void feed::acknowledge_up_to(feed_member who, tenant_seq_t last) {
  const auto found = members_.find(who);
  if (found == members_.end()) return;
  std::vector<std::uint64_t> finished;
  for (const auto seq : found->second.seqs)
    if (pending_.at(seq).what.seq <= last) finished.push_back(seq);
  for (const auto seq : finished) finish(seq);
  moved_ |= !finished.empty();
}

void feed::reject(feed_member who, tenant_seq_t seq, mono_time due) {
  const auto found = pending_seq(seq);
  if (!found) return;
  auto& one = pending_.at(*found);
  if (!one.with || *one.with != who) return;
  if (const auto at = members_.find(who); at != members_.end()) at->second.seqs.erase(*found);
  wait_again(*found, one, due);
}

void feed::look_at_clock(mono_time now) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto to = roomiest();
    if (to == members_.end() || to->second.outstanding >= most_.window) return;
    const auto seq = due_.begin()->second;
    auto& one = pending_.at(seq);
    if (one.with)
      if (const auto who = members_.find(*one.with); who != members_.end())
        who->second.seqs.erase(seq);
    due_.erase(due_.begin());
    one.with.reset();
    ++redelivered_;
    give(seq, one, now);
  }
}

mono_time feed::next_due() const {
  // Without room nothing can be given; taken() makes some.
  return due_.empty() || !any_room() ? mono_time::never() : due_.begin()->first;
}

std::map<feed_member, std::vector<event>> feed::take_pages() { return std::exchange(pages_, {}); }

std::string feed::image() const {
  std::string done;
  done_.save(done);
  const json tree = {{"name", what_.name},
                     {"topic", what_.topic},
                     {"filter", what_.filter},
                     {"floor", floor_.value},
                     {"done", json::binary_t({done.begin(), done.end()})}};
  std::string out;
  json::to_cbor(tree, out);
  return out;
}

std::string feed::tombstone(std::string_view name) {
  std::string out;
  json::to_cbor(json{{"name", name}, {"ended", true}}, out);
  return out;
}

result<feed> feed::restore(tenant_id tenant, std::string_view image, bounds most) {
  try {
    const auto tree = json::from_cbor(image);
    feed out({tenant, tree.at("name").get<std::string>(), tree.at("topic").get<std::string>(),
              tree.at("filter").get<std::string>()},
             most);
    out.start_at(seq_t(tree.at("floor").get<std::uint64_t>()));
    const auto& done = tree.at("done").get_binary();
    NIP_CHECK(out.done_.restore({reinterpret_cast<const char*>(done.data()), done.size()}));
    return out;
  } catch (const json::exception& wrong) {
    return fail(errc::corrupt, wrong.what());
  }
}

}  // namespace nip::broker
