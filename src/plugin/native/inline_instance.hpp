// A plugin that runs on the shard itself: handing over is a function call.
#pragma once

#include <memory>
#include <vector>

#include "plugin/catalogue.hpp"
#include "plugin/native/engine.hpp"

namespace nip::plugin::native {

/// See plugin::instance. What the plugin answers inside handle is reported before handle() returns,
/// the rest through the inbox. Work handed over from inside a report is queued until the running
/// batch is done.
class inline_instance final : public instance, private receiver {
 public:
  inline_instance(std::unique_ptr<engine> it, const instance_context& where);
  ~inline_instance() override;

  void handle(std::span<const work> batch) override;
  void cancel(std::uint64_t token) override;
  void published(std::uint64_t token, const status& outcome) override;
  std::size_t in_flight_max() const override { return in_flight_max_; }
  health_report health() override;
  usage_report usage() override;
  void stop(std::function<void()> stopped) override;

 private:
  void run(std::span<const work> batch);
  void on_completion(const completion& result) override { owner_.complete(*this, result); }
  void on_emission(const emission& what) override { owner_.publish(*this, what); }

  std::unique_ptr<engine> engine_;  // null once stopped
  host& owner_;
  std::shared_ptr<inbox> inbox_;
  std::size_t in_flight_max_;
  bool busy_ = false;
  bool stopping_ = false;
  std::vector<work> backlog_;  // handed over meanwhile; bounded by in_flight_max
  std::vector<work> running_;
};

}  // namespace nip::plugin::native
