/* How to start what cannot be loaded into this process. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/driver/driver.h"
#include "runtime/base/template.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"

static void add(wn_runner *r, const char *word) {
    r->word[r->n++] = word;
}

/* The text of a buffer as a word that the runner gives back; NULL: out of memory. */
static const char *own(wn_runner *r, wn_buf *text) {
    size_t i = 0;
    while (r->owned[i])
        i++;
    return r->owned[i] = wn_buf_take(text);
}

/* A path that names a file of the current folder to exec, too. */
static wann_status add_path(wn_runner *r, const char *path, wann_diag *diag) {
    wn_buf text = {0};
    wn_buf_print(&text, "%s%s", strchr(path, '/') ? "" : "./", path);
    const char *word = own(r, &text);
    add(r, word);
    return word ? WANN_OK : wn_fail_memory(diag);
}

/* QEMU's program for a machine, with the folder that Debian's libraries for it are in. */
static wann_status add_emulator(wn_runner *r, const char *target, wann_diag *diag) {
    const char *vendor = strstr(target, "-unknown-"),
               *arm = strncmp(target, "armv", 4) == 0 ? "arm" : NULL;
    wn_buf name = {0}, folder = {0};
    wn_buf_text(&name, "qemu-");
    wn_buf_bytes(&name, arm ? arm : target, arm ? strlen(arm) : strcspn(target, "-"));
    wn_buf_text(&folder, "/usr/");
    wn_buf_bytes(&folder, target, vendor ? (size_t)(vendor - target) : strlen(target));
    wn_buf_text(&folder, vendor ? vendor + strlen("-unknown") : "");
    const char *emulator = own(r, &name), *libraries = own(r, &folder);
    add(r, emulator);
    add(r, "-L");
    add(r, libraries);
    return emulator && libraries ? WANN_OK : wn_fail_memory(diag);
}

/* The name of a file in a folder of the runner's own. */
static wann_status get_file(wn_runner *r, const char *name, wann_diag *diag) {
    wn_buf path = {0};
    WN_TRY(wn_temporary_folder("wann-run", &r->folder, diag));
    wn_buf_print(&path, "%s/%s", r->folder, name);
    r->file = wn_buf_take(&path);
    return r->file ? WANN_OK : wn_fail_memory(diag);
}

/* A program around an object, a library or assembly for another machine. */
static wann_status link_program(wn_runner *r, const wn_made *made, const wn_net *net,
                                const wann_compile_options *options, wann_diag *diag) {
    char *main_text, path[4096];
    if (!realpath(made->path, path))
        return wn_fail_errno(diag, made->path, "find");
    /* They come before the main function, so that nothing of them seems to be needed yet. */
    const char *const object[] = {"-static", path, NULL};
    const char *const text[] = {"-static", "-x", "assembler", path, NULL};
    const char *const archive[] = {"-static", "-Wl,--whole-archive", path, "-Wl,--no-whole-archive",
                                   NULL};
    const char *const shared[] = {"-Wl,--no-as-needed", path, NULL};
    const char *const *words = made->kind == WANN_KIND_SHARED   ? shared
                               : made->kind == WANN_KIND_STATIC ? archive
                               : made->kind == WANN_KIND_ASM    ? text
                                                                : object;
    WN_TRY(get_file(r, "program", diag));
    WN_TRY(wn_native_main(net, options, &main_text, diag));
    const wann_status status =
        wn_cc_for(options->target, main_text, WN_LINK_PROGRAM, words, r->file, diag);
    wn_free(main_text);
    add(r, r->file);
    return status;
}

/* Node.js with a script that does what the main function of a program does. */
static wann_status write_script(wn_runner *r, const wn_net *net,
                                const wann_compile_options *options, wann_diag *diag) {
    char inputs[16], outputs[16], *name = wann_compile_name(net, options);
    wn_buf text = {0}, in = {0}, out = {0};
    wn_buf_print(&in, "%u", net->n_inputs);
    wn_buf_print(&out, "%u", net->n_outputs);
    wann_status status = name && !in.failed && !out.failed ? WANN_OK : wn_fail_memory(diag);
    if (status == WANN_OK) {
        memcpy(inputs, in.data, in.length + 1);
        memcpy(outputs, out.data, out.length + 1);
        const wn_slot slots[] = {
            {"name", name, true},
            {"inputs", inputs, true},
            {"outputs", outputs, true},
            {"array", options->real == WANN_FLOAT ? "Float32Array" : "Float64Array", true},
            {NULL, NULL, false}};
        status = wn_template_render(options->template_dir, "run_wasm.js.in", slots, &text, diag);
    }
    if (status == WANN_OK)
        status = get_file(r, "run.js", diag);
    if (status == WANN_OK)
        status = wn_file_write(r->file, text.data, text.length, 0666, diag);
    wn_buf_free(&text);
    wn_buf_free(&in);
    wn_buf_free(&out);
    wn_free(name);
    return status;
}

static wann_status open_wasm(wn_runner *r, const wn_made *made, const wn_net *net,
                             const wann_compile_options *options, wann_diag *diag) {
    WN_TRY(write_script(r, net, options, diag));
    r->batch = options->batch;
    add(r, "node");
    add(r, r->file);
    return add_path(r, made->path, diag);
}

static wann_status open_runner(wn_runner *r, const wn_made *made, const wn_net *net,
                               const wann_compile_options *options, wann_diag *diag) {
    if (made->kind == WANN_KIND_WASM)
        return open_wasm(r, made, net, options, diag);
    if (wn_is_foreign(options->target))
        WN_TRY(add_emulator(r, options->target, diag));
    return made->kind == WANN_KIND_EXE ? add_path(r, made->path, diag)
                                       : link_program(r, made, net, options, diag);
}

wann_status wn_runner_open(const wn_made *made, const wn_net *net,
                           const wann_compile_options *options, wn_runner *runner,
                           wann_diag *diag) {
    *runner = (wn_runner){.n = 0};
    const wann_status status = open_runner(runner, made, net, options, diag);
    if (status != WANN_OK)
        wn_runner_close(runner);
    return status;
}

void wn_runner_close(wn_runner *runner) {
    if (runner->file)
        unlink(runner->file);
    if (runner->folder)
        rmdir(runner->folder);
    wn_free(runner->file);
    wn_free(runner->folder);
    for (size_t i = 0; i < sizeof runner->owned / sizeof *runner->owned; i++)
        wn_free(runner->owned[i]);
    *runner = (wn_runner){.n = 0};
}
