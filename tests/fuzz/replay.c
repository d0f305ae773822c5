/* Gives every file of the folders named on the command line to a fuzz target, once. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "runtime/base/alloc.h"
#include "runtime/base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return 0;
    char *data;
    size_t size;
    wann_diag diag;
    if (wn_file_read(path, &data, &size, &diag) != WANN_OK) {
        fprintf(stderr, "%s: %s\n", path, diag.text);
        return 0;
    }
    LLVMFuzzerTestOneInput((const uint8_t *)data, size);
    wn_free(data);
    return 1;
}

/* The number of files that were replayed. */
static int replay_folder(const char *folder) {
    DIR *stream = opendir(folder);
    if (!stream)
        return 0;
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        count += replay_file(path);
    }
    closedir(stream);
    return count;
}

int main(int argc, char **argv) {
    int status = argc < 2;
    for (int i = 1; i < argc; i++) {
        const int count = replay_folder(argv[i]);
        printf("%d files of %s\n", count, argv[i]);
        if (count == 0)
            status = 1;
    }
    return status;
}
