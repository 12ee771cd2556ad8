#include "plugin/native/host_table.hpp"

namespace nip::plugin::native {

namespace {

host_services& of(const nip_host* host) { return *static_cast<host_services*>(host->context); }

std::string_view text(nip_view view) {
  return view.data == nullptr ? std::string_view() : std::string_view(view.data, view.size);
}

/// Our own exceptions (no memory) must not cross into the plugin.
template <class Call>
std::int32_t guarded(Call&& call) noexcept {
  try {
    return call();
  } catch (...) {
    return NIP_E_BUSY;
  }
}

void log(const nip_host* host, std::uint32_t level, nip_view line) noexcept {
  guarded([&] { return of(host).log(level, text(line)), NIP_OK; });
}

std::int64_t now(const nip_host* host, std::uint32_t clock) noexcept { return of(host).now(clock); }

std::int32_t publish(const nip_host* host, const nip_emission* emission) noexcept {
  if (emission == nullptr || !NIP_HAS(nip_emission, emission, cause)) return NIP_E_INVALID;
  return guarded([&] { return of(host).publish(*emission); });
}

std::int32_t complete(const nip_host* host, std::uint64_t token,
                      const nip_completion* completion) noexcept {
  if (completion == nullptr || !NIP_HAS(nip_completion, completion, error)) return NIP_E_INVALID;
  return guarded([&] { return of(host).complete(token, *completion); });
}

void set_error(const nip_host* host, nip_view reason) noexcept {
  guarded([&] { return of(host).set_error(text(reason)), NIP_OK; });
}

std::int32_t state_get(const nip_host*, std::uint64_t, nip_view) noexcept {
  return NIP_E_UNSUPPORTED;
}

std::int32_t state_put(const nip_host*, std::uint64_t, nip_view, nip_view, std::int64_t) noexcept {
  return NIP_E_UNSUPPORTED;
}

std::int32_t metric(const nip_host* host, const nip_metric* metric) noexcept {
  if (metric == nullptr || !NIP_HAS(nip_metric, metric, value)) return NIP_E_INVALID;
  return guarded([&] { return of(host).metric(*metric); });
}

const void* extension(const nip_host*, const char*) noexcept { return nullptr; }

void retain(const nip_host* host, const nip_message* message) noexcept {
  if (message != nullptr && NIP_HAS(nip_message, message, opaque) && message->opaque != nullptr)
    of(host).retain(*message);
}

void release(const nip_host* host, const nip_message* message) noexcept {
  if (message != nullptr && NIP_HAS(nip_message, message, opaque) && message->opaque != nullptr)
    of(host).release(*message);
}

}  // namespace

nip_host make_host_table(host_services& services) {
  return {.struct_size = sizeof(nip_host),
          .abi_minor = NIP_ABI_MINOR,
          .context = &services,
          .log = &log,
          .now = &now,
          .publish = &publish,
          .complete = &complete,
          .set_error = &set_error,
          .state_get = &state_get,
          .state_put = &state_put,
          .metric = &metric,
          .extension = &extension,
          .retain = &retain,
          .release = &release};
}

}  // namespace nip::plugin::native
