// One plugin object of a library: every call into it guarded, every optional function checked.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "nip/plugin.h"
#include "plugin/plugin.hpp"
#include "plugin/spec.hpp"

namespace nip::plugin::native {

/// Text that a plugin writes through a nip_sink; reused, so that it allocates only while it grows.
class text_sink {
 public:
  explicit text_sink(std::size_t bytes_max) : bytes_max_(bytes_max) {
    raw_ = {sizeof(nip_sink), 0, this, &text_sink::write};
  }
  text_sink(const text_sink&) = delete;
  text_sink& operator=(const text_sink&) = delete;

  const nip_sink* raw() const noexcept { return &raw_; }
  std::string_view text() const noexcept { return text_; }
  bool overflowed() const noexcept { return overflowed_; }
  /// Empties it; a buffer that has grown over `kept` bytes is given back.
  void clear(std::size_t kept);

 private:
  static void write(void* context, const void* data, std::uint64_t size) noexcept;

  std::size_t bytes_max_;
  bool overflowed_ = false;
  std::string text_;
  nip_sink raw_{};
};

/// Owns a nip_plugin from create to destroy. Calls come from one thread at a time, cancel() from
/// any. What is thrown out of the library is caught here and named.
class object {
 public:
  /// Creates, configures and starts it. Fails with the plugin's own reason (`reason` is where the
  /// host collects set_error), naming the plugin and the step. `what` and `host` outlive the
  /// object.
  static result<std::unique_ptr<object>> start(const spec& what, const nip_host* host,
                                               std::string& reason);
  /// Destroys the plugin, after stop() if that was not called.
  ~object();

  /// The words of what was thrown, or empty.
  std::string handle(const nip_delivery* const* in, nip_result* const* out, std::uint64_t count);
  void cancel(std::uint64_t token) noexcept;
  void published(std::uint64_t token, const status& outcome);
  health_report health();
  /// Only what the plugin itself knows.
  nip_usage usage();
  void stop();

 private:
  explicit object(const nip_plugin* raw) : raw_(raw) {}
  status check_table() const;
  status configure_and_start(const spec& what, std::string& reason);

  const nip_plugin* raw_;
  bool running_ = false;
};

}  // namespace nip::plugin::native
