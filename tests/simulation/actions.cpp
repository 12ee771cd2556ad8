// What may happen in a run, one thing at a time.
#include "simulation/world.hpp"

namespace nip::simulation {

using namespace std::chrono_literals;

void world::start() {
  ++met_.lives;
  process_ = std::make_unique<process>(*around_);
  // A start may be cut short as well.
  if (weights_.crash > 0 && happens(15)) crash_within();
  if (const auto done = process_->start(); !done) {
    told_.note("process: does not start: {}", done.error().detail);
    // A dead process has no life to end: no model has heard of it yet, or it ends as any other.
    process_->files().die();
  }
}

void world::act() {
  if (!process_) {
    if (weights_.crash > 0 && happens(10)) power_cut();
    return start();
  }
  const auto& w = weights_;
  std::uint64_t sum = 0;
  for (const auto each : {w.submit, w.repeat, w.turn, w.journal, w.reader, w.control, w.answer,
                          w.advance, w.sleep, w.look_around, w.jump_wall, w.rules, w.enable,
                          w.redrive, w.purge, w.crash, w.stop, w.disk_fault, w.disk_full})
    sum += each;
  auto dice = static_cast<unsigned>(random_.below(sum));
  const auto drawn = [&](unsigned weight) {
    if (dice < weight) return true;
    dice -= weight;
    return false;
  };
  const auto shard = static_cast<unsigned>(random_.below(around_->shards));
  if (drawn(w.submit)) return submit_something();
  if (drawn(w.repeat)) return repeat_something();
  if (drawn(w.turn)) return process_->turn(shard, random_.below(4));
  if (drawn(w.journal)) return process_->step_journal();
  if (drawn(w.reader)) return process_->reader_is_ready() ? process_->step_reader() : void();
  if (drawn(w.control)) return process_->control_is_ready() ? process_->step_control() : void();
  if (drawn(w.answer)) return plugins_->answer_one();
  if (drawn(w.advance)) return advance();
  if (drawn(w.sleep)) return clock_.advance(std::chrono::seconds(1 + random_.below(5)));
  if (drawn(w.look_around)) return process_->look_around(shard);
  if (drawn(w.jump_wall)) {
    const auto by = std::chrono::seconds(random_.below(240)) - 120s;
    promises_->wall_jumped(by);
    return clock_.jump_wall(by);
  }
  if (drawn(w.rules)) return operate_rules();
  if (drawn(w.enable)) return process_->enable(happens(50) ? "alpha" : "gamma", happens(50));
  if (drawn(w.redrive)) return process_->redrive();
  if (drawn(w.purge)) return process_->purge();
  if (drawn(w.crash)) return happens(50) ? crash_within() : crash();
  if (drawn(w.stop)) return stop_in_order();
  if (drawn(w.disk_full)) return fill_disk();
  using operation = test::fake_file_system::operation;
  told_.note("disk: an operation will fail");
  platter_.files.fail(happens(50) ? operation::write : operation::sync,
                      1 + static_cast<int>(random_.below(6)));
}

/// To the next timer, or a little.
void world::advance() {
  const auto next = process_->next_timer();
  const auto now = clock_.mono();
  if (happens(50) && next > now && next - now < 10s) return clock_.advance(next - now);
  clock_.advance(std::chrono::microseconds(random_.below(20'000)));
}

wish world::make_wish() {
  static constexpr const char* types[] = {"fan",  "line",  "pick", "brief", "late",
                                          "lost", "steps", "best", "share"};
  using message::ack_level;
  wish out;
  out.mark = ++mark_;
  out.tenant = 1 + random_.below(2);
  out.type = types[random_.below(std::size(types))];
  const auto dice = random_.below(10);
  out.level = dice < 6 ? ack_level::fsync : dice < 8 ? ack_level::buffered : ack_level::memory;
  if (out.type == "line") out.line = 1 + random_.below(3);
  if (happens(15)) out.wait = std::chrono::milliseconds(random_.below(2000));
  std::string id;
  std::string metadata;
  switch (random_.below(4)) {
    case 0:
      id = fmt::format(R"("id":"m{}",)", out.mark);
      break;
    case 1:
      metadata = fmt::format(R"("idempotency_key":"k{}")", out.mark);
      break;
    case 2:
      out.idempotency_key = fmt::format("t{}", out.mark);
      break;
    default:
      break;
  }
  out.keyed = !id.empty() || !metadata.empty() || !out.idempotency_key.empty();
  const auto add = [&](std::string more) { metadata += metadata.empty() ? more : "," + more; };
  // What comes later is raised to fsync, and has no place in its key's order.
  if (out.line == 0 && out.level == ack_level::fsync && happens(10)) {
    const auto after = std::chrono::milliseconds(1 + random_.below(3000));
    out.delay = after;
    add(fmt::format(R"("delay":"{}ms")", after.count()));
  } else if (happens(10)) {
    const auto after = std::chrono::milliseconds(100 + random_.below(2000));
    out.deadline = after;
    add(fmt::format(R"("deadline":"{}ms")", after.count()));
  }
  if (happens(20)) add(R"("priority":"high")");
  out.text =
      fmt::format(R"({{{}"type":"{}","data":{{"mark":{},"line":"l{}","pad":"{}"}},)"
                  R"("metadata":{{{}}}}})",
                  id, out.type, out.mark, out.line, std::string(random_.below(700), 'x'), metadata);
  return out;
}

void world::say(const wish& what) {
  const auto shard = static_cast<unsigned>(random_.below(around_->shards));
  process_->submit(shard, what);
  // Most turns take one message, some a few.
  if (happens(60)) process_->turn(shard, 0);
}

void world::submit_something() {
  const auto what = make_wish();
  if (what.keyed) said_.push_back(what);
  say(what);
}

void world::repeat_something() {
  if (said_.empty()) return;
  // The last ones most: those are without an answer, or not durable yet.
  const auto back = std::min<std::uint64_t>(random_.below(said_.size()), random_.below(8));
  auto what = said_[said_.size() - 1 - back];
  what.wait.reset();
  say(what);
}

void world::operate_rules() {
  extra_rule_ = happens(70) ? !extra_rule_ : extra_rule_;
  process_->put_extra_rule(extra_rule_);
}

void world::crash() {
  if (happens(50)) {
    next_ending_ = ending::power_cut;
    power_cut();
  }
  process_->files().die();
}

/// At one of the next operations on the disk.
void world::crash_within() {
  const bool power = happens(70);
  process_->files().strike_at(1 + static_cast<int>(random_.below(12)), happens(30), [this, power] {
    if (!power) return;
    next_ending_ = ending::power_cut;
    power_cut();
  });
}

void world::power_cut() {
  using survival = test::fake_file_system::survival;
  ++met_.power_cuts;
  const auto kept = static_cast<survival>(random_.below(4));
  told_.note("disk: power cut, of what was not synced stays {}", static_cast<int>(kept));
  platter_.power_cut({.kept = kept,
                      .bytes_kept = random_.below(3000),
                      .block_bytes = 512,
                      .random = &random_,
                      .keep_names = happens(50)});
}

/// A disk that is full for a while; the next time it has room again.
void world::fill_disk() {
  const bool full = happens(50);
  told_.note("disk: {}", full ? "nearly full" : "has room");
  platter_.files.set_capacity(full ? platter_.files.used_bytes() + random_.below(20'000)
                                   : UINT64_MAX);
}

void world::stop_in_order() {
  process_->drain(clock_.mono() + 2s);
  for (int i = 0; i < 200 && process_->alive() && !process_->drained(); ++i) {
    const bool idle = !work_once();
    if (idle && happens(50)) plugins_->answer_one();
    if (idle) advance();
  }
  if (!process_->alive() || !process_->drained()) return process_->files().die();
  process_->close();
  if (!process_->alive()) return;
  next_ending_ = ending::stopped;
  process_->files().die();
}

}  // namespace nip::simulation
