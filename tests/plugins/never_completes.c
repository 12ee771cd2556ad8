/* Says that it is not finished, and never is. */
#define RAW_NAME "never_completes"
#include "raw.h"

static void raw_handle(const nip_plugin* plugin, const nip_delivery* const* in,
                       nip_result* const* out, uint64_t count) {
  (void)plugin, (void)in, (void)raw_host;
  for (uint64_t i = 0; i < count; ++i) out[i]->status = NIP_PENDING;
}
