/* Network files by path: which format it is, and what the network is called. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"
#include "runtime/io/io.h"
#include "runtime/io/onnx.h"

static bool is_standard(const char *path) {
    return strcmp(path, "-") == 0;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static wann_format format_of_ending(const char *path) {
    static const struct {
        const char *ending;
        wann_format format;
    } endings[] = {
        {".json", WANN_FORMAT_JSON},
        {".out", WANN_FORMAT_MATRIX},
        {".csv", WANN_FORMAT_MATRIX},
        {".onnx", WANN_FORMAT_ONNX}};
    const char *dot = strrchr(base_name(path), '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot, endings[i].ending) == 0)
            return endings[i].format;
    return WANN_FORMAT_AUTO;
}

/* JSON begins with a bracket, an ONNX model with its first field, a matrix with neither. */
static wann_format format_of_text(const wn_source *source) {
    if (source->size > 0 && source->data[0] == '\b')
        return WANN_FORMAT_ONNX;
    const char *first = source->data + wn_source_start(source);
    first += strspn(first, " \t\r\n");
    return *first == '{' || *first == '[' ? WANN_FORMAT_JSON : WANN_FORMAT_MATRIX;
}

/* The stem of a path, to be freed: "swing" of "champions/swing.out". */
static char *stem(const char *path) {
    const char *base = is_standard(path) ? "network" : base_name(path);
    const char *dot = strrchr(base, '.');
    wn_buf text = {0};
    wn_buf_bytes(&text, base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
    return wn_buf_take(&text);
}

static wann_status read_source(const wn_source *source, wann_format format,
                               const wn_matrix_wish *wish, wann_net **net, bool *inferred,
                               wann_diag *diag) {
    if (format == WANN_FORMAT_AUTO)
        format = format_of_text(source);
    if (format == WANN_FORMAT_ONNX)
        return wn_onnx_read(source, wish->name, net, diag);
    return format == WANN_FORMAT_MATRIX ? wn_matrix_read(source, wish, net, inferred, diag)
                                        : wn_json_read(source, wish->name, net, diag);
}

/* data is terminated. */
static wann_status read_text(const char *data, size_t size, const char *path,
                             const wann_read_options *options, wann_net **net, bool *inferred,
                             wann_diag *diag) {
    static const wann_read_options none = {0};
    options = options ? options : &none;
    char *name = options->name ? NULL : stem(path);
    if (!name && !options->name)
        return wn_fail_memory(diag);
    const wn_source source = {data, size, is_standard(path) ? "<stdin>" : path};
    const wn_matrix_wish wish = {name ? name : options->name, options->inputs, options->outputs};
    const wann_format format =
        options->format == WANN_FORMAT_AUTO ? format_of_ending(path) : options->format;
    bool was_inferred = false;
    const wann_status status = read_source(&source, format, &wish, net, &was_inferred, diag);
    if (inferred)
        *inferred = was_inferred;
    wn_free(name);
    return status;
}

wann_status wann_net_read_memory(const char *data, size_t size, const char *path,
                                 const wann_read_options *options, wann_net **net, bool *inferred,
                                 wann_diag *diag) {
    *net = NULL;
    char *text = size < SIZE_MAX ? wn_alloc(size + 1) : NULL;
    if (!text)
        return wn_fail_memory(diag);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    const wann_status status = read_text(text, size, path, options, net, inferred, diag);
    wn_free(text);
    return status;
}

wann_status wann_net_read(const char *path, const wann_read_options *options, wann_net **net,
                          bool *inferred, wann_diag *diag) {
    char *data;
    size_t size;
    *net = NULL;
    WN_TRY(wn_file_read(path, &data, &size, diag));
    const wann_status status = read_text(data, size, path, options, net, inferred, diag);
    wn_free(data);
    return status;
}

static wann_status write_standard(const wn_buf *text, wann_diag *diag) {
    for (size_t at = 0; at < text->length;) {
        const ssize_t n = write(STDOUT_FILENO, text->data + at, text->length - at);
        if (n < 0 && errno != EINTR)
            return wn_fail_errno(diag, "<stdout>", "write");
        at += n > 0 ? (size_t)n : 0;
    }
    return WANN_OK;
}

static wann_status write_text(const wn_buf *text, const char *path, wann_diag *diag) {
    if (text->failed)
        return wn_fail_memory(diag);
    return is_standard(path) ? write_standard(text, diag)
                             : wn_file_write(path, text->data, text->length, 0666, diag);
}

wann_status wann_net_write(const wann_net *net, const char *path, wann_format format,
                           wann_diag *diag) {
    if (format == WANN_FORMAT_AUTO)
        format = format_of_ending(path);
    wn_buf text = {0};
    wann_status status = WANN_OK;
    if (format == WANN_FORMAT_MATRIX)
        status = wn_matrix_write(net, &text, diag);
    else if (format == WANN_FORMAT_ONNX)
        status = wn_onnx_write(net, NULL, &text, diag);
    else
        wn_json_write(net, &text);
    if (status == WANN_OK)
        status = write_text(&text, path, diag);
    wn_buf_free(&text);
    return status;
}
