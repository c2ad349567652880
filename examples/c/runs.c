#include "runs.h"

#include <stdlib.h>

static void write_in(const char *folder, const char *name, const bytes *content)
{
    char *path = path_in(folder, name);
    file_write(path, content->data, content->length);
    free(path);
}

static void read_in(const char *folder, const char *name, bytes *content)
{
    char *path = path_in(folder, name);
    file_read(path, content);
    free(path);
}

void run_write(const char *folder, const cloak_run *run)
{
    bytes description = {NULL, 0, 0}, roster = {NULL, 0, 0};
    cloak_run_info info;
    must(cloak_run_get_info(run, &info), "asking for the size of the run");
    bytes_room(&description, CLOAK_DESCRIPTION_SIZE);
    bytes_room(&roster, (size_t)info.members * CLOAK_MEMBER_SIZE);
    must(cloak_run_description(run, description.data, description.capacity, &description.length), "writing the description");
    must(cloak_run_roster(run, roster.data, roster.capacity, &roster.length), "writing the roster");
    write_in(folder, "description", &description);
    write_in(folder, "roster", &roster);
    bytes_free(&description);
    bytes_free(&roster);
}

cloak_run *run_read(const char *folder)
{
    bytes description = {NULL, 0, 0}, roster = {NULL, 0, 0};
    cloak_run *run;
    read_in(folder, "description", &description);
    read_in(folder, "roster", &roster);
    must(cloak_run_decode(description.data, description.length, roster.data, roster.length, &run, NULL), folder);
    bytes_free(&description);
    bytes_free(&roster);
    return run;
}
