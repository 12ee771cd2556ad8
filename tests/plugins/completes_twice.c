/* Completes each delivery twice while it handles it, and then answers it as well. The second
 * answer's code is the value of its gauge "second_answer". */
#define RAW_NAME "completes_twice"
#include "raw.h"

static void raw_handle(const nip_plugin* plugin, const nip_delivery* const* in,
                       nip_result* const* out, uint64_t count) {
  (void)plugin;
  for (uint64_t i = 0; i < count; ++i) {
    const nip_completion done = {sizeof(nip_completion), NIP_DONE, 0, {"", 0}, {"", 0}};
    nip_metric answer = {
        sizeof(nip_metric), NIP_METRIC_GAUGE, {"second_answer", 13}, {"", 0}, {"", 0}, 0};
    raw_host->complete(raw_host, in[i]->token, &done);
    answer.value = raw_host->complete(raw_host, in[i]->token, &done);
    raw_host->metric(raw_host, &answer);
    out[i]->status = NIP_DONE;
  }
}
