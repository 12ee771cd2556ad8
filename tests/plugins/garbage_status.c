/* Answers with a status that does not exist, or with none at all for the type "silent". */
#define RAW_NAME "garbage_status"
#include "raw.h"

static void raw_handle(const nip_plugin* plugin, const nip_delivery* const* in,
                       nip_result* const* out, uint64_t count) {
  (void)plugin, (void)raw_host;
  for (uint64_t i = 0; i < count; ++i)
    if (in[i]->message->type.data[0] != 's') out[i]->status = 42;
}
