/* Files that only their owner reads, and that are replaced as a whole or not at all. */
#ifndef FILES_H
#define FILES_H

#include "bytes.h"

/* The path of a file in a folder; the caller frees it. */
char *path_in(const char *folder, const char *name);

/* A folder for one party alone. It may be there already. */
void make_folder(const char *folder);

/* 1 if the file is there. */
int file_exists(const char *path);

/* The whole file, which has to be there. */
void file_read(const char *path, bytes *content);

/* Replaces the file. When this returns, the new content is on the disk: a crash leaves either the old or the new one. */
void file_write(const char *path, const uint8_t *content, size_t length);

/* Adds a line to the end of a file; it is on the disk when this returns. */
void file_append(const char *path, const char *line);

#endif
