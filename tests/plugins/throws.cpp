// Throws out of handle() through the C tables, as no plugin may, for messages of the type "poison".
#define RAW_NAME "throws"
#include <stdexcept>
#include <string_view>

#include "raw.h"

static void raw_handle(const nip_plugin* plugin, const nip_delivery* const* in,
                       nip_result* const* out, uint64_t count) {
  static_cast<void>(plugin), static_cast<void>(raw_host);
  for (uint64_t i = 0; i < count; ++i) {
    const nip_view type = in[i]->message->type;
    if (std::string_view(type.data, type.size) == "poison")
      throw std::runtime_error("it is poison");
    out[i]->status = NIP_DONE;
  }
}
