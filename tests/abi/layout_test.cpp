// The layout of nip/plugin.h in C++ against the golden numbers, and the C++ face over it.
#include <nip/plugin.hpp>
#include <type_traits>

#define FIELD(type, field, offset, size)                                           \
  static_assert(offsetof(type, field) == (offset), #type "." #field " has moved"); \
  static_assert(sizeof(type::field) == (size), #type "." #field " has another size");
#define SIZE(type, size)                                                    \
  static_assert(sizeof(type) == (size), #type " has another size");         \
  static_assert(std::is_standard_layout_v<type> && std::is_trivial_v<type>, \
                #type " is no C struct");
#include "layout_4_0.inc"

namespace {

class greeter : public nip::plugin {
 public:
  static constexpr std::uint32_t execution = NIP_POOL;
  static constexpr bool idempotent = true;
  static constexpr std::string_view config_schema = "{}";
  void handle(const nip::message&, nip::result& out) override {
    out.reply("greeting", R"({"text":"hello"})");
  }
};

}  // namespace

NIP_PLUGIN(greeter, "greeter", "1.0.0", "Says hello")

int main() {
  const nip_entry& entry = nip_plugin_entry_v4;
  if (entry.struct_size != sizeof(nip_entry) || entry.abi_major != 4 ||
      entry.abi_minor_required != 0)
    return 1;
  const nip_factory* factory = entry.factory();
  if (factory->count() != 1 || factory->describe(1) != nullptr) return 2;
  const nip_descriptor* about = factory->describe(0);
  if (about->execution != NIP_POOL || about->flags != NIP_IDEMPOTENT || about->batch_max != 0)
    return 3;
  return nip::face::text(about->name) == "greeter" && nip::face::text(about->config_schema) == "{}"
             ? 0
             : 4;
}
