// A plugin that runs elsewhere, as its shard sees it: work goes to a runner, answers come by the
// inbox.
#pragma once

#include <memory>

#include "plugin/catalogue.hpp"
#include "plugin/native/runner.hpp"

namespace nip::plugin::native {

/// See plugin::instance. One port of a runner; a `single` plugin has one on every shard.
class queued_instance final : public instance, private receiver {
 public:
  /// Attaches to `to`; null when that plugin has ended meanwhile.
  static std::unique_ptr<queued_instance> attach(std::shared_ptr<runner> to,
                                                 const instance_context& where);
  ~queued_instance() override;

  void handle(std::span<const work> batch) override;
  void cancel(std::uint64_t token) override { runner_->cancel(inbox_.get(), token); }
  void published(std::uint64_t token, const status& outcome) override {
    runner_->published(token, outcome);
  }
  std::size_t in_flight_max() const override { return runner_->in_flight_max(); }
  health_report health() override;
  usage_report usage() override { return runner_->usage(); }
  void stop(std::function<void()> stopped) override;

 private:
  queued_instance(std::shared_ptr<runner> to, const instance_context& where);
  void on_completion(const completion& result) override { owner_.complete(*this, result); }
  void on_emission(const emission& what) override { owner_.publish(*this, what); }

  std::shared_ptr<runner> runner_;
  host& owner_;
  std::shared_ptr<inbox> inbox_;
  bool attached_ = false;
  bool stopping_ = false;
};

}  // namespace nip::plugin::native
