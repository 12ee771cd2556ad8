/* Replies with something that is no JSON. */
#define RAW_NAME "bad_reply"
#include "raw.h"

static void raw_handle(const nip_plugin* plugin, const nip_delivery* const* in,
                       nip_result* const* out, uint64_t count) {
  (void)plugin, (void)in, (void)raw_host;
  for (uint64_t i = 0; i < count; ++i) {
    out[i]->status = NIP_DONE;
    if (out[i]->reply) out[i]->reply->write(out[i]->reply->context, "{\"type\": oops", 13);
  }
}
