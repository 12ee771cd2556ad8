// A dispatcher with plugins, an owner and a clock that the test plays.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "delivery/dispatcher.hpp"
#include "message/codec.hpp"

namespace nip::delivery {

/// Keeps what is posted until the test drains it.
class list_executor final : public executor {
 public:
  void post(std::function<void()> work) override { waiting_.push_back(std::move(work)); }
  void drain() {
    while (!waiting_.empty()) {
      auto work = std::move(waiting_.front());
      waiting_.pop_front();
      work();
    }
  }

 private:
  std::deque<std::function<void()>> waiting_;
};

/// What all instances of one plugin name share: how they behave and what they saw.
struct plugin_script {
  std::function<void(plugin::host&, plugin::instance&, const plugin::work&)> on_work;
  std::string start_failure;
  plugin::health_report health;
  std::size_t in_flight_max = 1000;
  std::vector<plugin::work> seen;
  std::vector<std::size_t> batches;
  std::vector<std::uint64_t> cancelled;
  int created = 0;
  int alive = 0;
  std::function<void()> stopping;  ///< the last stop()'s callback, when `holds_stop`
  bool holds_stop = false;
};

class fake_instance final : public plugin::instance {
 public:
  fake_instance(plugin_script& script, plugin::host& to) : script_(script), to_(to) {
    ++script_.alive;
  }
  ~fake_instance() override { --script_.alive; }
  void handle(std::span<const plugin::work> batch) override {
    script_.batches.push_back(batch.size());
    const std::vector<plugin::work> own(batch.begin(), batch.end());
    for (const auto& each : own) {
      script_.seen.push_back(each);
      if (script_.on_work) script_.on_work(to_, *this, each);
    }
  }
  void cancel(std::uint64_t token) override { script_.cancelled.push_back(token); }
  void published(std::uint64_t, const status&) override {}
  std::size_t in_flight_max() const override { return script_.in_flight_max; }
  plugin::health_report health() override { return script_.health; }
  plugin::usage_report usage() override { return {}; }
  void stop(std::function<void()> stopped) override {
    if (script_.holds_stop)
      script_.stopping = std::move(stopped);
    else
      stopped();
  }

 private:
  plugin_script& script_;
  plugin::host& to_;
};

class fake_runtime final : public plugin::runtime {
 public:
  plugin_script& of(const std::string& name) { return scripts_[name]; }
  result<std::unique_ptr<plugin::instance>> create(const plugin::spec_ptr& what,
                                                   const plugin::instance_context& where) override {
    auto& script = scripts_[what->set.name];
    ++script.created;
    if (!script.start_failure.empty()) return fail(errc::unavailable, script.start_failure);
    return std::make_unique<fake_instance>(script, where.owner);
  }

 private:
  std::map<std::string, plugin_script> scripts_;
};

class delivery_fixture : public testing::Test, protected flight_owner {
 protected:
  struct outcome {
    seq_t seq;
    bus::outcome_kind kind;
    std::uint16_t attempt;
    std::string error;
    wall_time next;
  };
  using handled = plugin::handled;

  ~delivery_fixture() override { dispatcher_.reset(); }

  void start(options chosen = {}, std::uint64_t memory = std::uint64_t{64} << 20) {
    chosen_ = chosen;
    dispatcher_.reset();  // it gives its memory back
    budget_ = std::make_unique<memory_budget>(memory);
    dispatcher_ = std::make_unique<dispatcher>(
        surroundings{0, 1, loop_, clock_, random_, timers_, plugins_, *budget_, chosen_, *this});
  }
  /// A spec of its own each time, so that naming a plugin again replaces it.
  void have(const std::string& name, bool enabled = true, std::uint32_t batch_max = 0) {
    auto made = std::make_shared<plugin::spec>();
    made->set.name = made->about.name = name;
    made->set.enabled = enabled;
    made->set.batch_max = batch_max;
    specs_[name] = std::move(made);
    dispatcher_->set_plugins(specs_);
  }
  static router::planned_delivery to(std::vector<std::string> names,
                                     router::strategy how = router::strategy::all) {
    router::planned_delivery out;
    out.rule = "r";
    out.how = how;
    for (auto& each : names) out.targets.push_back({std::move(each), false, 1});
    return out;
  }
  message::message_ptr make(std::string_view text) {
    padded_.assign(text);
    padded_.append(message::message::padding, '\0');
    const auto in = codec_.parse(std::string_view(padded_).substr(0, text.size()));
    EXPECT_TRUE(in) << in.error().detail;
    return message::make_message(
        pool_, *in, {default_tenant, clock_.wall(), "01890a5d-ac96-774b-bcce-b302099a8057", {}});
  }
  /// A flight that is admitted, filled and not launched.
  flight& board(std::vector<router::planned_delivery> deliveries,
                std::string_view text = R"({"type":"t"})",
                std::vector<std::uint64_t> order_keys = {}) {
    auto& out = dispatcher_->open_flight();
    out.message = make(text);
    // Messages of one kind share their plan, as those of the matcher do.
    if (!plan_ || plan_->deliveries() != deliveries)
      plan_ = new router::plan(generation_id(1), std::move(deliveries), {});
    out.plan = plan_;
    out.seq = seq_t(++last_seq_);
    out.level = message::ack_level::fsync;
    out.order_keys.assign(order_keys.begin(), order_keys.end());
    EXPECT_TRUE(dispatcher_->admit(*out.plan, *out.message, true));
    return out;
  }
  /// The same for some deliveries that go on: its queues count only those.
  flight& board_again(std::vector<router::planned_delivery> deliveries,
                      std::vector<std::uint64_t> order_keys = {}) {
    auto& out = board(std::move(deliveries), R"({"type":"t"})", std::move(order_keys));
    dispatcher_->withdraw(*out.plan, *out.message);
    dispatcher_->admit_anyway(*out.message);
    return out;
  }
  flight& send(router::planned_delivery one, std::string_view text = R"({"type":"t"})",
               std::uint64_t order_key = 0) {
    auto& out =
        board({std::move(one)}, text,
              order_key ? std::vector<std::uint64_t>{order_key} : std::vector<std::uint64_t>{});
    dispatcher_->launch(out);
    dispatcher_->let_in(seq_t(last_seq_ + 1));
    dispatcher_->pump();
    return out;
  }
  void answer(const plugin::work& what, handled how = handled::done, std::string_view text = {},
              nanoseconds retry_after = {}) {
    plugin::completion said;
    said.token = what.token;
    said.status = how;
    said.retry_after = retry_after;
    (how == handled::done ? said.reply : said.error) = text;
    fake_instance anyone(nobody_, *dispatcher_);
    dispatcher_->complete(anyone, said);
    dispatcher_->pump();
  }
  void pass(nanoseconds time) {
    const auto until = clock_.mono() + time;
    while (clock_.mono() < until) {
      const auto next = std::min(timers_.next_due(), until);
      if (next > clock_.mono()) clock_.advance(next - clock_.mono());
      timers_.advance(clock_.mono());
      dispatcher_->pump();
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
  delivery_state state_of(const flight& what, std::size_t index = 0) const {
    return what.deliveries[index]->state;
  }
  std::vector<plugin::work>& seen(const std::string& name) { return plugins_.of(name).seen; }

  void on_outcome(delivery& of, bus::outcome_kind kind, wall_time next) override {
    outcomes_.push_back({of.owner->seq, kind, of.attempt, of.error, next});
  }
  status on_reply(delivery&, std::string_view envelope) override {
    if (!envelope.starts_with('{')) return fail(errc::parse, "not an envelope");
    replies_.emplace_back(envelope);
    return {};
  }
  result<message::message_ptr> on_step(delivery&, std::string_view envelope) override {
    if (!envelope.starts_with('{')) return fail(errc::parse, "not an envelope");
    return make(envelope);
  }
  void on_closed(flight& what) override {
    closed_.push_back(what.seq);
    dispatcher_->settle(*what.message);
    if (releases_) dispatcher_->release(what);
  }
  void on_parked(flight& what) override {
    parked_.push_back(what.seq);
    dispatcher_->settle(*what.message);
    dispatcher_->release(what);
  }
  void on_fetch(target& for_whom, std::vector<parked_delivery> which) override {
    fetches_.emplace_back(&for_whom, std::move(which));
  }
  void on_wait_over(flight&) override {}
  void on_emission(plugin::instance&, const plugin::emission&) override { ++emissions_; }
  void send_home(delivery& one, unsigned shard) override {
    sent_home_.push_back({one.token, shard});
  }

  manual_clock clock_;
  xoshiro random_{42};
  timer_wheel timers_{clock_.mono()};
  list_executor loop_;
  fake_runtime plugins_;
  plugin_script nobody_;
  options chosen_;
  std::unique_ptr<memory_budget> budget_;
  message::codec codec_;
  buffer_pool pool_;
  plugin::spec_map specs_;
  std::vector<outcome> outcomes_;
  std::vector<std::string> replies_;
  std::vector<seq_t> closed_;
  std::vector<std::pair<std::uint64_t, unsigned>> sent_home_;
  std::vector<seq_t> parked_;
  std::vector<std::pair<target*, std::vector<parked_delivery>>> fetches_;
  int emissions_ = 0;
  bool releases_ = false;
  std::uint64_t last_seq_ = 0;
  router::plan_ptr plan_;
  std::string padded_;
  std::unique_ptr<dispatcher> dispatcher_;
};

}  // namespace nip::delivery
