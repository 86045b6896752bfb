/* Note every write, truncation, flush, renaming and removal below a folder, in order, so that a power cut can be played
 * afterwards; of one process or of a server's many.
 *
 * Loaded before the C library (LD_PRELOAD). RECORD_DIR names the folder, RECORD_LOG the file of records:
 * kind (1 byte), length of the name (4), name, offset (8), length (8), and the bytes: of a write what was written, of a
 * renaming the new name.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;

#define REAL(result, symbol, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) real = dlsym(RTLD_NEXT, symbol);

static ssize_t raw_write(int fd, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t)
    return real(fd, data, size);
}

/* The name below the folder ("." for itself); NULL for what is not recorded. */
static const char *below(char *path) {
    const char *folder = getenv("RECORD_DIR");
    if (!folder) return NULL;
    size_t prefix = strlen(folder);
    if (strncmp(path, folder, prefix) || strstr(path, "-shm")) return NULL;
    if (!path[prefix]) return ".";
    return path[prefix] == '/' ? path + prefix + 1 : NULL;
}

static const char *name_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return NULL;
    path[length] = 0;
    return below(path);
}

/* The same for a path, which may begin where the process stands. */
static const char *name_at(const char *given, char *path) {
    if (given[0] == '/') {
        snprintf(path, PATH_MAX, "%s", given);
        return below(path);
    }
    if (!getcwd(path, PATH_MAX)) return NULL;
    size_t length = strlen(path);
    while (!strncmp(given, "./", 2)) given += 2;
    snprintf(path + length, PATH_MAX - length, "/%s", given);
    return below(path);
}

/* One record at a time, whichever thread of whichever process writes it; locks of files are not inherited. */
static void lock(void) {
    pthread_mutex_lock(&guard);
    int failed = errno;
    if (log_fd < 0) log_fd = open(getenv("RECORD_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    while (fcntl(log_fd, F_SETLKW, &whole) < 0 && errno == EINTR) continue;
    errno = failed;
}

static void unlock(void) {
    int failed = errno;
    struct flock whole = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    fcntl(log_fd, F_SETLK, &whole);
    pthread_mutex_unlock(&guard);
    errno = failed;
}

static void note(char kind, const char *name, uint64_t offset, uint64_t size) {
    char head[PATH_MAX + 32];
    uint32_t length = strlen(name);
    head[0] = kind;
    memcpy(head + 1, &length, 4);
    memcpy(head + 5, name, length);
    memcpy(head + 5 + length, &offset, 8);
    memcpy(head + 13 + length, &size, 8);
    raw_write(log_fd, head, 21 + length);
}

static ssize_t write_at(int fd, const void *data, size_t size, off64_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)
    char path[PATH_MAX];
    const char *name = name_of(fd, path);
    if (!name) return real(fd, data, size, at);
    lock();
    ssize_t done = real(fd, data, size, at);
    if (done > 0) {
        note('W', name, at, done);
        raw_write(log_fd, data, done);
    }
    unlock();
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return write_at(fd, data, size, at); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return write_at(fd, data, size, at); }

ssize_t write(int fd, const void *data, size_t size) {
    char path[PATH_MAX];
    const char *name = name_of(fd, path);
    if (!name) return raw_write(fd, data, size);
    lock();
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = raw_write(fd, data, size);
    if (done > 0) {
        note('W', name, at, done);
        raw_write(log_fd, data, done);
    }
    unlock();
    return done;
}

static ssize_t write_parts(int fd, const struct iovec *parts, int count, off64_t at) {
    REAL(ssize_t, "pwritev64", int, const struct iovec *, int, off64_t)
    char path[PATH_MAX];
    const char *name = name_of(fd, path);
    if (!name) return real(fd, parts, count, at);
    lock();
    ssize_t done = real(fd, parts, count, at);
    if (done > 0) {
        size_t left = done;
        note('W', name, at, done);
        for (int part = 0; part < count && left; part++) {
            size_t size = parts[part].iov_len < left ? parts[part].iov_len : left;
            raw_write(log_fd, parts[part].iov_base, size);
            left -= size;
        }
    }
    unlock();
    return done;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) { return write_parts(fd, parts, count, at); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return write_parts(fd, parts, count, at); }

static int cut(int fd, off64_t size) {
    REAL(int, "ftruncate64", int, off64_t)
    char path[PATH_MAX];
    const char *name = name_of(fd, path);
    if (!name) return real(fd, size);
    lock();
    int done = real(fd, size);
    if (!done) note('T', name, size, 0);
    unlock();
    return done;
}

int ftruncate64(int fd, off64_t size) { return cut(fd, size); }
int ftruncate(int fd, off_t size) { return cut(fd, size); }

static int lengthen(int fd, off64_t at, off64_t size) {
    REAL(int, "posix_fallocate64", int, off64_t, off64_t)
    char path[PATH_MAX];
    const char *name = name_of(fd, path);
    if (!name) return real(fd, at, size);
    lock();
    struct stat before = {0};
    fstat(fd, &before);
    int done = real(fd, at, size);
    if (!done && at + size > before.st_size) note('T', name, at + size, 0);
    unlock();
    return done;
}

int posix_fallocate64(int fd, off64_t at, off64_t size) { return lengthen(fd, at, size); }
int posix_fallocate(int fd, off_t at, off_t size) { return lengthen(fd, at, size); }

static int flush(int (*real)(int), int fd) {
    char path[PATH_MAX];
    const char *name = name_of(fd, path);
    if (!name) return real(fd);
    lock();
    int done = real(fd);
    if (!done) note('S', name, 0, 0);
    unlock();
    return done;
}

int fsync(int fd) {
    REAL(int, "fsync", int)
    return flush(real, fd);
}

int fdatasync(int fd) {
    REAL(int, "fdatasync", int)
    return flush(real, fd);
}

static int named_anew(char kind, int (*real)(const char *, const char *), const char *old, const char *new) {
    char from[PATH_MAX], to[PATH_MAX];
    const char *was = name_at(old, from), *is = name_at(new, to);
    if (!was || !is) return real(old, new);
    lock();
    int done = real(old, new);
    if (!done) {
        note(kind, was, 0, strlen(is));
        raw_write(log_fd, is, strlen(is));
    }
    unlock();
    return done;
}

int rename(const char *old, const char *new) {
    REAL(int, "rename", const char *, const char *)
    return named_anew('R', real, old, new);
}

int link(const char *old, const char *new) {
    REAL(int, "link", const char *, const char *)
    return named_anew('L', real, old, new);
}

int unlink(const char *given) {
    REAL(int, "unlink", const char *)
    char path[PATH_MAX];
    const char *name = name_at(given, path);
    if (!name) return real(given);
    lock();
    int done = real(given);
    if (!done) note('U', name, 0, 0);
    unlock();
    return done;
}
