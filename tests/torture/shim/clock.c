// The wall clock, moved by as much as the control page says at the moment of the call.
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "control.h"

enum { ns_per_s = 1000000000 };

int clock_gettime(clockid_t which, struct timespec* now) {
  const long failed = syscall(SYS_clock_gettime, which, now);
  struct torture_control* page = torture_page();
  if (failed != 0 || page == NULL || (which != CLOCK_REALTIME && which != CLOCK_REALTIME_COARSE))
    return (int)failed;
  const int64_t moved = atomic_load(&page->clock_offset_ns);
  now->tv_sec += moved / ns_per_s;
  now->tv_nsec += moved % ns_per_s;
  if (now->tv_nsec >= ns_per_s) {
    now->tv_nsec -= ns_per_s;
    ++now->tv_sec;
  } else if (now->tv_nsec < 0) {
    now->tv_nsec += ns_per_s;
    --now->tv_sec;
  }
  return 0;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
  (void)zone;
  struct timespec exact;
  if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return -1;
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* into) {
  struct timespec exact;
  if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return (time_t)-1;
  if (into != NULL) *into = exact.tv_sec;
  return exact.tv_sec;
}
