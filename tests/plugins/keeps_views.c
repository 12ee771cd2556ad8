/* Keeps the views of a message past its call without retaining it, and reads them at the next one.
 * What it reads is whatever the broker's buffer holds by then; it must not bring the broker down.
 */
#define RAW_NAME "keeps_views"
#include "raw.h"

static nip_view kept;

static void raw_handle(const nip_plugin* plugin, const nip_delivery* const* in,
                       nip_result* const* out, uint64_t count) {
  (void)plugin, (void)raw_host;
  for (uint64_t i = 0; i < count; ++i) {
    if (out[i]->reply) {
      out[i]->reply->write(out[i]->reply->context, "{\"type\":\"kept\",\"data\":", 22);
      out[i]->reply->write(out[i]->reply->context, kept.data, kept.size);
      out[i]->reply->write(out[i]->reply->context, "}", 1);
    }
    kept = in[i]->message->data;
    out[i]->status = NIP_DONE;
  }
}
