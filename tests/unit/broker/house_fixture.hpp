// A house of one shard over a bus that outlives it, with files and plugins that the test plays.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "broker/house.hpp"
#include "state/sqlite_store.hpp"
#include "unit/broker/broker_fixture.hpp"
#include "unit/broker/fake_sources.hpp"

namespace nip::broker {

/// A house that is torn down and put up again over the same bus.
class house_fixture : public shard_fixture {
 protected:
  ~house_fixture() override { tear_down(); }

  void put_up(const json& rules = {{{"id", "r"}, {"to", {"echo", "fraud"}}}},
              const options& chosen = {}) {
    files_.says.rules.clear();
    for (const auto& each : rules)
      files_.says.rules.push_back(router::parse_rule(each, router::origin::file, "").value());
    known_ = std::make_unique<ledger>(ledger::bounds{std::chrono::minutes(10), 1000, 1000});
    ASSERT_TRUE(events_.scan(seq_t(1), *known_));
    house_parts parts{events_, *known_,  catalogue_, plugins_, *kept_, files_,
                      clock_,  control_, reader_,    feeder_,  {}};
    whole_ = std::make_unique<house>(chosen, parts);
    ASSERT_TRUE(whole_->open({shard_surroundings{0, loop_, clock_, random_, timers_}}));
    whole_->at(0).attach(client_);
    ASSERT_TRUE(whole_->recover());
    settle();
  }
  void tear_down() {
    whole_.reset();
    for (const char* each : {"echo", "fraud"}) plugins_.of(each).seen.clear();
  }
  void settle() {
    for (int i = 0; i < 5; ++i) {
      control_.drain();
      reader_.drain();
      feeder_.drain();
      loop_.drain();
      whole_->at(0).end_turn();
    }
  }
  void send(std::string text) {
    const auto size = text.size();
    text.append(message::message::padding, '\0');
    submission what;
    what.text = std::string_view(text).substr(0, size);
    what.who = &who_;
    what.from = {1, 1, ++ordinal_};
    whole_->at(0).submit(what);
    settle();
  }
  void pass_time(nanoseconds time) {
    const auto until = clock_.mono() + time;
    while (clock_.mono() < until) {
      const auto next = std::min(timers_.next_due(), until);
      if (next > clock_.mono()) clock_.advance(next - clock_.mono());
      timers_.advance(clock_.mono());
      settle();
    }
  }
  /// Asks, lets everything run, and gives the answer.
  template <class Ask>
  result<json> answer_to(Ask&& ask) {
    result<json> out = fail(errc::internal, "no answer");
    ask([&](result<json> said) { out = std::move(said); });
    settle();
    return out;
  }
  json replay(replay_wish what) {
    return answer_to([&](respond done) { whole_->replay(0, who_, what, done); }).value();
  }
  error replay_refused(replay_wish what) {
    return answer_to([&](respond done) { whole_->replay(0, who_, what, done); }).error();
  }
  /// How a job stands once its shard has looked at its timers again.
  json job_of(const json& begun) {
    pass_time(std::chrono::milliseconds(2));
    const std::string id = begun.at("id");
    return answer_to([&](respond done) { whole_->get_job(0, who_, id, done); }).value();
  }
  /// What was stored, message by message.
  json envelope(std::size_t position) { return json::parse(events_.stored.at(position).envelope); }
  json dead(dead_letter_choice which = {}) {
    return answer_to([&](respond done) { whole_->list_dead_letters(0, who_, which, {}, done); })
        .value()["items"];
  }
  json redrive(redrive_wish what = {}) {
    return answer_to([&](respond done) { whole_->redrive(0, who_, what, done); }).value();
  }
  std::vector<plugin::work>& seen(const char* name) { return plugins_.of(name).seen; }

  fake_files files_;
  fake_catalogue catalogue_;
  std::unique_ptr<state::state_store> kept_ = state::open_sqlite(":memory:").value();
  list_executor control_;
  list_executor reader_;
  list_executor feeder_;
  std::unique_ptr<ledger> known_;
  std::unique_ptr<house> whole_;
};

}  // namespace nip::broker
