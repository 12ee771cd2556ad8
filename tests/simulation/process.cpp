#include "simulation/process.hpp"

#include <utility>

namespace nip::simulation {
namespace {

constexpr std::size_t admitted_ahead_max = 64;

const message::principal& tenant(std::uint64_t number) {
  static const message::principal first{
      .name = "one", .tenant_name = "one", .tenant = tenant_id(1)};
  static const message::principal second{
      .name = "two", .tenant_name = "two", .tenant = tenant_id(2)};
  return number == 1 ? first : second;
}

broker::redrive_wish redrive_all() {
  broker::redrive_wish all;
  all.force = true;
  return all;
}

}  // namespace

process::process(surroundings& around)
    : around_(around),
      files_(around.platter),
      known_({around.broker.idempotency_window, around.broker.idempotency_keys_max,
              around.broker.dead_letters_max},
             around.broker.envelope) {
  for (unsigned i = 0; i < around.shards; ++i)
    shards_.push_back(std::make_unique<shard_loop>(around.clock.mono()));
}

/// Whatever it does from here on, nobody sees it and no disk keeps it.
process::~process() {
  files_.die();
  around_.plugins.process_died();
  house_.reset();
  events_.reset();
}

status process::start() {
  NIP_TRY(opened,
          bus::open_journal(around_.journal, files_, around_.clock, around_.shards, &known_));
  journal_ = &dynamic_cast<bus::journal::journal_bus&>(*opened);
  events_ = std::make_unique<watched_bus>(std::move(opened), around_.promises);
  events_->on_failure([this](const error& why) {
    if (!std::exchange(failed_, true)) around_.told.note("journal: failed: {}", why.detail);
  });
  events_->on_damage([this](const bus::recovery_report::damage& each) {
    around_.told.broken("the scrub found damage: " + each.reason);
  });
  NIP_CHECK(begin_life());
  house_ = std::make_unique<broker::house>(around_.broker, broker::house_parts{*events_,
                                                                               known_,
                                                                               around_.folder,
                                                                               around_.plugins,
                                                                               around_.kept,
                                                                               around_.files,
                                                                               around_.clock,
                                                                               control_,
                                                                               reader_,
                                                                               feeder_,
                                                                               {}});
  std::vector<broker::shard_surroundings> loops;
  for (unsigned i = 0; i < around_.shards; ++i)
    loops.push_back({i, shards_[i]->posts, around_.clock, around_.random, shards_[i]->timers});
  NIP_CHECK(house_->open(loops));
  for (unsigned i = 0; i < around_.shards; ++i) house_->at(i).attach(*this);
  note_generation();
  NIP_CHECK(house_->recover());
  around_.promises.check_resumed(house_->resumed());
  forced_ = house_->resumed() > 0;
  return {};
}

/// What the ledger came to by checkpoints is what a scan of everything comes to.
status process::begin_life() {
  fold scanned;
  NIP_CHECK(events_->scan(seq_t(1), scanned));
  if (!events_->recovery().quarantined.empty())
    around_.told.broken("a crash left damage: " + events_->recovery().quarantined.front().reason);
  const auto open = known_.open();
  bool same = open.messages() == scanned.open_messages();
  for (const auto& [seq, index] : scanned.open) same &= open.is_open(seq_t(seq), index);
  if (!same) around_.told.broken("the ledger and a scan of the journal differ");
  around_.promises.begin_life(scanned);
  began_ = true;
  return {};
}

void process::submit(unsigned shard, const wish& what) {
  std::string padded = what.text;
  padded.append(message::message::padding, '\0');
  broker::submission said;
  said.text = std::string_view(padded).substr(0, what.text.size());
  said.who = &tenant(what.tenant);
  said.level = what.level;
  said.idempotency_key = what.idempotency_key;
  said.wait = what.wait;
  said.from = {shard, 1, around_.promises.submitted(what)};
  forced_ |= what.line != 0;
  around_.told.note("shard {}: is given #{}", shard, said.from.ordinal);
  house_->at(shard).submit(said);
}

bool process::shard_is_ready(unsigned shard) const {
  return !shards_[shard]->posts.empty() ||
         shards_[shard]->timers.next_due() <= around_.clock.mono();
}

mono_time process::next_timer() const {
  auto next = mono_time::never();
  for (const auto& each : shards_) next = std::min(next, each->timers.next_due());
  return next;
}

/// As the thread of a shard does it: what is posted, then timers, then the end of the turn.
void process::turn(unsigned shard, std::size_t handlers_max) {
  auto& here = *shards_[shard];
  around_.told.note("shard {}: a turn, {} posts of {}", shard,
                    std::min(handlers_max, here.posts.size()), here.posts.size());
  for (std::size_t i = 0; i < handlers_max && !here.posts.empty(); ++i) here.posts.run_one();
  here.timers.advance(around_.clock.mono());
  house_->at(shard).end_turn();
}

void process::step_control() {
  control_.run_one();
  note_generation();
}

void process::note_generation() {
  const auto& now = house_->current();
  around_.promises.generation(now.id, now.rules->find("extra") != nullptr);
}

void process::step_reader() { reader_.run_one(); }

void process::step_journal() { journal_->step(); }

broker::respond process::answered(std::string what) {
  ++asked_;
  return [this, what = std::move(what)](const result<nlohmann::json>& said) {
    --asked_;
    around_.told.note("operator: {}: {}", what,
                      said ? said->dump() : std::string(said.error().detail));
  };
}

void process::redrive() {
  around_.promises.operator_redrives();
  forced_ = true;
  for (unsigned i = 1; i <= 2; ++i)
    house_->redrive(0, tenant(i), redrive_all(), answered("redrive"));
}

void process::purge() {
  house_->purge(0, tenant(1), broker::dead_letter_choice(), false, answered("purge"));
}

void process::put_extra_rule(bool there) {
  if (!there) return house_->delete_rule(0, {}, "extra", answered("delete rule"));
  house_->put_rule(0, {}, "extra",
                   {{"when", "message.type == 'fan' || message.type == 'lost'"}, {"to", "epsilon"}},
                   answered("put rule"));
}

void process::enable(const std::string& plugin, bool on) {
  using action = broker::administration::plugin_action;
  house_->act_on_plugin(0, {}, plugin, on ? action::enable : action::disable,
                        answered(on ? "enable" : "disable"));
}

void process::drain(mono_time deadline) {
  for (unsigned i = 0; i < shards_.size(); ++i)
    shards_[i]->posts.post(
        [this, i, deadline] { house_->at(i).drain(deadline, [this](std::size_t) { ++drains_; }); });
}

void process::close() { events_->close(); }

void process::list_dead_letters() {
  letters_.clear();
  for (unsigned i = 1; i <= 2; ++i)
    house_->list_dead_letters(
        0, tenant(i), broker::dead_letter_choice(), {.cursor = {}, .limit = 1000},
        [this, i](const result<nlohmann::json>& said) {
          for (const auto& each : said->at("items")) {
            const auto seq = each["seq"].get<std::uint64_t>();
            letters_.insert({i, seq, seq == 0 ? each["id"].get<std::string>() : "",
                             each["delivery"].get<std::uint16_t>()});
          }
        });
}

void process::check_bounds() {
  if (!house_) return;
  std::int64_t used = 0;
  for (unsigned i = 0; i < shards_.size(); ++i) {
    const auto& deliveries = house_->at(i).deliveries();
    used += deliveries.memory_used();
    for (const auto& [name, to] : deliveries.targets())
      // What was admitted before it was full may still come in.
      if (to->backlog_.size() > around_.broker.delivery.backlog_max + admitted_ahead_max)
        around_.told.broken("the backlog of " + name + " is over its bound");
    forced_ |= deliveries.parked() > 0;
  }
  if (used < 0) around_.told.broken("more memory was given back than taken");
  if (!forced_ && used > static_cast<std::int64_t>(around_.broker.delivery.memory_bytes_max))
    around_.told.broken("the memory budget is overdrawn");
}

void process::check_nothing_is_left() {
  auto& told = around_.told;
  const auto none = [&](std::size_t count, const char* what) {
    if (count != 0) told.broken(fmt::format("{} {} left at the end", count, what));
  };
  none(asked_, "operations without an answer are");
  for (unsigned i = 0; i < shards_.size(); ++i) {
    const auto& shard = house_->at(i);
    const auto& deliveries = shard.deliveries();
    none(shard.open_messages(), "messages are");
    none(deliveries.open_deliveries(), "deliveries are");
    none(deliveries.parked(), "deliveries on disk are");
    none(static_cast<std::size_t>(deliveries.memory_used()), "bytes of the budget are");
    none(shards_[i]->timers.armed(), "timers are");
    none(shard.counters().unreadable.value(), "messages that could not be read back are");
    for (const auto& [name, to] : deliveries.targets()) {
      none(to->admitted_, "places in queues are");
      none(to->held_bytes_, "bytes in queues are");
      none(to->in_flight_ + to->queued() + to->backlog_.size(), "deliveries in queues are");
    }
  }
}

void process::on_accepted(const broker::caller& to, const broker::accepted& what) {
  around_.promises.accepted(to.ordinal, what);
}
void process::on_refused(const broker::caller& to, const error& why) {
  around_.promises.refused(to.ordinal, why);
}
void process::on_reply(const broker::caller& to, const message::message_ptr&) {
  around_.promises.replied(to.ordinal);
}
void process::on_no_reply(const broker::caller& to, broker::no_reply, std::string_view) {
  around_.promises.replied(to.ordinal);
}

}  // namespace nip::simulation
