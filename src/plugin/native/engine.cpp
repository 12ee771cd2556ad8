#include "plugin/native/engine.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nip::plugin::native {

namespace {

/// Which engine is inside its plugin on this thread: tells a call from inside from one of a foreign
/// thread.
thread_local const engine* inside = nullptr;

std::uint32_t chosen(std::uint32_t override_by, std::uint32_t declared) {
  return override_by != 0 ? override_by : declared;
}

}  // namespace

class engine::call_scope {
 public:
  explicit call_scope(const engine* it) : outer_(std::exchange(inside, it)) {}
  ~call_scope() { inside = outer_; }
  call_scope(const call_scope&) = delete;
  call_scope& operator=(const call_scope&) = delete;

 private:
  const engine* outer_;
};

engine::engine(spec_ptr what, const clock_source& clock, std::shared_ptr<const taps> to)
    : what_(std::move(what)),
      clock_(clock),
      voice_(what_->set.name, std::move(to), clock),
      table_(make_host_table(*this)),
      open_(chosen(what_->set.in_flight_max, what_->about.in_flight_max)),
      batch_max_(std::min(chosen(what_->set.batch_max, what_->about.batch_max), open_.capacity())) {
}

result<std::unique_ptr<engine>> engine::start(spec_ptr what, const clock_source& clock,
                                              std::shared_ptr<const taps> to) {
  std::unique_ptr<engine> made(new engine(std::move(what), clock, std::move(to)));
  const call_scope scope(made.get());
  NIP_TRY(started, object::start(*made->what_, &made->table_, made->reason_));
  made->object_ = std::move(started);
  made->tells_cancels_ = true;
  return made;
}

engine::~engine() { end(); }

void engine::end() {
  if (object_ == nullptr) return;
  stop();
  const call_scope scope(this);
  object_.reset();
  if (const auto kept = retained_.exchange(0); kept != 0)
    violated(fmt::format("ended with {} messages retained; their memory is lost", kept));
}

engine::turn engine::run(std::span<const work> batch, std::span<inbox* const> to) {
  outcomes_.clear();
  emissions_.clear();
  prepare(batch, to);
  const std::size_t taken = frame_.size();
  if (taken > 0) call();
  settle(batch.first(taken), to);
  refuse(batch.subspan(taken), to.size() == 1 ? to : to.subspan(taken));
  return {emissions_, outcomes_};
}

void engine::prepare(std::span<const work> batch, std::span<inbox* const> to) {
  frame_.clear();
  frame_to_ = to;
  for (std::size_t i = 0; i < std::min<std::size_t>(batch.size(), batch_max_); ++i) {
    const auto token = open_.open({to[to.size() == 1 ? 0 : i], batch[i].token});
    if (!token) return;
    frame_.add().fill(batch[i], *token);
  }
}

void engine::call() {
  const call_scope scope(this);
  handling_.store(true, std::memory_order_relaxed);
  const std::string thrown = object_->handle(frame_.deliveries(), frame_.results(), frame_.size());
  if (!thrown.empty()) {
    violated(fmt::format("threw out of handle: {}", thrown));
    call_one_by_one(thrown);
  }
  handling_.store(false, std::memory_order_relaxed);
}

bool engine::is_inside() const noexcept { return inside == this; }

/// The batch threw somewhere: what has no status yet is tried alone, so that one poisonous message
/// does not take the others with it.
void engine::call_one_by_one(const std::string& thrown) {
  const bool alone = frame_.size() == 1;
  for (std::size_t i = 0; i < frame_.size(); ++i) {
    call_slot& slot = frame_[i];
    if (slot.result.status != status_unset || !open_.is_running(slot.delivery.token)) continue;
    const std::string again =
        alone ? thrown : object_->handle(frame_.deliveries() + i, frame_.results() + i, 1);
    if (again.empty()) continue;
    slot.result.status = NIP_PERMANENT;
    slot.error.clear(text_bytes_kept);
    const std::string words =
        fmt::format("plugin \"{}\" threw in handle: {}", what_->set.name, again);
    slot.error.raw()->write(slot.error.raw()->context, words.data(), words.size());
  }
}

void engine::settle(std::span<const work> batch, std::span<inbox* const> to) {
  std::uint64_t failed = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    call_slot& slot = frame_[i];
    if (slot.result.status == NIP_PENDING) {
      open_.park(slot.delivery.token, batch[i].message);
      continue;
    }
    if (!open_.close(slot.delivery.token)) {
      // It was completed or cancelled while handle ran; a status on top of that is one answer too
      // many.
      if (slot.result.status != status_unset)
        violated("answered a delivery that had been completed");
      continue;
    }
    completion result = judge(slot);
    result.token = batch[i].token;
    failed += result.status != handled::done;
    outcomes_.push_back({to[to.size() == 1 ? 0 : i], result});
  }
  handled_.fetch_add(outcomes_.size(), std::memory_order_relaxed);
  if (failed > 0) failed_.fetch_add(failed, std::memory_order_relaxed);
}

completion engine::judge(call_slot& slot) {
  if (slot.reply.overflowed()) {
    slot.note = fmt::format("plugin \"{}\" wrote a reply of more than {} bytes", what_->set.name,
                            reply_bytes_max);
    return {.status = handled::permanent, .error = slot.note};
  }
  return judge(slot.result.status, slot.result.retry_after_ns, slot.reply.text(), slot.error.text(),
               slot.note);
}

completion engine::judge(std::int32_t status, std::int64_t retry_after, std::string_view reply,
                         std::string_view error, std::string& note) {
  if (status == NIP_DONE) return {.status = handled::done, .reply = reply};
  if (status != NIP_TRANSIENT && status != NIP_PERMANENT) {
    note = fmt::format(
        "plugin \"{}\" answered with status {}, which is none of done ({}), transient ({}), "
        "permanent ({}) and pending ({}, from handle only)",
        what_->set.name, status, NIP_DONE, NIP_TRANSIENT, NIP_PERMANENT, NIP_PENDING);
    violations_.fetch_add(1, std::memory_order_relaxed);
    return {.status = handled::permanent, .error = note};
  }
  if (error.empty()) {
    note = fmt::format("plugin \"{}\" gave no reason", what_->set.name);
    error = note;
  }
  return {.status = status == NIP_TRANSIENT ? handled::transient : handled::permanent,
          .retry_after = nanoseconds(std::max<std::int64_t>(retry_after, 0)),
          .error = error};
}

void engine::refuse(std::span<const work> batch, std::span<inbox* const> to) {
  for (std::size_t i = 0; i < batch.size(); ++i)
    outcomes_.push_back(
        {to[to.size() == 1 ? 0 : i],
         {.token = batch[i].token,
          .status = handled::transient,
          .error = "the plugin has as much in flight as it takes (in_flight_max)"}});
}

void engine::attach(std::shared_ptr<inbox> port) {
  const std::lock_guard lock(ports_mutex_);
  ports_.push_back(std::move(port));
}

bool engine::detach(inbox* port, std::string_view why) {
  while (const auto who = open_.claim_any(port))
    port->push({.token = who->token, .status = handled::transient, .error = why});
  const std::lock_guard lock(ports_mutex_);
  const auto it =
      std::find_if(ports_.begin(), ports_.end(), [&](auto& p) { return p.get() == port; });
  if (it != ports_.end()) {
    former_.push_back(std::move(*it));
    ports_.erase(it);
  }
  return ports_.empty();
}

void engine::cancel(slots::waiter who) {
  const auto token = open_.find(who);
  if (!token) return;
  {
    const std::lock_guard lock(object_mutex_);
    if (tells_cancels_) object_->cancel(*token);
  }
  const auto mine = open_.claim(*token);
  if (!mine) return;
  failed_.fetch_add(1, std::memory_order_relaxed);
  mine->to->push({.token = mine->token,
                  .status = handled::transient,
                  .error = "cancelled: nobody waits for it any more"});
  if (starved_.exchange(false)) wake_();
}

void engine::published(std::uint64_t token, const status& became) {
  const call_scope scope(this);
  object_->published(token, became);
}

health_report engine::health() {
  const call_scope scope(this);
  return object_->health();
}

std::uint64_t engine::memory_bytes() {
  const call_scope scope(this);
  return object_->usage().memory_bytes;
}

void engine::stop() {
  const call_scope scope(this);
  {
    const std::lock_guard lock(object_mutex_);
    tells_cancels_ = false;
  }
  object_->stop();
}

usage_report engine::counters() const {
  return {.handled = handled_.load(std::memory_order_relaxed),
          .failed = failed_.load(std::memory_order_relaxed),
          .in_flight = open_.in_use(),
          .violations = violations_.load(std::memory_order_relaxed),
          .retained = static_cast<std::uint64_t>(std::max<std::int64_t>(retained_.load(), 0))};
}

}  // namespace nip::plugin::native
