/* Note every write, truncation and flush below a folder, in order, so that a power cut can be played afterwards.
 *
 * Loaded before the C library (LD_PRELOAD). RECORD_DIR names the folder, RECORD_LOG the file of records:
 * kind (1 byte), length of the name (4), name, offset (8), length (8), and for writes the bytes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;

static ssize_t raw_write(int fd, const void *data, size_t size) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "write");
    return real(fd, data, size);
}

/* The file's name below the folder; NULL for what is not recorded. */
static const char *name_of(int fd, char *path) {
    const char *folder = getenv("RECORD_DIR");
    char link[64];
    if (!folder) return NULL;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return NULL;
    path[length] = 0;
    size_t prefix = strlen(folder);
    if (strncmp(path, folder, prefix) || path[prefix] != '/' || strstr(path, "-shm")) return NULL;
    return path + prefix + 1;
}

static void note(char kind, const char *name, uint64_t offset, const void *data, uint64_t size, int with_data) {
    if (log_fd < 0) log_fd = open(getenv("RECORD_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    uint32_t length = strlen(name);
    raw_write(log_fd, &kind, 1);
    raw_write(log_fd, &length, 4);
    raw_write(log_fd, name, length);
    raw_write(log_fd, &offset, 8);
    raw_write(log_fd, &size, 8);
    if (with_data) raw_write(log_fd, data, size);
}

#define REAL(result, symbol, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) real = dlsym(RTLD_NEXT, symbol);

static ssize_t write_at(ssize_t (*real)(int, const void *, size_t, off64_t), int fd, const void *data, size_t size, off64_t at) {
    char path[PATH_MAX];
    const char *name = name_of(fd, path);
    if (!name) return real(fd, data, size, at);
    pthread_mutex_lock(&guard);
    ssize_t done = real(fd, data, size, at);
    if (done > 0) note('W', name, at, data, done, 1);
    pthread_mutex_unlock(&guard);
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)
    return write_at(real, fd, data, size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)
    return write_at(real, fd, data, size, at);
}

ssize_t write(int fd, const void *data, size_t size) {
    char path[PATH_MAX];
    const char *name = name_of(fd, path);
    if (!name) return raw_write(fd, data, size);
    pthread_mutex_lock(&guard);
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = raw_write(fd, data, size);
    if (done > 0) note('W', name, at, data, done, 1);
    pthread_mutex_unlock(&guard);
    return done;
}

static int cut(const char *symbol, int fd, off64_t size) {
    int (*real)(int, off64_t) = dlsym(RTLD_NEXT, symbol);
    char path[PATH_MAX];
    const char *name = name_of(fd, path);
    if (!name) return real(fd, size);
    pthread_mutex_lock(&guard);
    int done = real(fd, size);
    if (!done) note('T', name, size, NULL, 0, 0);
    pthread_mutex_unlock(&guard);
    return done;
}

int ftruncate64(int fd, off64_t size) { return cut("ftruncate64", fd, size); }
int ftruncate(int fd, off_t size) { return cut("ftruncate64", fd, size); }

static int flush(const char *symbol, int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, symbol);
    char path[PATH_MAX];
    const char *name = name_of(fd, path);
    if (!name) return real(fd);
    pthread_mutex_lock(&guard);
    int done = real(fd);
    if (!done) note('S', name, 0, NULL, 0, 0);
    pthread_mutex_unlock(&guard);
    return done;
}

int fsync(int fd) { return flush("fsync", fd); }
int fdatasync(int fd) { return flush("fdatasync", fd); }
