// A broker that remembers what it was asked and answers when the test says so.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/administration.hpp"
#include "broker/client.hpp"
#include "message/codec.hpp"

namespace nip::gateway {

class fake_port final : public broker::shard_port {
 public:
  struct submitted {
    std::string text;
    std::optional<message::ack_level> level;
    std::string idempotency_key;
    std::string traceparent;
    std::optional<nanoseconds> wait;
    broker::caller from;
  };
  struct subscribed {
    broker::subscription_id id;
    std::string topic;
    std::string filter;
    std::uint64_t credit = 0;
    broker::overflow on_overflow = broker::overflow::gap;
    broker::caller to;
    std::string name = {};
    std::string from = {};
  };

  void submit(const broker::submission& what) override {
    // The padding must be readable: what a parser would do.
    volatile char last = *(what.text.data() + what.text.size() + message::message::padding - 1);
    static_cast<void>(last);
    open.push_back({std::string(what.text), what.level, std::string(what.idempotency_key),
                    std::string(what.traceparent), what.wait, what.from});
    ++count;
  }
  result<broker::subscription_id> subscribe(const broker::subscription& wish) override {
    if (wish.filter == "bad") return fail(errc::parse, "filter: 1:1: no");
    subscriptions.push_back({broker::subscription_id(++last_subscription), wish.topic, wish.filter,
                             wish.credit, wish.on_overflow, wish.to, wish.name, wish.from});
    return subscriptions.back().id;
  }
  status unsubscribe(broker::subscription_id sub) override {
    return std::erase_if(subscriptions, [&](const subscribed& one) { return one.id == sub; }) == 1
               ? status{}
               : fail(errc::not_found, "no such subscription");
  }
  status add_credit(broker::subscription_id sub, std::uint64_t events) override {
    credits[sub.value] += events;
    return {};
  }
  status acknowledge(broker::subscription_id sub, std::vector<tenant_seq_t> seqs) override {
    for (const auto each : seqs)
      acks.push_back(std::to_string(sub.value) + ":" + std::to_string(each.value));
    return {};
  }
  status acknowledge_up_to(broker::subscription_id sub, tenant_seq_t last) override {
    acks.push_back(std::to_string(sub.value) + ":-" + std::to_string(last.value));
    return {};
  }
  status reject(broker::subscription_id sub, tenant_seq_t seq, nanoseconds delay) override {
    acks.push_back(std::to_string(sub.value) + ":!" + std::to_string(seq.value) + "@" +
                   format_duration(delay));
    return {};
  }
  void forget(const broker::caller& session) override { forgotten.push_back(session); }
  void end_turn() override {
    if (accepts_for == nullptr) return;
    for (const auto answered = std::exchange(open, {}); const auto& one : answered)
      accepts_for->on_accepted(one.from, {"id", tenant_seq_t(++last_seq), message::ack_level::fsync,
                                          generation_id(7), false});
  }
  generation_id generation() const override { return generation_id(7); }

  std::vector<std::string> acks;          ///< "sub:seq", "sub:-upto", "sub:!seq@delay"
  broker::client* accepts_for = nullptr;  ///< everything is accepted at the end of the turn
  std::uint64_t last_seq = 0;
  std::deque<submitted> open;
  std::size_t count = 0;
  std::vector<subscribed> subscriptions;
  std::map<std::uint64_t, std::uint64_t> credits;
  std::vector<broker::caller> forgotten;
  std::uint64_t last_subscription = 0;
};

/// Answers every operation at once with its own name and arguments, or holds the answer back.
class fake_administration final : public broker::administration {
 public:
  using json = nlohmann::json;

  void message_state(unsigned, const message::principal&, std::string id,
                     broker::respond done) override {
    give("message_state", {{"id", id}}, std::move(done));
  }
  void explain(unsigned, const message::principal&, std::string id, broker::respond done) override {
    give("explain", {{"id", id}}, std::move(done));
  }
  void find_messages(unsigned, const message::principal&, broker::search q,
                     broker::respond done) override {
    give("find_messages",
         {{"from", q.from},
          {"to", q.to},
          {"filter", q.filter},
          {"cursor", q.which.cursor},
          {"limit", q.which.limit}},
         std::move(done));
  }
  void list_rules(unsigned, broker::page which, broker::respond done) override {
    give("list_rules", {{"cursor", which.cursor}, {"limit", which.limit}}, std::move(done));
  }
  void get_rule(unsigned, std::string id, broker::respond done) override {
    give("get_rule", {{"id", id}}, std::move(done));
  }
  void put_rule(unsigned, const message::principal&, std::string id, json rule,
                broker::respond done) override {
    give("put_rule", {{"id", id}, {"rule", rule}}, std::move(done));
  }
  void delete_rule(unsigned, const message::principal&, std::string id,
                   broker::respond done) override {
    give("delete_rule", {{"id", id}}, std::move(done));
  }
  void test_rules(unsigned, const message::principal&, json body, broker::respond done) override {
    give("test_rules", {{"body", body}}, std::move(done));
  }
  void list_plugins(unsigned, broker::page which, broker::respond done) override {
    give("list_plugins", {{"limit", which.limit}}, std::move(done));
  }
  void get_plugin(unsigned, std::string name, broker::respond done) override {
    give("get_plugin", {{"name", name}}, std::move(done));
  }
  void plugin_health(unsigned, std::string name, broker::respond done) override {
    give("plugin_health", {{"name", name}}, std::move(done));
  }
  void get_plugin_config(unsigned, std::string name, broker::respond done) override {
    give("get_plugin_config", {{"name", name}}, std::move(done));
  }
  void put_plugin_config(unsigned, const message::principal&, std::string name, json config,
                         broker::respond done) override {
    give("put_plugin_config", {{"name", name}, {"config", config}}, std::move(done));
  }
  void act_on_plugin(unsigned, const message::principal&, std::string name, plugin_action what,
                     broker::respond done) override {
    give("act_on_plugin", {{"name", name}, {"action", static_cast<int>(what)}}, std::move(done));
  }
  void list_audit(unsigned, broker::page which, broker::respond done) override {
    give("list_audit", {{"cursor", which.cursor}, {"limit", which.limit}}, std::move(done));
  }
  void list_subscriptions(unsigned, const message::principal&, broker::respond done) override {
    give("list_subscriptions", json::object(), std::move(done));
  }
  void end_subscription(unsigned, const message::principal&, std::string name,
                        broker::respond done) override {
    give("end_subscription", {{"name", name}}, std::move(done));
  }
  void replay(unsigned, const message::principal&, broker::replay_wish what,
              broker::respond done) override {
    json said = {{"from", what.from},      {"to", what.to},     {"filter", what.filter},
                 {"target", what.target},  {"rate", what.rate}, {"limit", what.limit},
                 {"dry_run", what.dry_run}};
    if (!what.rules.is_null()) said["rules"] = what.rules;
    if (!what.rule.is_null()) said["rule"] = what.rule;
    if (!what.dry_run) said["id"] = "job-1";
    give("replay", std::move(said), std::move(done));
  }
  void list_jobs(unsigned, const message::principal&, broker::respond done) override {
    give("list_jobs", json::object(), std::move(done));
  }
  void get_job(unsigned, const message::principal&, std::string id, broker::respond done) override {
    give("get_job", {{"id", id}}, std::move(done));
  }
  void cancel_job(unsigned, const message::principal&, std::string id,
                  broker::respond done) override {
    give("cancel_job", {{"id", id}}, std::move(done));
  }
  void list_dead_letters(unsigned, const message::principal&, broker::dead_letter_choice which,
                         broker::page where, broker::respond done) override {
    auto said = show(which);
    said["limit"] = where.limit;
    said["cursor"] = where.cursor;
    give("list_dead_letters", std::move(said), std::move(done));
  }
  void dead_letter_groups(unsigned, const message::principal&, broker::dead_letter_choice which,
                          broker::respond done) override {
    give("dead_letter_groups", show(which), std::move(done));
  }
  void get_dead_letter(unsigned, const message::principal&, std::uint64_t seq,
                       broker::respond done) override {
    give("get_dead_letter", {{"seq", seq}}, std::move(done));
  }
  void redrive(unsigned, const message::principal&, broker::redrive_wish what,
               broker::respond done) override {
    auto said = show(what.which);
    said["message"] = what.message;
    said["redirect"] = what.redirect;
    if (what.rate) said["rate"] = *what.rate;
    said["force"] = what.force;
    said["dry_run"] = what.dry_run;
    give("redrive", std::move(said), std::move(done));
  }
  void purge(unsigned, const message::principal&, broker::dead_letter_choice which, bool dry_run,
             broker::respond done) override {
    auto said = show(which);
    said["dry_run"] = dry_run;
    give("purge", std::move(said), std::move(done));
  }
  void stats(unsigned, broker::respond done) override {
    give("stats", json::object(), std::move(done));
  }
  void config(unsigned, broker::respond done) override {
    give("config", json::object(), std::move(done));
  }
  status ready() const override { return ready_; }
  std::vector<std::string> open_breakers() const override { return breakers; }
  std::string metrics() const override { return "nip_up 1\n"; }

  /// The next answers wait in `held` instead.
  bool hold = false;
  std::vector<broker::respond> held;
  std::optional<error> failure;  ///< answered instead of the result
  status ready_;
  std::vector<std::string> breakers;
  std::vector<std::string> asked;

 private:
  static json show(const broker::dead_letter_choice& which) {
    return {{"seqs", which.seqs},     {"fingerprint", which.fingerprint},
            {"rule", which.rule},     {"target", which.target},
            {"reason", which.reason}, {"type", which.type},
            {"from", which.from},     {"to", which.to},
            {"filter", which.filter}};
  }
  void give(std::string name, json what, broker::respond done) {
    asked.push_back(name);
    if (hold) return held.push_back(std::move(done));
    if (failure) return done(std::unexpected(*failure));
    what["operation"] = name;
    done(what);
  }
};

}  // namespace nip::gateway
