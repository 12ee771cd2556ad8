#include "plugin/native/queued_instance.hpp"

namespace nip::plugin::native {

queued_instance::queued_instance(std::shared_ptr<runner> to, const instance_context& where)
    : runner_(std::move(to)),
      owner_(where.owner),
      inbox_(std::make_shared<inbox>(where.loop, static_cast<receiver&>(*this))) {}

std::unique_ptr<queued_instance> queued_instance::attach(std::shared_ptr<runner> to,
                                                         const instance_context& where) {
  std::unique_ptr<queued_instance> made(new queued_instance(std::move(to), where));
  made->attached_ = made->runner_->attach(made->inbox_);
  return made->attached_ ? std::move(made) : nullptr;
}

queued_instance::~queued_instance() {
  inbox_->close();
  if (attached_ && !stopping_) runner_->detach(inbox_.get(), {});
}

void queued_instance::handle(std::span<const work> batch) {
  if (!stopping_) return runner_->submit(inbox_.get(), batch);
  for (const work& one : batch)
    inbox_->push(
        {.token = one.token, .status = handled::transient, .error = "the plugin is stopping"});
}

health_report queued_instance::health() {
  if (stopping_) return {health_state::stopped, {}};
  return runner_->health();
}

void queued_instance::stop(std::function<void()> stopped) {
  stopping_ = true;
  runner_->detach(inbox_.get(), std::move(stopped));
}

}  // namespace nip::plugin::native
