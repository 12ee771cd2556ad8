// One shard with a bus, plugins, a client and a clock that the test plays.
#pragma once

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <deque>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "broker/shard.hpp"
#include "unit/delivery/delivery_fixture.hpp"

namespace nip::broker {

using delivery::fake_runtime;
using delivery::list_executor;

/// Numbers what is appended; what is durable is said by the test.
class fake_bus final : public bus::bus {
 public:
  struct kept_message {
    seq_t seq;
    std::string envelope;
    std::string plan;
    std::uint8_t flags;
    nip::bus::message_record record;  ///< without its views
  };
  struct kept_outcome {
    seq_t seq;
    nip::bus::outcome_kind kind;
    std::string text;
    std::string reply;
    std::string target;
    nip::bus::outcome_record record;  ///< without its views
  };

  status append(unsigned, std::span<nip::bus::message_record> messages,
                std::span<const nip::bus::outcome_record> outcomes,
                std::span<const nip::bus::note> more) override {
    if (refuses) return std::unexpected(*refuses);
    if (!messages.empty() || !outcomes.empty() || !more.empty()) ++appends;
    for (const auto& each : more) notes.emplace_back(each, std::string(each.bytes));
    for (auto& each : messages) {
      each.seq = seq_t(++last);
      each.tenant_seq = tenant_seq_t(last);
      stored.push_back(
          {each.seq, std::string(each.envelope), std::string(each.plan), each.flags, each});
    }
    for (const auto& each : outcomes)
      ended.push_back({each.seq, each.kind, std::string(each.text), std::string(each.reply),
                       std::string(each.target), each});
    if (syncs_at_once) synced = seq_t(last);
    return {};
  }
  seq_t durable() const noexcept override { return synced; }
  std::uint64_t appends_synced(unsigned) const noexcept override {
    return holds_appends ? 0 : appends;
  }
  void on_durable(unsigned, std::function<void()>) override {}
  void on_failure(std::function<void(const error&)>) override {}
  /// Messages first, then outcomes: each outcome still comes behind its message.
  status scan(seq_t from, nip::bus::visitor& visit) const override {
    for (const auto& each : stored) {
      if (each.seq < from) continue;
      auto record = each.record;
      record.envelope = each.envelope;
      record.plan = each.plan;
      if (!visit.on_message(record)) return {};
    }
    for (const auto& [each, bytes] : notes) {
      auto record = each;
      record.bytes = bytes;
      visit.on_note(record);
    }
    for (const auto& each : ended) {
      auto record = each.record;
      record.text = each.text;
      record.reply = each.reply;
      record.target = each.target;
      if (!visit.on_outcome(record)) return {};
    }
    return {};
  }
  result<std::optional<found>> find(tenant_id, std::string_view id) const override {
    std::optional<found> out;
    for (const auto& each : stored) {
      if (nlohmann::json::parse(each.envelope)["id"] != id) continue;
      out.emplace();
      fill(out->message, each);
    }
    if (!out) return out;
    for (const auto& each : ended) {
      if (each.seq != out->message.record.seq) continue;
      auto one = std::make_unique<found::owned_outcome>();
      one->bytes = each.target + each.text;
      one->record = each.record;
      one->record.target = std::string_view(one->bytes).substr(0, each.target.size());
      one->record.text = std::string_view(one->bytes).substr(each.target.size());
      out->outcomes.push_back(std::move(one));
    }
    return out;
  }
  result<std::optional<nip::bus::stored_message>> read(seq_t seq) const override {
    for (const auto& each : stored) {
      if (each.seq != seq) continue;
      std::optional<nip::bus::stored_message> out(std::in_place);
      fill(*out, each);
      return out;
    }
    return std::nullopt;
  }
  result<outcome_list> outcomes(seq_t) const override { return outcome_list(); }
  result<std::optional<seq_t>> first_since(wall_time) const override { return std::nullopt; }
  const nip::bus::recovery_report& recovery() const noexcept override { return report; }
  nip::bus::bus_stats stats() const override { return {}; }
  void close() override {}

  static void fill(nip::bus::stored_message& to, const kept_message& from) {
    to.bytes = from.plan + from.envelope;
    to.record = from.record;
    to.record.plan = std::string_view(to.bytes).substr(0, from.plan.size());
    to.record.envelope = std::string_view(to.bytes).substr(from.plan.size());
  }

  std::optional<error> refuses;
  std::uint64_t appends = 0;
  bool holds_appends = false;  ///< none of them is synced
  bool syncs_at_once = true;
  seq_t synced;
  std::uint64_t last = 0;
  std::vector<kept_message> stored;
  std::vector<kept_outcome> ended;
  std::vector<std::pair<nip::bus::note, std::string>> notes;
  nip::bus::recovery_report report;
};

/// Writes down what a session would hear.
class fake_client final : public client {
 public:
  struct heard_accepted {
    std::uint64_t ordinal;
    std::string id;
    std::uint64_t seq;
    message::ack_level level;
    bool duplicate;
  };
  void on_accepted(const caller& to, const broker::accepted& what) override {
    accepted.push_back(
        {to.ordinal, std::string(what.id), what.seq.value, what.level, what.duplicate});
    order.push_back("accepted " + std::to_string(to.ordinal));
  }
  void on_refused(const caller& to, const error& why) override {
    refused.push_back(why);
    order.push_back("refused " + std::to_string(to.ordinal));
  }
  void on_reply(const caller& to, const message::message_ptr& reply) override {
    replies.emplace_back(reply->json());
    order.push_back("reply " + std::to_string(to.ordinal));
  }
  void on_no_reply(const caller& to, no_reply how, std::string_view why) override {
    endings.emplace_back(how, why);
    order.push_back("no reply " + std::to_string(to.ordinal));
  }
  std::size_t on_events(const caller&, subscription_id sub, std::span<const event> items) override {
    const auto taken = std::min(items.size(), takes);
    for (const auto& each : items.first(taken))
      events.push_back(std::to_string(sub.value) + " " + std::string(each.what->view().type));
    return taken;
  }
  void on_ended(const caller&, subscription_id, const error& why) override {
    endings_by_feed.push_back(why);
  }
  void on_gap(const caller&, subscription_id, std::uint64_t missed, bool ended) override {
    gaps.emplace_back(missed, ended);
  }

  std::size_t takes = SIZE_MAX;  ///< of each call of on_events()
  std::vector<error> endings_by_feed;
  std::vector<heard_accepted> accepted;
  std::vector<error> refused;
  std::vector<std::string> replies;
  std::vector<std::pair<no_reply, std::string>> endings;
  std::vector<std::string> events;
  std::vector<std::pair<std::uint64_t, bool>> gaps;
  std::vector<std::string> order;
};

class silent_listener final : public feed_listener {
 public:
  void on_passed_on(subscription_id, std::uint64_t) override {}
  void on_left(subscription_id) override {}
};

class shard_fixture : public testing::Test {
 protected:
  using json = nlohmann::json;
  using handled = plugin::handled;

  void start(options chosen, const json& rules, const std::vector<std::string>& plugins = {}) {
    shard_.reset();
    house_ = std::make_unique<shared>(chosen, events_, plugins_, logger(hub_, "broker"));
    house_->peers.push_back(std::make_unique<shared::peer>());
    shard_ = std::make_unique<shard>(shard_surroundings{0, loop_, clock_, random_, timers_},
                                     *house_, made(rules, plugins));
    house_->peers[0]->which = shard_.get();
    house_->peers[0]->loop = &loop_;
    shard_->attach(client_);
  }
  static generation_ptr made(const json& rules, const std::vector<std::string>& plugins) {
    auto out = std::make_shared<generation>();
    out->id = generation_id(1);
    std::vector<router::rule> parsed;
    for (const auto& each : rules) {
      auto one = router::parse_rule(each, router::origin::file, "");
      EXPECT_TRUE(one) << one.error().detail;
      parsed.push_back(std::move(*one));
    }
    out->rules = router::ruleset::compile(std::move(parsed)).value();
    for (const auto& name : plugins) {
      auto spec = std::make_shared<plugin::spec>();
      spec->set.name = spec->about.name = name;
      out->plugins[name] = std::move(spec);
    }
    return out;
  }
  /// Only takes it; end_turn() answers.
  void submit(std::string_view text, std::optional<message::ack_level> level = {},
              std::optional<nanoseconds> wait = {}, std::string_view key = {}) {
    std::string padded(text);
    padded.append(message::message::padding, '\0');
    submission what;
    what.text = std::string_view(padded).substr(0, text.size());
    what.who = &who_;
    what.level = level;
    what.wait = wait;
    what.idempotency_key = key;
    what.from = {1, 1, ++ordinal_};
    shard_->submit(what);
  }
  void turn() {
    shard_->end_turn();
    for (int i = 0; i < 4; ++i) {
      loop_.drain();
      shard_->end_turn();
    }
  }
  void send(std::string_view text, std::optional<message::ack_level> level = {},
            std::optional<nanoseconds> wait = {}, std::string_view key = {}) {
    submit(text, level, wait, key);
    turn();
  }
  void pass(nanoseconds time) {
    const auto until = clock_.mono() + time;
    while (clock_.mono() < until) {
      const auto next = std::min(timers_.next_due(), until);
      if (next > clock_.mono()) clock_.advance(next - clock_.mono());
      timers_.advance(clock_.mono());
      turn();
    }
  }
  /// Every attempt of this plugin ends like this, at once.
  void always(const std::string& name, handled how, std::string text = {}) {
    plugins_.of(name).on_work = [how, text](plugin::host& host, plugin::instance& from,
                                            const plugin::work& what) {
      plugin::completion said;
      said.token = what.token;
      said.status = how;
      (how == handled::done ? said.reply : said.error) = text;
      host.complete(from, said);
    };
  }
  void answer(const std::string& name, std::string_view reply) {
    ASSERT_FALSE(plugins_.of(name).seen.empty());
    plugin::completion said;
    said.token = plugins_.of(name).seen.back().token;
    said.reply = reply;
    auto& host = *hosts_.at(name).first;
    host.complete(*hosts_.at(name).second, said);
    turn();
  }
  /// The plugin answers when the test says so, through answer().
  void holds(const std::string& name) {
    plugins_.of(name).on_work = [this, name](plugin::host& host, plugin::instance& from,
                                             const plugin::work&) {
      hosts_[name] = {&host, &from};
    };
  }

  manual_clock clock_;
  std::ostringstream lines_;
  log_hub hub_{log_options{.level = log_level::debug, .format = log_format::json},
               clock_,
               {std::make_shared<spdlog::sinks::ostream_sink_st>(lines_)}};
  xoshiro random_{42};
  timer_wheel timers_{clock_.mono()};
  list_executor loop_;
  fake_runtime plugins_;
  fake_bus events_;
  fake_client client_;
  message::principal who_;
  std::map<std::string, std::pair<plugin::host*, plugin::instance*>> hosts_;
  std::uint64_t ordinal_ = 0;
  std::unique_ptr<shared> house_;
  std::unique_ptr<shard> shard_;
};

}  // namespace nip::broker
