#include "broker/replay_diff.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>

#include "broker/shard.hpp"

namespace nip::broker {
namespace {

using route_set = std::set<std::string>;

std::string place_of(const router::planned_delivery& one) {
  // Candidates of one delivery stand for one place; which of them is chosen is no decision of
  // rules.
  std::string out;
  for (const auto& target : one.targets) out += (out.empty() ? "" : "|") + target.name;
  return out;
}

route_set places_of(const router::plan& plan) {
  route_set out;
  for (const auto& each : plan.deliveries()) out.insert(place_of(each));
  for (const auto& topic : plan.topics()) out.insert("topic:" + topic);
  return out;
}

route_set routes_of(const router::plan& plan) {
  route_set out;
  for (const auto& each : plan.deliveries()) out.insert(each.rule + '\n' + place_of(each));
  for (const auto& topic : plan.topics()) out.insert("topic:" + topic);
  return out;
}

nlohmann::json describe_routes(const router::plan& plan) {
  auto out = nlohmann::json::array();
  for (const auto& each : plan.deliveries()) {
    auto targets = nlohmann::json::array();
    for (const auto& target : each.targets) targets.push_back(target.name);
    out.push_back({{"rule", each.rule}, {"targets", std::move(targets)}});
  }
  for (const auto& topic : plan.topics()) out.push_back({{"targets", {"topic:" + topic}}});
  if (!plan.dead_reason().empty()) out.push_back({{"dead_letter", plan.dead_reason()}});
  return out;
}

/// The number of the `count`-th last message of a tenant, within the range.
class last_ones final : public bus::visitor {
 public:
  last_ones(tenant_id tenant, const message_range& range, std::size_t count)
      : tenant_(tenant), range_(range), count_(count) {}
  bool on_outcome(const bus::outcome_record&) override { return true; }
  bool on_message(const bus::message_record& record) override {
    if (record.tenant != tenant_) return true;
    const auto where = range_.place(record.tenant_seq, record.accepted_at);
    if (where == placing::behind) return false;
    if (where == placing::before) return true;
    seqs_.push_back(record.seq);
    if (seqs_.size() > count_) seqs_.pop_front();
    return true;
  }
  bool all() const { return seqs_.size() == count_; }
  std::optional<seq_t> first() const {
    return seqs_.empty() ? std::nullopt : std::optional(seqs_.front());
  }

 private:
  tenant_id tenant_;
  const message_range& range_;
  std::size_t count_;
  std::deque<seq_t> seqs_;
};

/// Looks at the journal's end in growing windows, so that a long journal is not read whole.
result<seq_t> begin_of_last(const bus::bus& journal, const diff_wish& wish) {
  constexpr std::uint64_t growth = 4;
  const auto end = journal.durable().value;
  for (std::uint64_t window = wish.messages;; window *= growth) {
    const bool whole = window >= end;
    last_ones seen(wish.who.tenant, wish.range, wish.messages);
    NIP_CHECK(journal.scan(seq_t(whole ? 1 : end - window + 1), seen));
    if (whole || seen.all()) return seen.first().value_or(seq_t(1));
  }
}

class differ final : public bus::visitor {
 public:
  explicit differ(const diff_wish& wish)
      : wish_(wish), filter_(wish.envelope, wish.who.tenant_name) {
    router_.use(wish.rules, wish.generation);
    rules_ = std::max<std::uint64_t>(wish.rules->rules().size(), 1);
    nowhere_ = new router::plan(wish.generation, {}, {}, "unrouted");
  }
  status prepare() { return filter_.use(wish_.filter); }

  bool on_outcome(const bus::outcome_record&) override { return true; }
  bool on_message(const bus::message_record& record) override {
    if (record.tenant != wish_.who.tenant) return true;
    const auto where = wish_.range.place(record.tenant_seq, record.accepted_at);
    if (where == placing::behind) return false;
    if (where == placing::before) return true;
    if (looked_at_ >= wish_.messages) return false;
    if ((looked_at_ + 1) * rules_ > diff_evaluations_max) {
      cut_short_ = true;
      return false;
    }
    ++looked_at_;
    last_ = record.tenant_seq.value;
    if (first_ == 0) first_ = last_;
    if (const auto* in = filter_.read(record.envelope); in && filter_.passes())
      compare(record, *in);
    return true;
  }

  nlohmann::json take() {
    std::uint64_t changed = 0;
    nlohmann::json counts = {{"moved", 0}, {"lost", 0}, {"gained", 0}, {"other_rule", 0}};
    for (const auto& [name, count] : counts_) {
      counts[name] = count;
      changed += count;
    }
    return {{"dry_run", true},
            {"generation", wish_.generation.value},
            {"looked_at", looked_at_},
            {"from", first_},
            {"to", last_},
            {"matched", matched_},
            {"unchanged", unchanged_},
            {"targeted", targeted_},
            {"changed", std::move(counts)},
            {"changed_messages", changed},
            {"truncated", cut_short_ || changed > items_.size()},
            {"cut_short", cut_short_},
            {"items", std::move(items_)}};
  }

 private:
  const router::plan* before_of(const bus::message_record& record) {
    auto& known = before_[record.plan_key];
    if (!known) {
      auto made = router::plan::restore(record.generation, record.plan);
      if (!made) return nullptr;
      known = *made;
    }
    return known.get();
  }

  void compare(const bus::message_record& record, const message::parsed& in) {
    ++matched_;
    if (went_straight(in)) {
      ++targeted_;
      return;
    }
    const auto* before = before_of(record);
    if (!before) return;
    auto after = router_.route(in, filter_.filled());
    // What went round in circles is stopped before rules are asked.
    const bool same = before->dead_reason() == "loop" || before->key() == after->key();
    const auto change = same ? std::nullopt : change_between(*before, *after);
    if (!change) {
      ++unchanged_;
      return;
    }
    ++counts_[std::string(*change)];
    if (items_.size() >= diff_listed_max) return;
    if (after->unmatched() && wish_.on_unrouted == unrouted::dead_letter) after = nowhere_;
    items_.push_back({{"seq", record.tenant_seq.value},
                      {"id", in.view.id},
                      {"type", in.view.type},
                      {"change", *change},
                      {"before", describe_routes(*before)},
                      {"after", describe_routes(*after)}});
  }

  /// A replay or redrive with a target asked no rules; there is nothing to compare with.
  static bool went_straight(const message::parsed& in) {
    if (in.view.metadata.empty()) return false;
    for (const char* why : {"replay", "redrive"}) {
      simdjson::dom::element target;
      if (in.metadata[why]["target"].get(target) == simdjson::SUCCESS) return true;
    }
    return false;
  }

  const diff_wish& wish_;
  stored_filter filter_;
  router::matcher router_;
  router::plan_ptr nowhere_;
  std::unordered_map<std::uint64_t, router::plan_ptr> before_;
  std::map<std::string, std::uint64_t> counts_;
  nlohmann::json items_ = nlohmann::json::array();
  std::uint64_t rules_ = 1;
  std::uint64_t looked_at_ = 0;
  std::uint64_t matched_ = 0;
  std::uint64_t unchanged_ = 0;
  std::uint64_t targeted_ = 0;
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
  bool cut_short_ = false;
};

}  // namespace

std::optional<std::string_view> change_between(const router::plan& before,
                                               const router::plan& after) {
  const auto old_places = places_of(before);
  const auto new_places = places_of(after);
  if (old_places != new_places) {
    if (new_places.empty()) return "lost";
    return old_places.empty() ? "gained" : "moved";
  }
  if (routes_of(before) != routes_of(after)) return "other_rule";
  return std::nullopt;
}

result<nlohmann::json> diff_replay(const bus::bus& journal, const diff_wish& wish) {
  differ visit(wish);
  NIP_CHECK(visit.prepare());
  auto begin = wish.range.begin();
  if (!wish.range.from.seq && !wish.range.from.time) {
    NIP_TRY(found, begin_of_last(journal, wish));
    begin = found;
  }
  NIP_CHECK(journal.scan(begin, visit));
  return visit.take();
}

}  // namespace nip::broker
