// The C++ way to write an in-process plugin: derive from nip::plugin, add one NIP_PLUGIN line.
//
//     #include <nip/plugin.hpp>
//     class greeter : public nip::plugin {
//      public:
//       void handle(const nip::message&, nip::result& out) override {
//         out.reply("greeting", R"({"text":"hello"})");
//       }
//     };
//     NIP_PLUGIN(greeter, "greeter", "1.0.0", "Says hello")
//
// Header only; needs C++20 and nothing of the broker but nip/plugin.h.
#pragma once

#include "nip/face/entry.hpp"
#include "nip/face/plugin.hpp"
#include "nip/face/types.hpp"

// The short names. Code that also includes the broker's own headers, where some of these mean
// something else, defines NIP_FACE_ONLY and says nip::face::plugin.
#ifndef NIP_FACE_ONLY
namespace nip {
using face::health;
using face::host;
using face::kept_message;
using face::message;
using face::owned;
using face::plugin;
using face::result;
using face::usage;
}  // namespace nip
#endif

/// Exports CLASS as the library's one plugin. Optional static constexpr members of CLASS:
///   std::string_view config_schema, manifest       JSON; default: accepts anything, declares
///   nothing std::uint32_t execution                        NIP_INLINE (default) or NIP_POOL
///   std::uint32_t instances                        NIP_PER_SHARD (default) or NIP_SINGLE
///   bool idempotent                                default false
///   std::uint32_t batch_max, in_flight_max         default 256 and 1024
///   double cost                                    default 0
#define NIP_PLUGIN(CLASS, NAME, VERSION, DESCRIPTION)                                          \
  static const nip_descriptor* nip_describe_plugin(std::uint32_t index) {                      \
    static const nip_descriptor about =                                                        \
        ::nip::face::descriptor_of<CLASS>(NAME, VERSION, DESCRIPTION);                         \
    return index == 0 ? &about : nullptr;                                                      \
  }                                                                                            \
  static const nip_factory* nip_plugin_factory() {                                             \
    static const nip_factory factory = {sizeof(nip_factory), 0, &::nip::face::count_of_one,    \
                                        &nip_describe_plugin,                                  \
                                        &::nip::face::exporter<CLASS>::create};                \
    return &factory;                                                                           \
  }                                                                                            \
  extern "C" NIP_EXPORT const nip_entry nip_plugin_entry_v4;                                   \
  const nip_entry nip_plugin_entry_v4 = {sizeof(nip_entry), NIP_ABI_MAJOR,      0, 0, nullptr, \
                                         nullptr,           &nip_plugin_factory};
