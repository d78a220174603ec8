/* Preloaded into the proxy: ends the process at the n-th time that it makes something durable, as
   ATSI_CRASH_AT says, and before it is done or right after, as ATSI_CRASH_WHEN says. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int sync_and_crash(const char *name, int fd) {
  static int count;
  const char *at = getenv("ATSI_CRASH_AT"), *when = getenv("ATSI_CRASH_WHEN");
  int is_it = at && __sync_add_and_fetch(&count, 1) == atoi(at);
  if (is_it && !strcmp(when, "before")) _exit(9);
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  int result = real(fd);
  if (is_it) _exit(9);
  return result;
}

int fsync(int fd) { return sync_and_crash("fsync", fd); }
int fdatasync(int fd) { return sync_and_crash("fdatasync", fd); }
