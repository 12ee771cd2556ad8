#include "plugin/native/library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include "plugin/native/describe.hpp"
#include "plugin/native/sealed_copy.hpp"

namespace nip::plugin {

namespace {

constexpr std::uint32_t plugins_in_library_max = 256;  // a count over it is taken for garbage

/// What dlerror says, without the descriptor's name that nobody knows.
std::string linker_error() {
  const char* text = ::dlerror();
  std::string reason = text == nullptr ? "no reason given" : text;
  if (reason.starts_with("/proc/self/fd/"))
    if (const auto colon = reason.find(": "); colon != std::string::npos)
      reason.erase(0, colon + 2);
  return reason;
}

status check_versions(const nip_entry& entry) {
  constexpr auto readable = NIP_FIELD_END(nip_entry, reserved);
  constexpr auto needed = NIP_FIELD_END(nip_entry, factory);
  if (entry.struct_size < readable)
    return fail(errc::corrupt,
                fmt::format("entry.struct_size is {}, even the version needs {} bytes; "
                            "rebuild the plugin with nip/plugin.h",
                            entry.struct_size, readable));
  if (entry.abi_major != NIP_ABI_MAJOR)
    return fail(
        errc::unsupported,
        fmt::format("built for plugin ABI {}, this broker speaks {}.{}; rebuild the plugin with "
                    "the nip/plugin.h of this broker{}",
                    entry.abi_major, NIP_ABI_MAJOR, NIP_ABI_MINOR,
                    entry.abi_major > NIP_ABI_MAJOR ? ", or update the broker" : ""));
  if (entry.abi_minor_required > NIP_ABI_MINOR)
    return fail(
        errc::unsupported,
        fmt::format("needs plugin ABI {}.{}, this broker speaks {}.{}; update the broker, or "
                    "rebuild the plugin against the older nip/plugin.h",
                    entry.abi_major, entry.abi_minor_required, NIP_ABI_MAJOR, NIP_ABI_MINOR));
  if (entry.struct_size < needed)
    return fail(errc::corrupt,
                fmt::format("entry.struct_size is {}, ABI {}.0 needs {}; rebuild the plugin with "
                            "nip/plugin.h and set it to sizeof(nip_entry)",
                            entry.struct_size, NIP_ABI_MAJOR, needed));
  if (entry.factory == nullptr) return fail(errc::corrupt, "entry.factory is null");
  return {};
}

status check_factory(const nip_factory* factory) {
  if (factory == nullptr) return fail(errc::corrupt, "entry.factory() returned null");
  constexpr auto needed = NIP_FIELD_END(nip_factory, create);
  if (factory->struct_size < needed)
    return fail(errc::corrupt,
                fmt::format("factory.struct_size is {}, ABI {}.0 needs {}; rebuild the "
                            "plugin with nip/plugin.h",
                            factory->struct_size, NIP_ABI_MAJOR, needed));
  if (!factory->count || !factory->describe || !factory->create)
    return fail(errc::corrupt, "factory: count, describe and create must not be null");
  return {};
}

}  // namespace

library::~library() {
  try {
    if (initialised_ && entry_->deinit != nullptr) entry_->deinit();
  } catch (...) {  // its way out is its own affair; nothing of ours depends on it
  }
}

result<std::shared_ptr<const library>> library::load(const std::filesystem::path& file,
                                                     bool& mapped) {
  mapped = false;
  NIP_TRY(copy, native::make_sealed_copy(file));
  // The linker knows libraries by name, so the number must stay taken for as long as one is mapped.
  void* handle = ::dlopen(fmt::format("/proc/self/fd/{}", copy).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    auto failure = fail(errc::corrupt, "the dynamic linker refuses it: " + linker_error());
    ::close(copy);
    return failure;
  }
  mapped = true;
  std::shared_ptr<library> made(new library);
  made->file_ = file;
  try {
    NIP_CHECK(made->open_entry(::dlsym(handle, NIP_ENTRY_SYMBOL)));
    NIP_CHECK(made->describe_all());
  } catch (const std::exception& thrown) {
    return fail(errc::corrupt, fmt::format("threw while it was loaded: {}", thrown.what()));
  } catch (...) {
    return fail(errc::corrupt, "threw while it was loaded");
  }
  return std::shared_ptr<const library>(std::move(made));
}

status library::open_entry(const void* symbol) {
  if (symbol == nullptr)
    return fail(errc::corrupt,
                fmt::format("does not export {}; a plugin needs one NIP_PLUGIN line, or is "
                            "for another major version of the ABI",
                            NIP_ENTRY_SYMBOL));
  entry_ = static_cast<const nip_entry*>(symbol);
  NIP_CHECK(check_versions(*entry_));
  if (entry_->init != nullptr)
    if (const int code = entry_->init(); code != NIP_OK)
      return fail(errc::unavailable, fmt::format("entry.init() failed with {}", code));
  initialised_ = true;
  factory_ = entry_->factory();
  return check_factory(factory_);
}

status library::describe_all() {
  const std::uint32_t count = factory_->count();
  if (count == 0 || count > plugins_in_library_max)
    return fail(errc::corrupt, fmt::format("factory.count() is {}, expected 1 to {}", count,
                                           plugins_in_library_max));
  for (std::uint32_t i = 0; i < count; ++i) {
    NIP_TRY(about, native::describe(factory_->describe(i)));
    plugins_.push_back(std::move(about));
  }
  return {};
}

const nip_plugin* library::create(std::string_view name, const nip_host* host) const {
  for (std::uint32_t i = 0; i < plugins_.size(); ++i)
    if (plugins_[i].name == name) return factory_->create(i, host);
  return nullptr;
}

}  // namespace nip::plugin
