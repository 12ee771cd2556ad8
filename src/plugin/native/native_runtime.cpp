// The runtime of in-process plugins: picks where each one runs.
#include <fmt/format.h>

#include <map>
#include <mutex>

#include "plugin/catalogue.hpp"
#include "plugin/native/inline_instance.hpp"
#include "plugin/native/queued_instance.hpp"
#include "plugin/native/worker_thread.hpp"

namespace nip::plugin {

namespace native {

namespace {

class native_runtime final : public runtime {
 public:
  native_runtime(const options& chosen, taps to)
      : taps_(std::make_shared<const taps>(std::move(to))), threads_(chosen.pool_threads_max) {}

  result<std::unique_ptr<instance>> create(const spec_ptr& what,
                                           const instance_context& where) override {
    if (!what->unusable.empty())
      return fail(errc::invalid_argument,
                  fmt::format("plugin \"{}\" cannot run: {}", what->set.name, what->unusable));
    if (what->set.level != isolation::none || what->code == nullptr)
      return fail(errc::unsupported,
                  fmt::format("plugin \"{}\": isolation \"{}\" is not available in this "
                              "build; use isolation: none",
                              what->set.name, to_string(what->set.level)));
    if (count_of(*what) == instances::single) return create_shared(what, where);
    if (runs_of(*what) == execution::pool) {
      NIP_TRY(made, start_pool(what, where));
      return queued_instance::attach(made, where);
    }
    NIP_TRY(made, engine::start(what, where.clock, taps_));
    return std::make_unique<inline_instance>(std::move(made), where);
  }

 private:
  static execution runs_of(const spec& what) { return what.set.runs.value_or(what.about.runs); }
  static instances count_of(const spec& what) { return what.set.count.value_or(what.about.count); }

  /// The running one of this spec, or a new one. Held against two shards that come at once.
  result<std::unique_ptr<instance>> create_shared(const spec_ptr& what,
                                                  const instance_context& where) {
    const std::lock_guard lock(mutex_);
    std::erase_if(shared_, [](const auto& entry) { return entry.second.expired(); });
    if (auto running = shared_[what.get()].lock())
      if (auto port = queued_instance::attach(running, where)) return port;
    NIP_TRY(made,
            runs_of(*what) == execution::pool ? start_pool(what, where) : start_home(what, where));
    shared_[what.get()] = made;
    return queued_instance::attach(made, where);
  }

  result<std::shared_ptr<runner>> start_pool(const spec_ptr& what, const instance_context& where) {
    NIP_TRY(made, engine::start(what, where.clock, taps_));
    auto serving = std::make_shared<runner>(std::move(made), where.clock);
    NIP_CHECK(threads_.start(serving, what->set.name));
    return serving;
  }

  /// Runs on the loop of the shard that asked first.
  result<std::shared_ptr<runner>> start_home(const spec_ptr& what, const instance_context& where) {
    NIP_TRY(made, engine::start(what, where.clock, taps_));
    auto serving = std::make_shared<runner>(std::move(made), where.clock);
    // Posted work does not keep the plugin: without ports it ends with the last one, not with the
    // loop.
    serving->set_wake([&loop = where.loop, it = std::weak_ptr(serving)] {
      loop.post([it] {
        if (const auto runs = it.lock()) runs->turn();
      });
    });
    return serving;
  }

  std::shared_ptr<const taps> taps_;
  std::mutex mutex_;  // guards shared_
  std::map<const spec*, std::weak_ptr<runner>> shared_;
  worker_threads threads_;
};

}  // namespace

}  // namespace native

std::unique_ptr<runtime> make_runtime(options chosen, taps to) {
  return std::make_unique<native::native_runtime>(chosen, std::move(to));
}

}  // namespace nip::plugin
