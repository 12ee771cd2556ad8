// The end of a run: troubles cease, everything that is on its way arrives, and accounts are closed.
#include "simulation/world.hpp"

namespace nip::simulation {

using namespace std::chrono_literals;

/// One round of everything that is ready. False when nothing was.
bool world::work_once() {
  bool worked = false;
  process_->step_journal();
  for (unsigned i = 0; i < around_->shards; ++i) {
    if (!process_->alive()) return true;
    worked |= process_->shard_is_ready(i);
    process_->turn(i, 100);
  }
  while (process_->alive() && process_->control_is_ready()) {
    process_->step_control();
    worked = true;
  }
  while (process_->alive() && process_->reader_is_ready()) {
    process_->step_reader();
    worked = true;
  }
  return worked;
}

void world::heal() {
  platter_.files.set_capacity(UINT64_MAX);
  plugins_->be_kind();
  for (int starts = 0; !process_ && starts < 20; ++starts) {
    start();
    if (!process_->alive()) bury();
  }
  if (!process_) return told_.broken("the broker does not start any more");
  for (const char* each : {"alpha", "gamma"}) process_->enable(each, true);
}

/// False when the process died on the way, of a fault that was still in store.
bool world::come_to_rest() {
  constexpr int rounds_max = 20'000;
  int idle = 0;
  for (int i = 0; i < rounds_max && process_->alive(); ++i) {
    ++met_.steps;
    process_->check_bounds();
    if (told_.is_broken()) return true;
    const bool answers = plugins_->keeps_work();
    if (answers) plugins_->answer_one();
    if (work_once() || answers) {
      idle = 0;
      continue;
    }
    // The journal's own timers are not among those of the shards.
    const auto next = process_->next_timer();
    if (next == mono_time::never() && ++idle > 4) return true;
    const auto step = next - clock_.mono();
    clock_.advance(std::clamp<nanoseconds>(step, 1ms, 100ms));
    if (step < 100ms) continue;
    clock_.advance(std::min<nanoseconds>(step, 60s) - 100ms);
  }
  if (process_->alive()) told_.broken("the broker does not come to rest");
  return !process_->alive() ? false : true;
}

void world::finish() {
  for (int lives = 0; lives < 20; ++lives) {
    if (told_.is_broken()) return;
    heal();
    weights_.crash = 0;
    if (told_.is_broken()) return;
    if (!come_to_rest()) {
      bury();
      continue;
    }
    if (told_.is_broken()) return;
    return look_at_the_end();
  }
  told_.broken("the broker dies again and again");
}

void world::look_at_the_end() {
  process_->list_dead_letters();
  if (!come_to_rest()) return bury(), finish();
  process_->check_nothing_is_left();
  promises_->check_end(process_->letters());
  if (told_.is_broken()) return;
  // What is over stays over: the next process finds nothing to do.
  process_->close();
  process_->files().die();
  next_ending_ = ending::stopped;
  bury();
  heal();
  if (told_.is_broken()) return;
  if (!come_to_rest()) return bury();
  process_->check_nothing_is_left();
  bury();
}

}  // namespace nip::simulation
