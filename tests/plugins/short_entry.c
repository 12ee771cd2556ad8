/* An entry that ends before its factory. */
#define RAW_NAME "short_entry"
#define RAW_ENTRY_SIZE 24
#include "raw.h"

static void raw_handle(const nip_plugin* plugin, const nip_delivery* const* in,
                       nip_result* const* out, uint64_t count) {
  (void)plugin, (void)in, (void)raw_host;
  for (uint64_t i = 0; i < count; ++i) out[i]->status = NIP_DONE;
}
