/* Needs a host that is newer than this one. */
#define RAW_NAME "newer_minor"
#define RAW_ABI_MINOR (NIP_ABI_MINOR + 7)
#include "raw.h"

static void raw_handle(const nip_plugin* plugin, const nip_delivery* const* in,
                       nip_result* const* out, uint64_t count) {
  (void)plugin, (void)in, (void)raw_host;
  for (uint64_t i = 0; i < count; ++i) out[i]->status = NIP_DONE;
}
