/* A plugin written straight against the C tables. A source defines what it wants to be wrong, then
 * includes this; RAW_NAME is its name, raw_handle its handle(). */
#ifndef RAW_H
#define RAW_H

#include <nip/plugin.h>

#ifndef RAW_ABI_MAJOR
#define RAW_ABI_MAJOR NIP_ABI_MAJOR
#endif
#ifndef RAW_ABI_MINOR
#define RAW_ABI_MINOR 0
#endif
#ifndef RAW_ENTRY_SIZE
#define RAW_ENTRY_SIZE sizeof(nip_entry)
#endif
#ifndef RAW_PLUGIN_SIZE
#define RAW_PLUGIN_SIZE sizeof(nip_plugin)
#endif
#ifndef RAW_EXECUTION
#define RAW_EXECUTION NIP_INLINE
#endif

static void raw_handle(const nip_plugin* plugin, const nip_delivery* const* in,
                       nip_result* const* out, uint64_t count);

static const nip_host* raw_host;

static void raw_destroy(const nip_plugin* plugin) { (void)plugin; }

static const nip_plugin raw_plugin = {
    RAW_PLUGIN_SIZE,
    0,
    (void*)0,
    (int32_t (*)(const nip_plugin*, nip_view))0,
    (int32_t (*)(const nip_plugin*))0,
    raw_handle,
    (void (*)(const nip_plugin*, nip_health*))0,
    (void (*)(const nip_plugin*, nip_usage*))0,
    (void (*)(const nip_plugin*))0,
    raw_destroy,
    (const void* (*)(const nip_plugin*, const char*))0,
    (void (*)(const nip_plugin*, uint64_t))0,
    (void (*)(const nip_plugin*, uint64_t, int32_t, nip_view))0,
    (void (*)(const nip_plugin*, uint64_t, int32_t, const nip_owned*))0};

static uint32_t raw_count(void) { return 1; }

static const nip_descriptor* raw_describe(uint32_t index) {
  static const nip_descriptor about = {sizeof(nip_descriptor),
                                       RAW_EXECUTION,
                                       NIP_PER_SHARD,
                                       0,
                                       16,
                                       16,
                                       {RAW_NAME, sizeof(RAW_NAME) - 1},
                                       {"1.0.0", 5},
                                       {"wrong on purpose", 16},
                                       {"", 0},
                                       {"", 0},
                                       0};
  return index == 0 ? &about : (const nip_descriptor*)0;
}

static const nip_plugin* raw_create(uint32_t index, const nip_host* host) {
  raw_host = host;
  return index == 0 ? &raw_plugin : (const nip_plugin*)0;
}

static const nip_factory* raw_factory(void) {
  static const nip_factory factory = {sizeof(nip_factory), 0, raw_count, raw_describe, raw_create};
  return &factory;
}

#ifdef __cplusplus
extern "C" NIP_EXPORT const nip_entry nip_plugin_entry_v4;
#else
NIP_EXPORT extern const nip_entry nip_plugin_entry_v4;
#endif
const nip_entry nip_plugin_entry_v4 = {RAW_ENTRY_SIZE,       RAW_ABI_MAJOR,     RAW_ABI_MINOR, 0,
                                       (int32_t (*)(void))0, (void (*)(void))0, raw_factory};

#endif
