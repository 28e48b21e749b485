// A disk that cannot read what is marked: each read of a file with the sticky bit, which means nothing else on a file,
// is EIO. Preloaded before libc (LD_PRELOAD), through which libuv reads; all else passes untouched. The mark lies with
// the file itself, so a block that is written anew can be read, as on a disk that replaces a bad sector.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_bad(int file) {
  int before = errno;
  struct stat what;
  int bad = fstat(file, &what) == 0 && S_ISREG(what.st_mode) && (what.st_mode & S_ISVTX);
  errno = bad ? EIO : before;
  return bad;
}

#define READING(name, parameters, arguments)                      \
  ssize_t name parameters {                                       \
    static ssize_t (*real) parameters;                            \
    if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, #name);  \
    return is_bad(file) ? -1 : real arguments;                    \
  }

READING(read, (int file, void *to, size_t bytes), (file, to, bytes))
READING(pread, (int file, void *to, size_t bytes, off_t at), (file, to, bytes, at))
READING(pread64, (int file, void *to, size_t bytes, off64_t at), (file, to, bytes, at))
READING(readv, (int file, const struct iovec *to, int count), (file, to, count))
READING(preadv, (int file, const struct iovec *to, int count, off_t at), (file, to, count, at))
READING(preadv64, (int file, const struct iovec *to, int count, off64_t at), (file, to, count, at))
