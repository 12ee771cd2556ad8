/* The shared page by which a test arms the shim in a running nipd, and reads what it has counted.
 */
#ifndef NIP_TORTURE_CONTROL_H
#define NIP_TORTURE_CONTROL_H

#include <stdatomic.h>
#include <stdint.h>

/* Kinds of calls, as bits of `kinds`. */
enum {
  TORTURE_WRITE = 1 << 0,    /* write, pwrite, writev, pwritev */
  TORTURE_SYNC = 1 << 1,     /* fsync, fdatasync */
  TORTURE_RENAME = 1 << 2,   /* rename, renameat */
  TORTURE_RESERVE = 1 << 3,  /* fallocate, posix_fallocate */
  TORTURE_TRUNCATE = 1 << 4, /* ftruncate */
  TORTURE_REMOVE = 1 << 5    /* unlink, unlinkat */
};

/* What happens to the calls numbered `first` to `last`. */
enum {
  TORTURE_NOTHING = 0,
  TORTURE_KILL_BEFORE = 1, /* SIGKILL, nothing done */
  TORTURE_KILL_WITHIN = 2, /* SIGKILL when half of the bytes are written; not a write: before */
  TORTURE_KILL_AFTER = 3,  /* SIGKILL when it is done */
  TORTURE_FAIL = 4,        /* fails with `error`, nothing done */
  TORTURE_SHORT = 5        /* a write takes half of the bytes; other calls are left alone */
};

enum { TORTURE_PATH_BYTES = 256 };

/* A file of this size, mapped by both sides. Everything is a 64 bit number in the byte order of the
 * machine; tests/torture/shim.py knows the order of the fields. */
struct torture_control {
  _Atomic int64_t clock_offset_ns; /* added to CLOCK_REALTIME */
  _Atomic uint64_t kinds;
  _Atomic uint64_t action;
  _Atomic uint64_t error;
  _Atomic uint64_t first; /* from 1, in the count of `calls` */
  _Atomic uint64_t last;
  _Atomic uint64_t calls;        /* of the kinds in `kinds`, on files below the folder */
  _Atomic uint64_t hits;         /* of those, how many were tampered with */
  _Atomic uint64_t memory_first; /* allocations numbered so fail; 0: none */
  _Atomic uint64_t memory_last;
  _Atomic uint64_t allocations;
  _Atomic uint64_t memory_hits;
  char path[TORTURE_PATH_BYTES]; /* of the last call that was tampered with; zero-terminated */
};

/* The page of this process; null when nobody tortures it. */
struct torture_control* torture_page(void);

#endif
