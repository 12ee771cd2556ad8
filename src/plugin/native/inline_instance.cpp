#include "plugin/native/inline_instance.hpp"

namespace nip::plugin::native {

inline_instance::inline_instance(std::unique_ptr<engine> it, const instance_context& where)
    : engine_(std::move(it)),
      owner_(where.owner),
      inbox_(std::make_shared<inbox>(where.loop, static_cast<receiver&>(*this))),
      in_flight_max_(engine_->free_slots()) {
  engine_->attach(inbox_);
}

inline_instance::~inline_instance() { inbox_->close(); }

void inline_instance::handle(std::span<const work> batch) {
  if (stopping_) {
    for (const work& one : batch)
      inbox_->push(
          {.token = one.token, .status = handled::transient, .error = "the plugin is stopping"});
    return;
  }
  if (busy_) {
    backlog_.insert(backlog_.end(), batch.begin(), batch.end());
    return;
  }
  busy_ = true;
  run(batch);
  while (!backlog_.empty()) {
    running_.clear();
    std::swap(running_, backlog_);
    run(running_);
  }
  running_.clear();
  busy_ = false;
}

void inline_instance::run(std::span<const work> batch) {
  inbox* const to = inbox_.get();
  while (!batch.empty()) {
    const std::size_t taken = std::min<std::size_t>(batch.size(), engine_->batch_max());
    const engine::turn turn = engine_->run(batch.first(taken), {&to, 1});
    for (const engine::emitted& one : turn.emissions)
      owner_.publish(*this, {one.envelope, one.cause, one.level, one.token});
    for (const engine::outcome& one : turn.outcomes) owner_.complete(*this, one.result);
    batch = batch.subspan(taken);
  }
}

void inline_instance::cancel(std::uint64_t token) {
  if (engine_ != nullptr) engine_->cancel({inbox_.get(), token});
}

void inline_instance::published(std::uint64_t token, const status& outcome) {
  if (engine_ != nullptr) engine_->published(token, outcome);
}

health_report inline_instance::health() {
  if (engine_ == nullptr || stopping_) return {health_state::stopped, {}};
  return engine_->health();
}

usage_report inline_instance::usage() {
  if (engine_ == nullptr) return {};
  usage_report report = engine_->counters();
  report.memory_bytes = engine_->memory_bytes();
  report.in_flight += backlog_.size();
  return report;
}

void inline_instance::stop(std::function<void()> stopped) {
  stopping_ = true;
  // The inbox keeps the order: what the plugin completes, then what it left open, then the end.
  inbox_->push([this, stopped = std::move(stopped)] {
    engine_->stop();
    engine_->detach(inbox_.get(), "the plugin stopped before it was done");
    inbox_->push([this, stopped] {
      engine_.reset();
      if (stopped) stopped();
    });
  });
}

}  // namespace nip::plugin::native
