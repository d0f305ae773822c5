/* The operators of ONNX that a network can say (opset 13 and later), applied to columns. */
#include "runtime/io/onnx_operators.h"

#include <math.h>
#include <string.h>

#include "runtime/base/diag.h"
#include "runtime/io/onnx_build.h"

typedef wann_status operation(const wn_onnx_call *call);

static wann_status refuse(const wn_onnx_call *c, const char *why) {
    return wn_fail(c->net->diag, WANN_INPUT, NULL, 0, 0, "%s", why);
}

/* --- constants -------------------------------------------------------------------------------- */

static uint64_t little_endian(const uint8_t *bytes, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static double raw_number(const uint8_t *bytes, int type) {
    if (type == WN_ONNX_INT64)
        return (double)(int64_t)little_endian(bytes, 8);
    if (type == WN_ONNX_DOUBLE) {
        const uint64_t bits = little_endian(bytes, 8);
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    const uint32_t bits = (uint32_t)little_endian(bytes, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

/* How many numbers a tensor holds, in whichever field. */
static size_t held(const Wn__TensorProto *t, size_t size) {
    if (t->has_raw_data)
        return t->raw_data.len % size ? SIZE_MAX : t->raw_data.len / size;
    return t->data_type == WN_ONNX_FLOAT    ? t->n_float_data
           : t->data_type == WN_ONNX_DOUBLE ? t->n_double_data
                                            : t->n_int64_data;
}

static double number_at(const Wn__TensorProto *t, size_t size, size_t i) {
    if (t->has_raw_data)
        return raw_number(t->raw_data.data + i * size, t->data_type);
    return t->data_type == WN_ONNX_FLOAT    ? (double)t->float_data[i]
           : t->data_type == WN_ONNX_DOUBLE ? t->double_data[i]
                                            : (double)t->int64_data[i];
}

wann_status wn_onnx_constant_tensor(wn_onnx_net *net, const Wn__TensorProto *t,
                                    wn_onnx_tensor *tensor) {
    const char *name = t->name ? t->name : "";
    const int type = t->data_type;
    *tensor = (wn_onnx_tensor){.kind = WN_ONNX_NUMBERS, .n = 1, .rank = t->n_dims};
    if (type != WN_ONNX_FLOAT && type != WN_ONNX_DOUBLE && type != WN_ONNX_INT64)
        return wn_fail(net->diag, WANN_INPUT, NULL, 0, 0,
                       "constant '%.60s' has data of type %d; expected float (1), int64 (7) or "
                       "double (11)",
                       name, type);
    if (t->n_dims > 2 || t->data_location != 0)
        return wn_fail(net->diag, WANN_INPUT, NULL, 0, 0, "constant '%.60s' %s", name,
                       t->n_dims > 2 ? "has more than 2 dimensions" : "lies in another file");
    const size_t size = type == WN_ONNX_FLOAT ? 4 : 8, holds = held(t, size);
    for (size_t i = 0; i < t->n_dims; i++) {
        if (t->dims[i] < 0 || (uint64_t)t->dims[i] > holds)
            tensor->n = SIZE_MAX;
        tensor->dims[i] = (size_t)t->dims[i];
        tensor->n = tensor->n <= holds ? tensor->n * tensor->dims[i] : tensor->n;
    }
    if (tensor->n != holds)
        return wn_fail(net->diag, WANN_INPUT, NULL, 0, 0,
                       "constant '%.60s' does not hold as many numbers as its dimensions say",
                       name);
    double *number = WN_NEW(&net->arena, double, holds + 1);
    if (!number)
        return wn_fail_memory(net->diag);
    for (size_t i = 0; i < holds; i++)
        number[i] = number_at(t, size, i);
    tensor->number = number;
    return WANN_OK;
}

/* --- what operators share --------------------------------------------------------------------- */

static const Wn__AttributeProto *attribute(const wn_onnx_call *c, const char *name) {
    for (size_t i = 0; i < c->node->n_attribute; i++)
        if (c->node->attribute[i]->name && strcmp(c->node->attribute[i]->name, name) == 0)
            return c->node->attribute[i];
    return NULL;
}

static int64_t whole(const wn_onnx_call *c, const char *name, int64_t otherwise) {
    const Wn__AttributeProto *a = attribute(c, name);
    return a && a->has_i ? a->i : otherwise;
}

static double real(const wn_onnx_call *c, const char *name, double otherwise) {
    const Wn__AttributeProto *a = attribute(c, name);
    return a && a->has_f ? (double)a->f : otherwise;
}

static bool is(const wn_onnx_tensor *t, wn_onnx_kind kind) {
    return t && t->kind == kind;
}

/* The only output gets n columns, which are to be filled. */
static wann_status columns(const wn_onnx_call *c, wn_onnx_tensor *out, size_t n,
                           wn_onnx_column **column) {
    if (n == 0 || n > WN_ONNX_MOST_COLUMNS)
        return refuse(c, "a value has no columns, or more than 1000000");
    if (n > WN_ONNX_ALL_COLUMNS - c->net->n_columns)
        return refuse(c, "the values of the model have too many columns");
    c->net->n_columns += n;
    *column = WN_NEW(&c->net->arena, wn_onnx_column, n);
    *out = (wn_onnx_tensor){.kind = WN_ONNX_COLUMNS, .n = n, .column = *column};
    return *column ? WANN_OK : wn_fail_memory(c->net->diag);
}

/* Inputs 0 to n - 1 of n_in are columns. */
static wann_status expect_columns(const wn_onnx_call *c, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i < c->n_in && is(c->in[i], WN_ONNX_SOFTMAXED))
            return refuse(c, "a softmax can only be an output");
        if (i >= c->n_in || !is(c->in[i], WN_ONNX_COLUMNS))
            return refuse(c, "expected values that depend on the model's input");
    }
    return WANN_OK;
}

static wann_status expect_axis(const wn_onnx_call *c, int64_t otherwise) {
    const int64_t axis = whole(c, "axis", otherwise);
    return axis == 1 || axis == -1 ? WANN_OK : refuse(c, "expected axis 1");
}

/* A number for each of n columns: a scalar, or a row. */
static wann_status row_number(const wn_onnx_call *c, const wn_onnx_tensor *t, size_t n, size_t i,
                              double *value) {
    const bool row = t->n == n && t->rank > 0 && t->dims[t->rank - 1] == n;
    if (!row && t->n != 1)
        return refuse(c, "a constant is neither one number nor a row of the right length");
    *value = t->number[row ? i : 0];
    return isfinite(*value) ? WANN_OK : refuse(c, "a constant is not finite");
}

/* --- the operators ---------------------------------------------------------------------------- */

static wann_status constant(const wn_onnx_call *c) {
    const Wn__AttributeProto *a = attribute(c, "value");
    if (!a || !a->t)
        return refuse(c, "expected a tensor as its value");
    return wn_onnx_constant_tensor(c->net, a->t, c->out);
}

static wann_status identity(const wn_onnx_call *c) {
    if (c->n_in != 1 || !c->in[0])
        return refuse(c, "expected one input");
    *c->out = *c->in[0];
    return WANN_OK;
}

/* in[0] times a matrix [n, m], or [m, n] if it is to be transposed. */
static wann_status multiply(const wn_onnx_call *c, bool transposed) {
    const wn_onnx_tensor *a = c->in[0], *b = c->n_in > 1 ? c->in[1] : NULL;
    WN_TRY(expect_columns(c, 1));
    if (!is(b, WN_ONNX_NUMBERS) || b->rank != 2 || b->dims[transposed] != a->n)
        return refuse(c, "expected a constant matrix with a row for each column");
    const size_t m = b->dims[!transposed];
    wn_onnx_column *out;
    WN_TRY(columns(c, c->out, m, &out));
    double *weight = WN_NEW(&c->net->arena, double, a->n);
    const wn_onnx_column **term = WN_NEW(&c->net->arena, const wn_onnx_column *, a->n);
    if (!weight || !term)
        return wn_fail_memory(c->net->diag);
    for (size_t j = 0; j < m; j++) {
        for (size_t i = 0; i < a->n; i++) {
            weight[i] = b->number[transposed ? j * a->n + i : i * m + j];
            term[i] = &a->column[i];
            if (!isfinite(weight[i]))
                return refuse(c, "a constant is not finite");
        }
        WN_TRY(wn_onnx_combine(c->net, a->n, term, weight, &out[j]));
    }
    return WANN_OK;
}

static wann_status matmul(const wn_onnx_call *c) {
    return multiply(c, false);
}

/* Columns and a constant: out = in + scale * constant, in place. */
static wann_status add_constant(const wn_onnx_call *c, wn_onnx_column *column, size_t n,
                                const wn_onnx_tensor *t, double scale) {
    for (size_t i = 0; i < n; i++) {
        wn_onnx_column row;
        double value = 0;
        WN_TRY(row_number(c, t, n, i, &value));
        WN_TRY(wn_onnx_constant(c->net, scale * value, &row));
        WN_TRY(wn_onnx_add(c->net, &column[i], &row, &column[i]));
    }
    return WANN_OK;
}

static wann_status gemm(const wn_onnx_call *c) {
    const double alpha = real(c, "alpha", 1), beta = real(c, "beta", 1);
    if (whole(c, "transA", 0) != 0)
        return refuse(c, "expected transA to be 0");
    WN_TRY(multiply(c, whole(c, "transB", 0) != 0));
    wn_onnx_column *out = (wn_onnx_column *)c->out->column;
    for (size_t i = 0; alpha != 1.0 && i < c->out->n; i++)
        WN_TRY(wn_onnx_scale(c->net, &out[i], alpha, &out[i]));
    if (c->n_in < 3 || !c->in[2])
        return WANN_OK;
    if (!is(c->in[2], WN_ONNX_NUMBERS))
        return refuse(c, "expected a constant to be added");
    return add_constant(c, out, c->out->n, c->in[2], beta);
}

/* Sum and Add: any columns of one width, and constants. */
static wann_status add(const wn_onnx_call *c) {
    const wn_onnx_tensor *first = NULL;
    wn_onnx_column *out = NULL;
    for (size_t i = 0; i < c->n_in; i++) {
        const wn_onnx_tensor *t = c->in[i];
        if (!is(t, WN_ONNX_COLUMNS))
            continue;
        if (!first) {
            WN_TRY(columns(c, c->out, t->n, &out));
            memcpy(out, t->column, t->n * sizeof *out);
            first = t;
            continue;
        }
        if (t->n != first->n)
            return refuse(c, "expected values of the same width");
        for (size_t k = 0; k < t->n; k++)
            WN_TRY(wn_onnx_add(c->net, &out[k], &t->column[k], &out[k]));
    }
    if (!first)
        return refuse(c, "expected values that depend on the model's input");
    for (size_t i = 0; i < c->n_in; i++)
        if (!is(c->in[i], WN_ONNX_COLUMNS)) {
            if (!is(c->in[i], WN_ONNX_NUMBERS))
                return refuse(c, "expected constants or values that depend on the model's input");
            WN_TRY(add_constant(c, out, first->n, c->in[i], 1));
        }
    return WANN_OK;
}

/* By a constant, by the shared weight, or a value by itself. */
static wann_status mul(const wn_onnx_call *c) {
    if (c->n_in != 2)
        return refuse(c, "expected two inputs");
    const bool swapped = !is(c->in[0], WN_ONNX_COLUMNS);
    const wn_onnx_tensor *a = c->in[swapped], *b = c->in[!swapped];
    if (!is(a, WN_ONNX_COLUMNS) || !b)
        return refuse(c, "expected values that depend on the model's input");
    const bool square = b->kind == WN_ONNX_COLUMNS;
    if (square && b->column != a->column)
        return refuse(c, "two values are multiplied; only a value by itself is an activation");
    if (b->kind == WN_ONNX_SOFTMAXED)
        return refuse(c, "a softmax can only be an output");
    wn_onnx_column *out;
    WN_TRY(columns(c, c->out, a->n, &out));
    for (size_t i = 0; i < a->n; i++) {
        double factor = 1;
        if (b->kind == WN_ONNX_NUMBERS)
            WN_TRY(row_number(c, b, a->n, i, &factor));
        WN_TRY(square                      ? wn_onnx_square(c->net, &a->column[i], &out[i])
               : b->kind == WN_ONNX_WEIGHT ? wn_onnx_weigh(c->net, &a->column[i], &out[i])
                                           : wn_onnx_scale(c->net, &a->column[i], factor, &out[i]));
    }
    return WANN_OK;
}

static wann_status each(const wn_onnx_call *c, wann_activation activation) {
    wn_onnx_column *out;
    WN_TRY(expect_columns(c, 1));
    WN_TRY(columns(c, c->out, c->in[0]->n, &out));
    for (size_t i = 0; i < c->in[0]->n; i++)
        WN_TRY(wn_onnx_activate(c->net, activation, &c->in[0]->column[i], &out[i]));
    return WANN_OK;
}
#define EACH(name, activation)                                                                     \
    static wann_status name(const wn_onnx_call *c) {                                               \
        return each(c, activation);                                                                \
    }
EACH(sine, WANN_ACT_SIN)
EACH(cosine, WANN_ACT_COS)
EACH(tangent, WANN_ACT_TANH)
EACH(sigmoid, WANN_ACT_SIGMOID)
EACH(relu, WANN_ACT_RELU)
EACH(absolute, WANN_ACT_ABS)
EACH(negative, WANN_ACT_INVERSE)
#undef EACH

static wann_status exponential(const wn_onnx_call *c) {
    wn_onnx_column *out;
    WN_TRY(expect_columns(c, 1));
    WN_TRY(columns(c, c->out, c->in[0]->n, &out));
    for (size_t i = 0; i < c->in[0]->n; i++)
        WN_TRY(wn_onnx_exp(c->net, &c->in[0]->column[i], &out[i]));
    return WANN_OK;
}

static wann_status greater(const wn_onnx_call *c) {
    WN_TRY(expect_columns(c, 1));
    wn_onnx_column *out;
    WN_TRY(columns(c, c->out, c->in[0]->n, &out));
    for (size_t i = 0; i < c->in[0]->n; i++) {
        double value = 1;
        if (c->n_in == 2 && is(c->in[1], WN_ONNX_NUMBERS))
            WN_TRY(row_number(c, c->in[1], c->in[0]->n, i, &value));
        if (value != 0.0)
            return refuse(c, "expected a comparison with 0");
        WN_TRY(wn_onnx_compare(c->net, &c->in[0]->column[i], &out[i]));
    }
    return WANN_OK;
}

/* To float or double, which a comparison needs and others pass through. */
static wann_status cast(const wn_onnx_call *c) {
    const int64_t to = whole(c, "to", 0);
    WN_TRY(expect_columns(c, 1));
    if (to != WN_ONNX_FLOAT && to != WN_ONNX_DOUBLE)
        return refuse(c, "expected float (1) or double (11) to be made");
    *c->out = *c->in[0];
    return WANN_OK;
}

static wann_status concat(const wn_onnx_call *c) {
    size_t n = 0, at = 0;
    wn_onnx_column *out;
    WN_TRY(expect_axis(c, 0));
    WN_TRY(expect_columns(c, c->n_in));
    for (size_t i = 0; i < c->n_in; i++)
        n = n > WN_ONNX_MOST_COLUMNS ? n : n + c->in[i]->n;
    WN_TRY(columns(c, c->out, n, &out));
    for (size_t i = 0; i < c->n_in; i++) {
        memcpy(out + at, c->in[i]->column, c->in[i]->n * sizeof *out);
        at += c->in[i]->n;
    }
    return WANN_OK;
}

static wann_status split(const wn_onnx_call *c) {
    const wn_onnx_tensor *sizes = c->n_in > 1 ? c->in[1] : NULL;
    size_t at = 0;
    WN_TRY(expect_axis(c, 0));
    WN_TRY(expect_columns(c, 1));
    const size_t n = c->in[0]->n;
    if (sizes ? !is(sizes, WN_ONNX_NUMBERS) || sizes->n != c->n_out : n % c->n_out != 0)
        return refuse(c, "expected a size for each output, or outputs of the same size");
    for (size_t i = 0; i < c->n_out; i++) {
        const double size = sizes ? sizes->number[i] : (double)(n / c->n_out);
        if (!(size >= 1 && size <= (double)(n - at)))
            return refuse(c, "the sizes do not add up to the columns that there are");
        wn_onnx_column *out;
        WN_TRY(columns(c, &c->out[i], (size_t)size, &out));
        memcpy(out, c->in[0]->column + at, (size_t)size * sizeof *out);
        at += (size_t)size;
    }
    return at == n ? WANN_OK : refuse(c, "the sizes do not add up to the columns that there are");
}

static wann_status gather(const wn_onnx_call *c) {
    const wn_onnx_tensor *index = c->n_in > 1 ? c->in[1] : NULL;
    WN_TRY(expect_axis(c, 0));
    WN_TRY(expect_columns(c, 1));
    if (!is(index, WN_ONNX_NUMBERS) || index->rank != 1)
        return refuse(c, "expected a constant list of columns");
    const double n = (double)c->in[0]->n;
    wn_onnx_column *out;
    WN_TRY(columns(c, c->out, index->n, &out));
    for (size_t i = 0; i < index->n; i++) {
        const double k = index->number[i] < 0 ? index->number[i] + n : index->number[i];
        if (!(k >= 0 && k < n))
            return refuse(c, "there is no column of this number");
        out[i] = c->in[0]->column[(size_t)k];
    }
    return WANN_OK;
}

/* A range of columns, one after the other. */
static wann_status slice(const wn_onnx_call *c) {
    WN_TRY(expect_columns(c, 1));
    double bound[4] = {0, 0, 0, 1}; /* start, end, axis, step */
    for (size_t i = 1; i < 5; i++)
        if (i < c->n_in && is(c->in[i], WN_ONNX_NUMBERS) && c->in[i]->n == 1)
            bound[i - 1] = c->in[i]->number[0];
        else if (i < 4 || (i < c->n_in && c->in[i]))
            return refuse(c, "expected a constant start, end and axis");
    const double n = (double)c->in[0]->n;
    for (int i = 0; i < 2; i++)
        bound[i] = fmin(fmax(bound[i] < 0 ? bound[i] + n : bound[i], 0), n);
    if ((bound[2] != 1.0 && bound[2] != -1.0) || bound[3] != 1.0 || !(bound[0] < bound[1]))
        return refuse(c, "expected axis 1, steps of 1 and at least one column");
    wn_onnx_column *out;
    WN_TRY(columns(c, c->out, (size_t)(bound[1] - bound[0]), &out));
    memcpy(out, c->in[0]->column + (size_t)bound[0], c->out->n * sizeof *out);
    return WANN_OK;
}

static wann_status softmax(const wn_onnx_call *c) {
    WN_TRY(expect_axis(c, -1));
    WN_TRY(expect_columns(c, 1));
    *c->out = *c->in[0];
    c->out->kind = WN_ONNX_SOFTMAXED;
    return WANN_OK;
}

/* Name, the attributes that it may have (with a blank behind each), and what it does. */
static const struct {
    const char *name, *attributes;
    operation *run;
} operators[] = {{"Abs", "", absolute},
                 {"Add", "", add},
                 {"Cast", "to ", cast},
                 {"Concat", "axis ", concat},
                 {"Constant", "value ", constant},
                 {"Cos", "", cosine},
                 {"Exp", "", exponential},
                 {"Gather", "axis ", gather},
                 {"Gemm", "alpha beta transA transB ", gemm},
                 {"Greater", "", greater},
                 {"Identity", "", identity},
                 {"MatMul", "", matmul},
                 {"Mul", "", mul},
                 {"Neg", "", negative},
                 {"Relu", "", relu},
                 {"Sigmoid", "", sigmoid},
                 {"Sin", "", sine},
                 {"Slice", "", slice},
                 {"Softmax", "axis ", softmax},
                 {"Split", "axis ", split},
                 {"Sum", "", add},
                 {"Tanh", "", tangent}};
enum { N_OPERATORS = sizeof operators / sizeof *operators };

/* An attribute that is not known may change what the operator means. */
static wann_status check_attributes(const wn_onnx_call *c, const char *allowed) {
    for (size_t i = 0; i < c->node->n_attribute; i++) {
        const char *name = c->node->attribute[i]->name;
        const size_t length = name ? strlen(name) : 0;
        const char *at = length ? strstr(allowed, name) : NULL;
        if (!at || at[length] != ' ' || (at > allowed && at[-1] != ' '))
            return wn_fail(c->net->diag, WANN_INPUT, NULL, 0, 0, "unknown attribute '%.60s'",
                           name ? name : "");
    }
    return WANN_OK;
}

wann_status wn_onnx_call_operator(const wn_onnx_call *c) {
    const char *name = c->node->op_type ? c->node->op_type : "";
    const bool standard =
        !c->node->domain || !*c->node->domain || strcmp(c->node->domain, "ai.onnx") == 0;
    for (size_t i = 0; standard && i < N_OPERATORS; i++) {
        if (strcmp(operators[i].name, name) != 0)
            continue;
        WN_TRY(check_attributes(c, operators[i].attributes));
        if (c->n_out != 1 && operators[i].run != split)
            return refuse(c, "expected one output");
        return operators[i].run(c);
    }
    return wn_fail(c->net->diag, WANN_INPUT, NULL, 0, 0,
                   "no network can say this operator; expected sums, products with constants and "
                   "activations");
}
