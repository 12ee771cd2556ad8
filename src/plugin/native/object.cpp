#include "plugin/native/object.hpp"

#include <fmt/format.h>

#include "plugin/native/library.hpp"

namespace nip::plugin::native {

namespace {

constexpr std::size_t reason_bytes_max = 4096;

/// Runs a call into the library; the words of what it throws, or empty.
template <class Call>
std::string guarded(Call&& call) noexcept {
  try {
    call();
    return {};
  } catch (const std::exception& thrown) {
    const char* what = thrown.what();
    return what != nullptr && *what != '\0' ? what : "a std::exception without words";
  } catch (...) {
    return "something that is no std::exception";
  }
}

std::unexpected<error> refused(const spec& what, std::string_view step, std::string_view reason) {
  return fail(errc::unavailable,
              fmt::format("plugin \"{}\" ({} {}): {} failed: {}", what.set.name, what.about.name,
                          what.about.version, step, reason.empty() ? "no reason given" : reason));
}

/// The function behind `field`, or null: a table that is older than the field, or leaves it null,
/// does not have it.
template <class Function>
Function offered(const nip_plugin* raw, Function nip_plugin::* field) {
  const auto* end = reinterpret_cast<const char*>(&(raw->*field)) + sizeof(Function);
  return end - reinterpret_cast<const char*>(raw) <= raw->struct_size ? raw->*field : nullptr;
}

}  // namespace

void text_sink::clear(std::size_t kept) {
  overflowed_ = false;
  text_.clear();
  if (text_.capacity() > kept) text_.shrink_to_fit();
}

void text_sink::write(void* context, const void* data, std::uint64_t size) noexcept {
  auto& self = *static_cast<text_sink*>(context);
  if (size == 0 || self.overflowed_) return;
  self.overflowed_ = data == nullptr || size > self.bytes_max_ - self.text_.size();
  if (self.overflowed_) return;
  try {
    self.text_.append(static_cast<const char*>(data), size);
  } catch (const std::bad_alloc&) {
    self.overflowed_ = true;
  }
}

result<std::unique_ptr<object>> object::start(const spec& what, const nip_host* host,
                                              std::string& reason) {
  const nip_plugin* raw = nullptr;
  reason.clear();
  const std::string thrown = guarded([&] { raw = what.code->create(what.about.name, host); });
  if (raw == nullptr) return refused(what, "create", thrown.empty() ? reason : thrown);
  std::unique_ptr<object> made(new object(raw));
  if (const status table = made->check_table(); !table)
    return refused(what, "create", table.error().detail);
  NIP_CHECK(made->configure_and_start(what, reason));
  return made;
}

status object::check_table() const {
  constexpr auto needed = NIP_FIELD_END(nip_plugin, extension);
  if (raw_->struct_size < needed)
    return fail(
        errc::corrupt,
        fmt::format("plugin.struct_size is {}, ABI {}.0 needs {}; rebuild it with nip/plugin.h and "
                    "set it to sizeof(nip_plugin)",
                    raw_->struct_size, NIP_ABI_MAJOR, needed));
  if (raw_->handle == nullptr || raw_->destroy == nullptr)
    return fail(errc::corrupt, "plugin.handle and plugin.destroy must not be null");
  return {};
}

status object::configure_and_start(const spec& what, std::string& reason) {
  const std::string config = what.set.config.dump();
  const auto step = [&](std::string_view name, auto&& call) -> status {
    int code = NIP_OK;
    reason.clear();
    const std::string thrown = guarded([&] { code = call(); });
    if (thrown.empty() && code == NIP_OK) return {};
    return refused(what, name, thrown.empty() ? reason : "threw " + thrown);
  };
  if (const auto configure = offered(raw_, &nip_plugin::configure))
    NIP_CHECK(step("configure", [&] { return configure(raw_, {config.data(), config.size()}); }));
  if (const auto start = offered(raw_, &nip_plugin::start))
    NIP_CHECK(step("start", [&] { return start(raw_); }));
  running_ = true;
  return {};
}

object::~object() {
  stop();
  if (const auto destroy = offered(raw_, &nip_plugin::destroy)) guarded([&] { destroy(raw_); });
}

std::string object::handle(const nip_delivery* const* in, nip_result* const* out,
                           std::uint64_t count) {
  return guarded([&] { raw_->handle(raw_, in, out, count); });
}

void object::cancel(std::uint64_t token) noexcept {
  if (const auto call = offered(raw_, &nip_plugin::cancel)) guarded([&] { call(raw_, token); });
}

void object::published(std::uint64_t token, const status& outcome) {
  const auto call = offered(raw_, &nip_plugin::published);
  if (call == nullptr) return;
  const std::string_view why = outcome ? std::string_view() : outcome.error().detail;
  const std::int32_t code = outcome                       ? NIP_OK
                            : outcome.error().transient() ? NIP_E_BUSY
                                                          : NIP_E_FAILED;
  guarded([&] { call(raw_, token, code, {why.data(), why.size()}); });
}

health_report object::health() {
  const auto call = offered(raw_, &nip_plugin::health);
  if (call == nullptr) return {};
  text_sink reason(reason_bytes_max);
  nip_health report{sizeof(nip_health), NIP_HEALTHY, reason.raw()};
  const std::string thrown = guarded([&] { call(raw_, &report); });
  if (!thrown.empty()) return {health_state::unhealthy, "its health check threw " + thrown};
  switch (report.state) {
    case NIP_HEALTHY:
      return {health_state::healthy, std::string(reason.text())};
    case NIP_DEGRADED:
      return {health_state::degraded, std::string(reason.text())};
    case NIP_UNHEALTHY:
      return {health_state::unhealthy, std::string(reason.text())};
  }
  return {health_state::unhealthy,
          fmt::format("reported the unknown health state {}", report.state)};
}

nip_usage object::usage() {
  nip_usage report{};
  report.struct_size = sizeof(nip_usage);
  if (const auto call = offered(raw_, &nip_plugin::usage)) guarded([&] { call(raw_, &report); });
  return report;
}

void object::stop() {
  if (!std::exchange(running_, false)) return;
  if (const auto call = offered(raw_, &nip_plugin::stop)) guarded([&] { call(raw_); });
}

}  // namespace nip::plugin::native
