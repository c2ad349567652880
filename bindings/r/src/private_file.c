/* Files that only their owner may read: written whole or not at all, and durable. A lock keeps a second process away from one. */
#include "glue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LONGEST_PATH = 4096, LARGEST_FILE = 1 << 30 };

static bool write_all(int file, const char *content, size_t length) {
    while (length > 0) {
        const ssize_t written = write(file, content, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        content += written;
        length -= (size_t)written;
    }
    return true;
}

/* Makes the name of a new file durable. */
static void sync_folder(const char *path) {
    char folder[LONGEST_PATH];
    const char *slash = strrchr(path, '/');
    const size_t length = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    if (length >= sizeof folder) {
        return;
    }
    memcpy(folder, length == 0 ? "." : path, length == 0 ? 1 : length);
    folder[length == 0 ? 1 : length] = '\0';
    const int file = open(folder, O_RDONLY | O_DIRECTORY);
    if (file >= 0) {
        (void)fsync(file);
        close(file);
    }
}

int private_write(const char *path, const char *content, size_t length, bool replace) {
    char aside[LONGEST_PATH];
    if (snprintf(aside, sizeof aside, "%s.%ld.new", path, (long)getpid()) >= (int)sizeof aside) {
        return ENAMETOOLONG;
    }
    const int file = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (file < 0) {
        return errno;
    }
    int problem = write_all(file, content, length) && fsync(file) == 0 ? 0 : errno;
    if (close(file) != 0 && problem == 0) {
        problem = errno;
    }
    if (problem == 0 && (replace ? rename(aside, path) : link(aside, path)) != 0) {
        problem = errno;
    }
    if (problem != 0 || !replace) {
        unlink(aside);
    }
    if (problem == 0) {
        sync_folder(path);
    }
    return problem;
}

/* The size of an open file that only its owner may read; a negative errno where it is none. */
static off_t private_size(int file) {
    struct stat about;
    if (fstat(file, &about) != 0) {
        return -errno;
    }
    return (about.st_mode & (S_IRWXG | S_IRWXO)) != 0 ? -EPERM : about.st_size;
}

int private_read(const char *path, char *out, size_t most, size_t *length) {
    const int file = open(path, O_RDONLY);
    if (file < 0) {
        return errno;
    }
    const off_t size = private_size(file);
    int problem = size < 0 ? (int)-size : (size_t)size > most ? EFBIG : 0;
    *length = 0;
    while (problem == 0) {
        const ssize_t got = read(file, out + *length, most - *length);
        if (got < 0) {
            problem = errno;
        } else if (got == 0) {
            break;
        } else {
            *length += (size_t)got;
        }
    }
    close(file);
    return problem;
}

SEXP private_refused(int problem, const char *argument) {
    if (problem == EPERM) {
        return failure_text(FLOW_CONFIGURATION, argument, "others may read these secret keys; forbid it with Sys.chmod(path, \"600\")");
    }
    return failure_text(FLOW_STORAGE_FAILED, argument, strerror(problem));
}

/* Replaces a file. */
SEXP cw_private_write(SEXP path, SEXP content) {
    REFUSE_UNLESS(one_string(path) && TYPEOF(content) == RAWSXP, CLOAK_ERR_INVALID_ARGUMENT, "state");
    const int problem = private_write(CHAR(STRING_ELT(path, 0)), (const char *)RAW(content), (size_t)XLENGTH(content), true);
    return problem == 0 ? R_NilValue : private_refused(problem, "state");
}

/* The content of a file; NULL if there is none. */
SEXP cw_private_read(SEXP path) {
    REFUSE_UNLESS(one_string(path), CLOAK_ERR_INVALID_ARGUMENT, "state");
    struct stat about;
    if (stat(CHAR(STRING_ELT(path, 0)), &about) != 0) {
        return errno == ENOENT ? R_NilValue : private_refused(errno, "state");
    }
    REFUSE_UNLESS(about.st_size >= 0 && about.st_size <= LARGEST_FILE, CLOAK_ERR_TOO_LONG, "state");
    SEXP out = PROTECT(Rf_allocVector(RAWSXP, (R_xlen_t)about.st_size));
    size_t length = 0;
    const int problem = private_read(CHAR(STRING_ELT(path, 0)), (char *)RAW(out), (size_t)about.st_size, &length);
    UNPROTECT(1);
    return problem == 0 ? out : private_refused(problem, "state");
}

/* Keeps other processes away from what is beside a lock file, until cw_private_unlock or the end of this one. */
SEXP cw_private_lock(SEXP path) {
    REFUSE_UNLESS(one_string(path), CLOAK_ERR_INVALID_ARGUMENT, "state");
    const int file = open(CHAR(STRING_ELT(path, 0)), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) {
        return private_refused(errno, "state");
    }
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        close(file);
        return failure_text(FLOW_CONFLICT, "state", "another process takes part in this run with this file; end it first");
    }
    return Rf_ScalarInteger(file);
}

SEXP cw_private_unlock(SEXP file) {
    if (TYPEOF(file) == INTSXP && XLENGTH(file) == 1) {
        close(INTEGER(file)[0]);
    }
    return R_NilValue;
}
