/* The layout of nip/plugin.h in C11 against the golden numbers; the compiler is the test. */
#include <nip/plugin.h>

#define FIELD(type, field, offset, size)                                            \
  _Static_assert(offsetof(type, field) == (offset), #type "." #field " has moved"); \
  _Static_assert(sizeof(((type*)0)->field) == (size), #type "." #field " has another size");
/* The table's own growth rule: at the end only, so an old size never shrinks. */
#define SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " has another size");
#include "layout_4_0.inc"

_Static_assert(NIP_ABI_MAJOR == 4 && NIP_ABI_MINOR == 0, "a new minor needs its own layout file");
_Static_assert(NIP_DONE == 0 && NIP_TRANSIENT == 1 && NIP_PERMANENT == 2 && NIP_PENDING == 3,
               "status");
_Static_assert(NIP_OK == 0 && NIP_E_FAILED == -1 && NIP_E_UNSUPPORTED == -2 &&
                   NIP_E_INVALID == -3 && NIP_E_UNKNOWN_TOKEN == -4 && NIP_E_BUSY == -5 &&
                   NIP_E_TOO_LARGE == -6,
               "codes");
_Static_assert(NIP_INLINE == 0 && NIP_POOL == 1 && NIP_PER_SHARD == 0 && NIP_SINGLE == 1,
               "execution");
_Static_assert(NIP_HEALTHY == 0 && NIP_DEGRADED == 1 && NIP_UNHEALTHY == 2, "health");

int main(void) {
  /* NIP_HAS on a table of an older, smaller version. */
  nip_plugin old = {0};
  old.struct_size = (uint32_t)NIP_FIELD_END(nip_plugin, extension);
  if (!NIP_HAS(nip_plugin, &old, extension) || NIP_HAS(nip_plugin, &old, cancel)) return 1;
  return sizeof(NIP_ENTRY_SYMBOL) == sizeof("nip_plugin_entry_v4") ? 0 : 2;
}
