/* Bytes of messages. Networks go through a block of their own, as most of what is sent is theirs.
 */
#include "search/message.h"

#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

enum { LONGEST = 10 }; /* bytes of a number */

static size_t write_number(char *to, uint64_t value) {
    size_t n = 0;
    for (; value > 127; value >>= 7)
        to[n++] = (char)(unsigned char)(value | 128);
    to[n++] = (char)value;
    return n;
}

void wn_put_number(wn_buf *out, uint64_t value) {
    char bytes[LONGEST];
    wn_buf_bytes(out, bytes, write_number(bytes, value));
}

uint64_t wn_get_number(wn_reader *in) {
    uint64_t value = 0;
    for (unsigned shift = 0; !in->bad && in->at < in->size && shift < 64; shift += 7) {
        const unsigned char byte = in->data[in->at++];
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return value;
    }
    in->bad = true;
    return 0;
}

void wn_put_double(wn_buf *out, double value) {
    char bytes[sizeof value];
    memcpy(bytes, &value, sizeof value);
    wn_buf_bytes(out, bytes, sizeof value);
}

double wn_get_double(wn_reader *in) {
    double value = 0;
    if (in->bad || in->size - in->at < sizeof value) {
        in->bad = true;
        return 0;
    }
    memcpy(&value, in->data + in->at, sizeof value);
    in->at += sizeof value;
    return value;
}

void wn_put_text(wn_buf *out, const char *text) {
    wn_buf_bytes(out, text, strlen(text) + 1);
}

const char *wn_get_text(wn_reader *in) {
    const char *text = (const char *)in->data + in->at;
    const void *end = in->bad ? NULL : memchr(text, '\0', in->size - in->at);
    if (!end) {
        in->bad = true;
        return "";
    }
    in->at += strlen(text) + 1;
    return text;
}

void wn_put_failure(wn_buf *out, wann_status status, const wann_diag *diag) {
    wn_put_number(out, (uint64_t)status);
    wn_put_number(out, diag->line > 0 ? (uint64_t)diag->line : 0);
    wn_put_number(out, diag->column > 0 ? (uint64_t)diag->column : 0);
    wn_put_text(out, diag->path);
    wn_put_text(out, diag->text);
}

wann_status wn_get_failure(wn_reader *in, wann_diag *diag) {
    const uint64_t status = wn_get_number(in), line = wn_get_number(in), column = wn_get_number(in);
    const char *path = wn_get_text(in), *text = wn_get_text(in);
    if (in->bad || status == WANN_OK || status > WANN_INTERNAL)
        return wn_fail(diag, WANN_INTERNAL, NULL, 0, 0, "a process failed and does not say why");
    return wn_fail(diag, (wann_status)status, path[0] ? path : NULL, (int)(line & 0x7fffffff),
                   (int)(column & 0x7fffffff), "%s", text);
}

/* ---- networks ---- */

/* Bytes on their way into a buffer. */
typedef struct block {
    wn_buf *out;
    size_t n;
    char bytes[1024];
} block;

static void flush(block *b) {
    wn_buf_bytes(b->out, b->bytes, b->n);
    b->n = 0;
}

static inline void add(block *b, uint32_t value) {
    if (b->n + LONGEST > sizeof b->bytes)
        flush(b);
    b->n += write_number(b->bytes + b->n, value);
}

void wn_put_network(wn_buf *out, const wn_phenotype *p) {
    block b = {.out = out};
    add(&b, p->computed);
    add(&b, p->n_conns);
    for (uint32_t c = 0; c < p->computed; c++) {
        add(&b, p->activation[c]);
        add(&b, p->first[c + 1] - p->first[c]);
        uint32_t before = 0; /* sources ascend */
        for (uint32_t k = p->first[c]; k < p->first[c + 1]; k++) {
            add(&b, p->source[k] - before);
            before = p->source[k];
        }
    }
    for (uint32_t o = 0; o < p->outputs; o++)
        add(&b, p->output[o]);
    flush(&b);
    if (p->weight)
        wn_buf_bytes(out, (const char *)p->weight, p->n_conns * sizeof *p->weight);
}

/* Node c: of its sources each stands before it. */
static void get_node(wn_reader *in, const wn_phenotype *p, uint32_t c, uint32_t *source,
                     uint32_t *first, uint8_t *activation) {
    const uint64_t act = wn_get_number(in), fan_in = wn_get_number(in);
    if (act < WANN_ACT_LINEAR || act > WANN_ACT_SQUARED || fan_in > p->n_conns - first[c])
        in->bad = true;
    uint64_t at = 0;
    for (uint32_t k = 0; k < fan_in && !in->bad; k++) {
        at += wn_get_number(in);
        in->bad |= at > p->inputs + (uint64_t)c;
        source[first[c] + k] = (uint32_t)at;
    }
    activation[c] = (uint8_t)act;
    first[c + 1] = in->bad ? first[c] : first[c] + (uint32_t)fan_in;
}

/* The arrays are the new network's own; they are const for everybody else. */
static void get_arrays(wn_reader *in, wn_phenotype *p) {
    uint32_t *first = (uint32_t *)p->first, *output = (uint32_t *)p->output;
    first[0] = 0;
    for (uint32_t c = 0; c < p->computed && !in->bad; c++)
        get_node(in, p, c, (uint32_t *)p->source, first, (uint8_t *)p->activation);
    in->bad |= first[in->bad ? 0 : p->computed] != p->n_conns;
    for (uint32_t o = 0; o < p->outputs && !in->bad; o++) {
        const uint64_t node = wn_get_number(in);
        in->bad |= node <= p->inputs || node - p->inputs > p->computed;
        output[o] = (uint32_t)node;
    }
    const size_t bytes = p->n_conns * sizeof *p->weight;
    if (!p->weight || in->bad)
        return;
    in->bad = in->size - in->at < bytes;
    if (!in->bad)
        memcpy((double *)p->weight, in->data + in->at, bytes);
    in->at += in->bad ? 0 : bytes;
}

wann_status wn_get_network(wn_reader *in, uint32_t inputs, uint32_t outputs, bool weighted,
                           wn_phenotype **network, wann_diag *diag) {
    const uint64_t computed = wn_get_number(in), conns = wn_get_number(in);
    *network = NULL;
    /* Two bytes a node and one a connection are the least: no more memory than the message is long.
     */
    in->bad |= in->bad || computed > in->size - in->at || conns > in->size - in->at;
    if (in->bad)
        return wn_fail(diag, WANN_INTERNAL, NULL, 0, 0, "a message from rank 0 makes no sense");
    wn_phenotype *p =
        wn_phenotype_new(inputs, outputs, (uint32_t)computed, (uint32_t)conns, weighted);
    uint64_t *scratch = wn_alloc((1 + (size_t)inputs + computed) * sizeof *scratch);
    if (!p || !scratch) {
        wn_free(p);
        wn_free(scratch);
        return wn_fail_memory(diag);
    }
    get_arrays(in, p);
    if (in->bad) {
        wn_free(p);
        wn_free(scratch);
        return wn_fail(diag, WANN_INTERNAL, NULL, 0, 0, "a message from rank 0 makes no sense");
    }
    wn_phenotype_identify(p, scratch);
    wn_free(scratch);
    *network = p;
    return WANN_OK;
}
