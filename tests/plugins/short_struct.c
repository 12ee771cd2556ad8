/* A plugin table that ends before its destroy: only seen when it is created. */
#define RAW_NAME "short_struct"
#define RAW_PLUGIN_SIZE 40
#include "raw.h"

static void raw_handle(const nip_plugin* plugin, const nip_delivery* const* in,
                       nip_result* const* out, uint64_t count) {
  (void)plugin, (void)in, (void)raw_host;
  for (uint64_t i = 0; i < count; ++i) out[i]->status = NIP_DONE;
}
