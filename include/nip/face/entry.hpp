// The trampolines between the C tables and a C++ plugin: noexcept, one set a class.
#pragma once

#include <cstdint>
#include <exception>
#include <span>
#include <string_view>

#include "nip/face/plugin.hpp"

namespace nip::face {

inline std::uint32_t count_of_one() { return 1; }

/// The descriptor of a class: its optional static members over the defaults. See NIP_PLUGIN.
template <class Plugin>
nip_descriptor descriptor_of(std::string_view name, std::string_view version,
                             std::string_view description) {
  nip_descriptor about{};
  about.struct_size = sizeof(nip_descriptor);
  about.name = view(name);
  about.version = view(version);
  about.description = view(description);
  if constexpr (requires { Plugin::execution; }) about.execution = Plugin::execution;
  if constexpr (requires { Plugin::instances; }) about.instances = Plugin::instances;
  if constexpr (requires { Plugin::idempotent; })
    about.flags |= Plugin::idempotent ? NIP_IDEMPOTENT : 0;
  if constexpr (requires { Plugin::batch_max; }) about.batch_max = Plugin::batch_max;
  if constexpr (requires { Plugin::in_flight_max; }) about.in_flight_max = Plugin::in_flight_max;
  if constexpr (requires { Plugin::config_schema; })
    about.config_schema = view(Plugin::config_schema);
  if constexpr (requires { Plugin::manifest; }) about.manifest = view(Plugin::manifest);
  if constexpr (requires { Plugin::cost; }) about.cost = Plugin::cost;
  return about;
}

/// One object of class Plugin behind a nip_plugin table.
template <class Plugin>
struct exporter {
  nip_plugin table{};
  Plugin value;

  static const nip_plugin* create(std::uint32_t index, const nip_host* host) noexcept {
    if (index != 0) return nullptr;
    exporter* made = nullptr;
    guarded(host, [&] { made = new exporter; });
    if (made == nullptr) return nullptr;
    static_cast<face::plugin&>(made->value).host_ = face::host(host);
    made->table = {sizeof(nip_plugin),
                   0,
                   made,
                   &configure,
                   &start,
                   &handle,
                   &health,
                   &usage,
                   &stop,
                   &destroy,
                   &extension,
                   &cancel,
                   &published,
                   &state_done};
    return &made->table;
  }

 private:
  static exporter& self(const nip_plugin* plugin) {
    return *static_cast<exporter*>(plugin->context);
  }
  static face::plugin& of(const nip_plugin* plugin) { return self(plugin).value; }

  /// Runs `call`; what it throws goes to set_error and answers NIP_E_FAILED.
  template <class Call>
  static std::int32_t guarded(const nip_host* host, Call&& call) noexcept {
    try {
      call();
      return NIP_OK;
    } catch (const std::exception& thrown) {
      host->set_error(host, view(thrown.what()));
    } catch (...) {
      host->set_error(host, view("threw something that is no std::exception"));
    }
    return NIP_E_FAILED;
  }
  /// The same where nobody asks for an error: it becomes a line in the log.
  template <class Call>
  static void logged(const nip_plugin* plugin, std::string_view where, Call&& call) noexcept {
    try {
      call(of(plugin));
    } catch (const std::exception& thrown) {
      warn(plugin, where, thrown.what());
    } catch (...) {
      warn(plugin, where, "something that is no std::exception");
    }
  }
  static void warn(const nip_plugin* plugin, std::string_view where,
                   std::string_view what) noexcept {
    try {
      of(plugin).host_.warn(std::string(where) + " threw: " + std::string(what));
    } catch (...) {  // no memory for the line: there is nothing left to say it with
    }
  }

  static std::int32_t configure(const nip_plugin* plugin, nip_view config) noexcept {
    return guarded(of(plugin).host_.raw(), [&] { of(plugin).configure(text(config)); });
  }
  static std::int32_t start(const nip_plugin* plugin) noexcept {
    return guarded(of(plugin).host_.raw(), [&] { of(plugin).start(); });
  }
  static void handle(const nip_plugin* plugin, const nip_delivery* const* in,
                     nip_result* const* out, std::uint64_t count) noexcept {
    try {
      of(plugin).handle_batch({in, count}, {out, count});
    } catch (const std::exception& thrown) {
      retry_rest({out, count}, thrown.what());
      warn(plugin, "handle", thrown.what());
    } catch (...) {
      constexpr std::string_view what = "something that is no std::exception";
      retry_rest({out, count}, what);
      warn(plugin, "handle", what);
    }
  }
  /// What handle_batch() had not come to: its exception is no fault of the messages.
  static void retry_rest(std::span<nip_result* const> out, std::string_view what) {
    for (nip_result* one : out)
      if (one->status < NIP_DONE) face::result(*one).retry(what);
  }
  static void health(const nip_plugin* plugin, nip_health* out) noexcept {
    logged(plugin, "health", [&](face::plugin& it) {
      const face::health now = it.health();
      out->state = now.state;
      if (out->reason)
        out->reason->write(out->reason->context, now.reason.data(), now.reason.size());
    });
  }
  static void usage(const nip_plugin* plugin, nip_usage* out) noexcept {
    logged(plugin, "usage", [&](face::plugin& it) {
      const face::usage now = it.usage();
      out->memory_bytes = now.memory_bytes;
      out->handles_open = now.handles_open;
    });
  }
  static void stop(const nip_plugin* plugin) noexcept {
    logged(plugin, "stop", [](face::plugin& it) { it.stop(); });
  }
  static void destroy(const nip_plugin* plugin) noexcept { delete &self(plugin); }
  static const void* extension(const nip_plugin* plugin, const char* id) noexcept {
    const void* table = nullptr;
    logged(plugin, "extension", [&](face::plugin& it) { table = it.extension(id); });
    return table;
  }
  static void cancel(const nip_plugin* plugin, std::uint64_t token) noexcept {
    of(plugin).cancel(token);
  }
  static void published(const nip_plugin* plugin, std::uint64_t token, std::int32_t status,
                        nip_view error) noexcept {
    logged(plugin, "published",
           [&](face::plugin& it) { it.published(token, status, text(error)); });
  }
  static void state_done(const nip_plugin* plugin, std::uint64_t token, std::int32_t status,
                         const nip_owned* value) noexcept {
    logged(plugin, "state_done",
           [&](face::plugin& it) { it.state_done(token, status, owned(value)); });
  }
};

}  // namespace nip::face
