// Counts allocations, and fails those that the control page names. Freeing is left to the C
// library.
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "control.h"

/* The C library's own functions behind the names that are taken here. */
extern void* __libc_malloc(size_t bytes);
extern void* __libc_calloc(size_t count, size_t bytes);
extern void* __libc_realloc(void* old, size_t bytes);
extern void* __libc_memalign(size_t alignment, size_t bytes);

static int starved(void) {
  struct torture_control* page = torture_page();
  if (page == NULL) return 0;
  const uint64_t number = atomic_fetch_add(&page->allocations, 1) + 1;
  const uint64_t first = atomic_load(&page->memory_first);
  if (first == 0 || number < first || number > atomic_load(&page->memory_last)) return 0;
  atomic_fetch_add(&page->memory_hits, 1);
  errno = ENOMEM;
  return 1;
}

void* malloc(size_t bytes) { return starved() ? NULL : __libc_malloc(bytes); }
void* calloc(size_t count, size_t bytes) { return starved() ? NULL : __libc_calloc(count, bytes); }
void* realloc(void* old, size_t bytes) { return starved() ? NULL : __libc_realloc(old, bytes); }
void* aligned_alloc(size_t alignment, size_t bytes) {
  return starved() ? NULL : __libc_memalign(alignment, bytes);
}
void* memalign(size_t alignment, size_t bytes) { return aligned_alloc(alignment, bytes); }
int posix_memalign(void** into, size_t alignment, size_t bytes) {
  void* made = aligned_alloc(alignment, bytes);
  if (made == NULL) return ENOMEM;
  *into = made;
  return 0;
}
