/* Permissions and durability are beyond C99. */
#define _POSIX_C_SOURCE 200809L

#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void fail(const char *path)
{
    perror(path);
    exit(1);
}

static char *joined(const char *first, const char *second)
{
    size_t length = strlen(first) + strlen(second);
    char *text = allocate(length + 1, 1);
    strcpy(text, first);
    strcat(text, second);
    return text;
}

char *path_in(const char *folder, const char *name)
{
    char *with_slash = joined(folder, "/");
    char *path = joined(with_slash, name);
    free(with_slash);
    return path;
}

void make_folder(const char *folder)
{
    if (mkdir(folder, S_IRWXU) != 0 && errno != EEXIST) {
        fail(folder);
    }
}

int file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

void file_read(const char *path, bytes *content)
{
    struct stat about;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &about) != 0) {
        fail(path);
    }
    bytes_room(content, (size_t)about.st_size);
    content->length = fread(content->data, 1, content->capacity, file);
    if (content->length != (size_t)about.st_size) {
        fail(path);
    }
    fclose(file);
}

static void write_all(int file, const char *path, const uint8_t *content, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, content, length);
        if (written < 0) {
            fail(path);
        }
        content += written;
        length -= (size_t)written;
    }
    if (fsync(file) != 0 || close(file) != 0) {
        fail(path);
    }
}

/* A name is on the disk when its folder is. */
static void sync_folder_of(const char *path)
{
    char *copy = joined(path, "");
    const char *folder = dirname(copy);
    int file = open(folder, O_RDONLY);
    if (file < 0 || fsync(file) != 0 || close(file) != 0) {
        fail(folder);
    }
    free(copy);
}

void file_write(const char *path, const uint8_t *content, size_t length)
{
    char *unfinished = joined(path, ".unfinished");
    int file = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC, S_IRUSR | S_IWUSR);
    if (file < 0) {
        fail(unfinished);
    }
    write_all(file, unfinished, content, length);
    if (rename(unfinished, path) != 0) {
        fail(path);
    }
    sync_folder_of(path);
    free(unfinished);
}

void file_append(const char *path, const char *line)
{
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND, S_IRUSR | S_IWUSR);
    if (file < 0) {
        fail(path);
    }
    write_all(file, path, (const uint8_t *)line, strlen(line));
    sync_folder_of(path);
}
