// The base class of a C++ plugin, and the broker as it sees it.
#pragma once

#include <cstdint>
#include <exception>
#include <span>
#include <string_view>

#include "nip/face/types.hpp"

namespace nip::face {

/// The broker. Every function may be called from any thread, from configure() until stop() returns.
class host {
 public:
  host() = default;
  explicit host(const nip_host* raw) : raw_(raw) {}

  void log(std::uint32_t level, std::string_view line) const { raw_->log(raw_, level, view(line)); }
  void info(std::string_view line) const { log(NIP_LOG_INFO, line); }
  void warn(std::string_view line) const { log(NIP_LOG_WARN, line); }

  std::int64_t now() const { return raw_->now(raw_, NIP_CLOCK_MONOTONIC); }
  std::int64_t wall() const { return raw_->now(raw_, NIP_CLOCK_WALL); }

  /// Emits a message; plugin::published() tells what became of it. NIP_OK or NIP_E_*.
  std::int32_t publish(std::string_view envelope, std::uint64_t token = 0,
                       const nip_message* cause = nullptr,
                       std::uint32_t level = NIP_ACK_FSYNC) const {
    const nip_emission emission{sizeof(nip_emission), level, token, view(envelope), cause};
    return raw_->publish(raw_, &emission);
  }
  /// Ends a pending delivery. NIP_OK, or NIP_E_UNKNOWN_TOKEN when it is not open any more.
  std::int32_t done(std::uint64_t token, std::string_view reply_envelope = {}) const {
    return complete(token, NIP_DONE, 0, reply_envelope, {});
  }
  std::int32_t retry(std::uint64_t token, std::string_view why, std::int64_t after_ns = 0) const {
    return complete(token, NIP_TRANSIENT, after_ns, {}, why);
  }
  std::int32_t fail(std::uint64_t token, std::string_view why) const {
    return complete(token, NIP_PERMANENT, 0, {}, why);
  }
  std::int32_t complete(std::uint64_t token, std::int32_t status, std::int64_t retry_after_ns,
                        std::string_view reply, std::string_view error) const {
    const nip_completion completion{sizeof(nip_completion), status, retry_after_ns, view(reply),
                                    view(error)};
    return raw_->complete(raw_, token, &completion);
  }
  /// Adds to a counter, with at most one label.
  void count(std::string_view name, double by = 1, std::string_view label = {},
             std::string_view label_value = {}) const {
    metric(NIP_METRIC_COUNTER, name, by, label, label_value);
  }
  void metric(std::uint32_t kind, std::string_view name, double value, std::string_view label = {},
              std::string_view label_value = {}) const {
    const nip_metric one{sizeof(nip_metric), kind, view(name), view(label),
                         view(label_value),  value};
    raw_->metric(raw_, &one);
  }
  /// Keeps the message's bytes past the call.
  kept_message keep(const message& in) const { return {raw_, in.raw()}; }

  const nip_host* raw() const { return raw_; }

 private:
  const nip_host* raw_ = nullptr;
};

/// Derive from it. handle() and its siblings are called one at a time; cancel() from any thread.
/// What is thrown becomes: in the constructor, configure() and start(), the reason why the plugin
/// does not run; in handle(), a transient failure with what(); elsewhere a warning in the log.
class plugin {
 public:
  virtual ~plugin() = default;

  /// The config as a JSON object that is valid against the schema. Throw to refuse it.
  virtual void configure(std::string_view config) { static_cast<void>(config); }
  virtual void start() {}
  /// One message. `out` says done unless told otherwise.
  virtual void handle(const message& in, result& out) = 0;
  /// A whole batch; override it when the work is cheaper together.
  virtual void handle_batch(std::span<const nip_delivery* const> in,
                            std::span<nip_result* const> out) {
    for (std::size_t i = 0; i < in.size(); ++i) handle_one(*in[i], *out[i]);
  }
  virtual face::health health() { return {}; }
  virtual face::usage usage() { return {}; }
  /// No message comes any more; threads of the plugin end here.
  virtual void stop() {}
  /// Nobody waits for this pending delivery any more. Any thread.
  virtual void cancel(std::uint64_t token) noexcept { static_cast<void>(token); }
  /// What became of an emitted message: NIP_OK, or NIP_E_* and why.
  virtual void published(std::uint64_t token, std::int32_t status, std::string_view why) {
    static_cast<void>(token), static_cast<void>(status), static_cast<void>(why);
  }
  virtual void state_done(std::uint64_t token, std::int32_t status, owned value) {
    static_cast<void>(token), static_cast<void>(status), static_cast<void>(value);
  }
  virtual const void* extension(std::string_view id) {
    static_cast<void>(id);
    return nullptr;
  }

 protected:
  const host& broker() const { return host_; }
  /// handle() with what it throws turned into a transient failure.
  void handle_one(const nip_delivery& in, nip_result& out) {
    result answer(out);
    try {
      handle(message(in), answer);
    } catch (const std::exception& thrown) {
      answer.retry(thrown.what());
    } catch (...) {
      answer.retry("handle threw something that is no std::exception");
    }
  }

 private:
  template <class Plugin>
  friend struct exporter;
  host host_;
};

}  // namespace nip::face
