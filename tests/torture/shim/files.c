// Counts the calls that change files below a folder, and makes chosen ones fail or be the last.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "control.h"

static struct torture_control* page;
static char folder[PATH_MAX];
static size_t folder_bytes;

struct torture_control* torture_page(void) { return page; }

__attribute__((constructor)) static void open_page(void) {
  const char* below = getenv("NIP_TORTURE_FOLDER");
  const char* control = getenv("NIP_TORTURE_CONTROL");
  if (below == NULL || control == NULL || strlen(below) >= sizeof folder) return;
  const int fd = open(control, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* mapped =
      mmap(NULL, sizeof(struct torture_control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (mapped == MAP_FAILED) return;
  folder_bytes = strlen(below);
  memcpy(folder, below, folder_bytes + 1);
  page = mapped;
}

static int is_below(const char* path) {
  return strncmp(path, folder, folder_bytes) == 0 &&
         (path[folder_bytes] == '/' || path[folder_bytes] == '\0');
}

static int path_of(int fd, char* into, size_t bytes) {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t got = readlink(link, into, bytes - 1);
  if (got <= 0) return 0;
  into[got] = '\0';
  return 1;
}

static void end_here(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* What is to be done with this call: one of the actions, already noted as a hit. */
static uint64_t judge_path(uint64_t kind, const char* path) {
  if (page == NULL || (atomic_load(&page->kinds) & kind) == 0 || !is_below(path))
    return TORTURE_NOTHING;
  const uint64_t number = atomic_fetch_add(&page->calls, 1) + 1;
  const uint64_t action = atomic_load(&page->action);
  if (action == TORTURE_NOTHING || number < atomic_load(&page->first) ||
      number > atomic_load(&page->last))
    return TORTURE_NOTHING;
  snprintf(page->path, sizeof page->path, "%.*s", (int)sizeof page->path - 1, path);
  atomic_fetch_add(&page->hits, 1);
  if (action == TORTURE_KILL_BEFORE || (action == TORTURE_KILL_WITHIN && kind != TORTURE_WRITE))
    end_here();
  return action;
}

static uint64_t judge(uint64_t kind, int fd) {
  char path[PATH_MAX];
  const int before = errno;
  uint64_t action = TORTURE_NOTHING;
  if (page != NULL && (atomic_load(&page->kinds) & kind) != 0 && path_of(fd, path, sizeof path))
    action = judge_path(kind, path);
  errno = before;
  return action;
}

static uint64_t judge_name(uint64_t kind, int at, const char* name) {
  char path[PATH_MAX];
  if (name[0] == '/') return judge_path(kind, name);
  const int known =
      at == AT_FDCWD ? getcwd(path, sizeof path) != NULL : path_of(at, path, sizeof path);
  const size_t bytes = known ? strlen(path) : 0;
  if (!known || bytes + strlen(name) + 2 > sizeof path) return TORTURE_NOTHING;
  path[bytes] = '/';
  memcpy(path + bytes + 1, name, strlen(name) + 1);
  return judge_path(kind, path);
}

/* The end of a call that is not a write. */
static long settle(uint64_t action, long done) {
  if (action == TORTURE_KILL_AFTER) end_here();
  return done;
}

static int refused(uint64_t action) {
  if (action != TORTURE_FAIL) return 0;
  errno = (int)atomic_load(&page->error);
  return 1;
}

/* Both halves of the offset, as the kernel takes it. */
static ssize_t plain_pwritev(int fd, const struct iovec* parts, int count, off_t offset) {
  return syscall(SYS_pwritev, fd, parts, count, offset, 0L);
}

/* `offset` below 0: where the file stands. */
static ssize_t write_parts(int fd, const struct iovec* parts, int count, off_t offset) {
  const uint64_t action = judge(TORTURE_WRITE, fd);
  if (refused(action)) return -1;
  struct iovec some[64];
  size_t left = 0;
  for (int i = 0; i < count; ++i) left += parts[i].iov_len;
  if (action == TORTURE_KILL_WITHIN || action == TORTURE_SHORT) {
    left = left > 1 ? left / 2 : left;
    int used = 0;
    for (; used < count && used < 64 && left > 0; ++used) {
      some[used] = parts[used];
      if (some[used].iov_len > left) some[used].iov_len = left;
      left -= some[used].iov_len;
    }
    parts = some;
    count = used;
  }
  const ssize_t done =
      offset < 0 ? syscall(SYS_writev, fd, parts, count) : plain_pwritev(fd, parts, count, offset);
  if (action == TORTURE_KILL_WITHIN) end_here();
  return settle(action, done);
}

ssize_t write(int fd, const void* bytes, size_t count) {
  const struct iovec whole = {(void*)bytes, count};
  return write_parts(fd, &whole, 1, -1);
}
ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) {
  const struct iovec whole = {(void*)bytes, count};
  return write_parts(fd, &whole, 1, offset);
}
ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  return pwrite64(fd, bytes, count, offset);
}
ssize_t writev(int fd, const struct iovec* parts, int count) {
  return write_parts(fd, parts, count, -1);
}
ssize_t pwritev64(int fd, const struct iovec* parts, int count, off64_t offset) {
  return write_parts(fd, parts, count, offset);
}
ssize_t pwritev(int fd, const struct iovec* parts, int count, off_t offset) {
  return write_parts(fd, parts, count, offset);
}

int fsync(int fd) {
  const uint64_t action = judge(TORTURE_SYNC, fd);
  return refused(action) ? -1 : (int)settle(action, syscall(SYS_fsync, fd));
}
int fdatasync(int fd) {
  const uint64_t action = judge(TORTURE_SYNC, fd);
  return refused(action) ? -1 : (int)settle(action, syscall(SYS_fdatasync, fd));
}

int renameat(int from_at, const char* from, int to_at, const char* to) {
  const uint64_t action = judge_name(TORTURE_RENAME, to_at, to);
  return refused(action) ? -1
                         : (int)settle(action, syscall(SYS_renameat2, from_at, from, to_at, to, 0));
}
int rename(const char* from, const char* to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }

int fallocate64(int fd, int mode, off64_t offset, off64_t bytes) {
  const uint64_t action = judge(TORTURE_RESERVE, fd);
  return refused(action) ? -1
                         : (int)settle(action, syscall(SYS_fallocate, fd, mode, offset, bytes));
}
int fallocate(int fd, int mode, off_t offset, off_t bytes) {
  return fallocate64(fd, mode, offset, bytes);
}
/* Says why as its result; errno stays. */
int posix_fallocate64(int fd, off64_t offset, off64_t bytes) {
  const int before = errno;
  const int why = fallocate64(fd, 0, offset, bytes) == 0 ? 0 : errno;
  errno = before;
  return why;
}
int posix_fallocate(int fd, off_t offset, off_t bytes) {
  return posix_fallocate64(fd, offset, bytes);
}

int ftruncate64(int fd, off64_t bytes) {
  const uint64_t action = judge(TORTURE_TRUNCATE, fd);
  return refused(action) ? -1 : (int)settle(action, syscall(SYS_ftruncate, fd, bytes));
}
int ftruncate(int fd, off_t bytes) { return ftruncate64(fd, bytes); }

int unlinkat(int at, const char* name, int flags) {
  const uint64_t action = judge_name(TORTURE_REMOVE, at, name);
  return refused(action) ? -1 : (int)settle(action, syscall(SYS_unlinkat, at, name, flags));
}
int unlink(const char* name) { return unlinkat(AT_FDCWD, name, 0); }
