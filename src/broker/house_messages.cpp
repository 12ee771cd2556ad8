// Operations on messages: state, explanation, search.
#include <fmt/format.h>

#include "broker/house.hpp"
#include "broker/message_range.hpp"
#include "broker/rules_to_explain.hpp"
#include "broker/stored_state.hpp"
#include "router/why_not.hpp"

namespace nip::broker {
namespace {

/// Stored messages that one search looks at before it gives a cursor.
constexpr std::size_t search_scan_max = 200'000;

std::unexpected<error> no_message(const std::string& id) {
  return fail(
      errc::not_found,
      fmt::format("there is no message with id \"{}\": it was never accepted, or at level memory "
                  "and is forgotten by now",
                  id));
}

/// A changed copy of one of its dead letters was sent.
bool is_redriven(const nlohmann::json& state) {
  return state.value("state", "") == "redriven" ||
         std::ranges::any_of(state["deliveries"],
                             [](const auto& each) { return each["state"] == "redriven"; });
}

}  // namespace

void house::message_state(unsigned shard, const message::principal& who, std::string id,
                          respond done) {
  ask_shards([tenant = who.tenant, id](class shard& one) { return one.state_of(tenant, id); },
             [this, shard, who, id, done = std::move(done)](std::vector<json> answers) mutable {
               json seen;
               for (auto& each : answers)
                 if (seen.is_null()) seen = std::move(each);
               // What became of a dead letter since is in the journal alone.
               const bool whole =
                   !seen.is_null() && seen["state"] != "dead" && seen["state"] != "expired";
               if (whole) return answer(shard, done, std::move(seen));
               on_reader(shard, std::move(done),
                         [this, who, id, seen = std::move(seen)]() -> result<json> {
                           auto stored = stored_state(who, id, false);
                           if (seen.is_null() || (stored && is_redriven(*stored))) return stored;
                           return seen;
                         });
             });
}

void house::explain(unsigned shard, const message::principal& who, std::string id, respond done) {
  ask_shards([tenant = who.tenant, id](class shard& one) { return one.explanation_of(tenant, id); },
             [this, shard, who, id, done = std::move(done)](std::vector<json> answers) mutable {
               json known;
               for (auto& each : answers)
                 if (!each.is_null()) known = std::move(each);
               const auto in_force = generations_.current();
               on_reader(
                   shard, std::move(done),
                   [this, who, id, in_force, known = std::move(known)]() mutable -> result<json> {
                     if (known.is_null()) {
                       NIP_TRY(stored, stored_state(who, id, true));
                       known = std::move(stored);
                     }
                     known["rules"] = rules_behind(known, who, *in_force);
                     return std::move(known);
                   });
             });
}

result<nlohmann::json> house::stored_state(const message::principal& who, const std::string& id,
                                           bool explained) const {
  NIP_TRY(found, parts_.events.find(who.tenant, id));
  if (!found) return no_message(id);
  return describe_stored(*found, explained);
}

/// Which rules made the plan, and why others that are about this type did not fire.
nlohmann::json house::rules_behind(const json& state, const message::principal& who,
                                   const generation& in_force) const {
  json out = {{"matched", json::array()}, {"not_matched", json::array()}};
  std::string text = state.at("message").dump();
  const auto size = text.size();
  text.append(message::message::padding, '\0');
  message::codec codec(shared_.chosen.envelope);
  const auto in = codec.parse(std::string_view(text).substr(0, size));
  if (!in) return out;
  for (const auto& each : state.at("deliveries"))
    if (!std::ranges::count(out["matched"], each.at("rule")))
      out["matched"].push_back(each.at("rule"));
  const bool same = in_force.id.value == state.at("generation").get<std::uint64_t>();
  const router::message_input::filled filled{in->view.id, in->view.timestamp, who.tenant_name};
  router::matcher matcher;
  matcher.use(in_force.rules, in_force.id);
  matcher.route(*in, filled);
  for (const auto* each : rules_to_explain(*in_force.rules, matcher, *in, filled)) {
    const auto& rule = *each;
    if (std::ranges::count(out["matched"], json(rule.id))) continue;
    const auto why = router::why_not(rule, *in, filled);
    if (why.empty() && same) {
      // It fires and has no delivery of its own: its targets are topics, or taken by an earlier
      // rule.
      out["matched"].push_back(rule.id);
      continue;
    }
    // A rule about another type is no near miss.
    if (why.find("message.type") != std::string::npos) continue;
    if (out["not_matched"].size() == near_misses_max) break;
    out["not_matched"].push_back(
        {{"rule", rule.id},
         {"why", why.empty() ? "it fires under the generation that is in force now" : why}});
  }
  if (!same)
    out["note"] =
        fmt::format("routed under generation {}; the reasons speak of generation {}, in force now",
                    state.at("generation").get<std::uint64_t>(), in_force.id.value);
  return out;
}

namespace {

/// Collects the messages of one tenant that a search wants.
class search_visitor final : public bus::visitor {
 public:
  search_visitor(const message::principal& who, const message_range& range, std::uint32_t limit,
                 message::codec_limits envelope)
      : who_(who), range_(range), limit_(limit), filter_(envelope, who.tenant_name) {}

  status filter_by(const std::string& text) { return filter_.use(text); }

  bool on_outcome(const bus::outcome_record&) override { return true; }
  bool on_message(const bus::message_record& record) override {
    if (record.tenant != who_.tenant) return true;
    const auto where = range_.place(record.tenant_seq, record.accepted_at);
    if (where == placing::behind) return false;
    if (where == placing::before) return true;
    if (items_.size() == limit_ || ++looked_at_ > search_scan_max) {
      next_ = record.tenant_seq.value;
      return false;
    }
    if (filter_.read(record.envelope) && filter_.passes())
      items_.push_back({{"seq", record.tenant_seq.value},
                        {"accepted_at", format_rfc3339(record.accepted_at)},
                        {"generation", record.generation.value},
                        {"message", nlohmann::json::parse(record.envelope, nullptr, false)}});
    return true;
  }

  nlohmann::json take() {
    nlohmann::json out = {{"items", std::move(items_)}};
    if (next_) out["next"] = std::to_string(*next_);
    return out;
  }

 private:
  const message::principal& who_;
  const message_range& range_;
  std::uint32_t limit_;
  stored_filter filter_;
  std::vector<nlohmann::json> items_;
  std::optional<std::uint64_t> next_;
  std::size_t looked_at_ = 0;
};

}  // namespace

result<nlohmann::json> house::search_journal(const message::principal& who,
                                             const search& query) const {
  NIP_TRY(from, parse_bound("from", query.which.cursor.empty() ? query.from : query.which.cursor));
  NIP_TRY(to, parse_bound("to", query.to));
  const message_range range{from, to};
  search_visitor visit(who, range, query.which.limit, shared_.chosen.envelope);
  NIP_CHECK(visit.filter_by(query.filter));
  NIP_CHECK(parts_.events.scan(range.begin(), visit));
  return visit.take();
}

void house::find_messages(unsigned shard, const message::principal& who, search query,
                          respond done) {
  on_reader(shard, std::move(done),
            [this, who, query = std::move(query)] { return search_journal(who, query); });
}

}  // namespace nip::broker
