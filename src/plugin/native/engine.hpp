// One plugin object with its open deliveries: runs batches, and answers what the plugin calls.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "plugin/native/call_frame.hpp"
#include "plugin/native/host_table.hpp"
#include "plugin/native/inbox.hpp"
#include "plugin/native/object.hpp"
#include "plugin/native/slots.hpp"
#include "plugin/native/voice.hpp"
#include "plugin/spec.hpp"

namespace nip::plugin::native {

/// Between one plugin object and the shards that give it work. [worker] functions are called by one
/// thread at a time (the shard of an inline plugin, the thread of a pooled one), the others by any.
/// Inboxes that were added stay alive as long as the engine: a late complete() may still look at
/// one.
class engine final : private host_services {
 public:
  /// Creates, configures and starts the plugin. Fails with its reason. `clock` outlives the engine.
  static result<std::unique_ptr<engine>> start(spec_ptr what, const clock_source& clock,
                                               std::shared_ptr<const taps> to);
  ~engine() override;

  /// An outcome that is known when handle returns; `to` is who waits for it.
  struct outcome {
    inbox* to;
    completion result;
  };
  /// A message emitted inside handle.
  struct emitted {
    inbox* to;
    std::string envelope;
    message::message_ptr cause;
    message::ack_level level;
    std::uint64_t token;
  };
  /// What one batch led to; valid until the next run(). Emissions go out before outcomes, so that
  /// an effect is never lost behind a delivery that is recorded as done.
  struct turn {
    std::span<emitted> emissions;
    std::span<const outcome> outcomes;
  };
  /// [worker] Hands over at most batch_max() pieces of work. to[i] waits for batch[i]; one entry
  /// stands for all. Work is kept alive by the caller until this returns, by the engine when it is
  /// pending.
  turn run(std::span<const work> batch, std::span<inbox* const> to);

  /// Adds a shard's inbox; the first one that is still there receives what is emitted outside
  /// handle.
  void attach(std::shared_ptr<inbox> port);
  /// [worker] Reports what `port` still waits for as transient, and takes it off. True when it was
  /// the last.
  bool detach(inbox* port, std::string_view why);

  /// [any thread] Tells the plugin, and reports the delivery as transient unless the plugin ends it
  /// first.
  void cancel(slots::waiter who);
  /// [worker]
  void published(std::uint64_t token, const status& became);
  health_report health();
  std::uint64_t memory_bytes();
  /// [worker] Tells the plugin to end its threads; what it completes meanwhile still counts.
  void stop();
  /// [worker] Destroys the plugin; only counters() and cancel() mean anything after that.
  void end();

  usage_report counters() const;
  std::uint32_t free_slots() const { return open_.capacity() - open_.in_use(); }
  /// [worker] The next slot that gets free calls `wake` (set before the first run).
  void wake_when_free() { starved_.store(true); }
  void on_free(std::function<void()> wake) { wake_ = std::move(wake); }
  std::uint32_t batch_max() const noexcept { return batch_max_; }
  const spec& about() const noexcept { return *what_; }

 private:
  class call_scope;

  engine(spec_ptr what, const clock_source& clock, std::shared_ptr<const taps> to);
  void prepare(std::span<const work> batch, std::span<inbox* const> to);
  void call();
  void call_one_by_one(const std::string& thrown);
  void settle(std::span<const work> batch, std::span<inbox* const> to);
  completion judge(call_slot& slot);
  completion judge(std::int32_t status, std::int64_t retry_after, std::string_view reply,
                   std::string_view error, std::string& note);
  void refuse(std::span<const work> batch, std::span<inbox* const> to);
  void violated(std::string_view what);
  /// True on the thread that is inside this plugin right now.
  bool is_inside() const noexcept;
  bool is_handling() const noexcept { return handling_ && is_inside(); }
  std::shared_ptr<inbox> home();
  inbox* waiting_for(const nip_message* cause);

  void log(std::uint32_t level, std::string_view text) override;
  std::int64_t now(std::uint32_t clock) const override;
  std::int32_t publish(const nip_emission& emission) override;
  std::int32_t complete(std::uint64_t token, const nip_completion& completion) override;
  void set_error(std::string_view text) override;
  std::int32_t metric(const nip_metric& metric) override;
  void retain(const nip_message& message) override;
  void release(const nip_message& message) override;

  spec_ptr what_;
  const clock_source& clock_;
  voice voice_;
  nip_host table_;
  std::string reason_;  // of set_error
  slots open_;
  std::uint32_t batch_max_;

  // The worker's, for one batch.
  call_frame frame_;
  std::vector<outcome> outcomes_;
  std::vector<emitted> emissions_;
  std::span<inbox* const> frame_to_;
  std::atomic<bool> handling_{false};

  std::mutex ports_mutex_;                      // guards the two that follow
  std::vector<std::shared_ptr<inbox>> ports_;   // in use
  std::vector<std::shared_ptr<inbox>> former_;  // kept for late completions
  std::unique_ptr<object> object_;
  std::mutex object_mutex_;     // guards tells_cancels_, held over cancel() of the plugin
  bool tells_cancels_ = false;  // between start() and stop(): the only call from any thread

  std::function<void()> wake_;
  std::atomic<bool> starved_{false};
  std::atomic<std::uint64_t> handled_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::uint64_t> violations_{0};
  std::atomic<std::int64_t> retained_{0};
};

}  // namespace nip::plugin::native
