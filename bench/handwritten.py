"""Benchmarks: what one would write without a compiler for networks: straight-line C with libm."""

# Activations of a sum s, in C with single precision.
FORMULAS = {
    "linear": "{s}",
    "step": "{s} > 0.0f ? 1.0f : 0.0f",
    "sin": "sinf(3.14159265f * ({s}))",
    "gaussian": "expf(-0.5f * ({s}) * ({s}))",
    "tanh": "tanhf({s})",
    "sigmoid": "1.0f / (1.0f + expf(-({s})))",
    "inverse": "-({s})",
    "abs": "fabsf({s})",
    "relu": "fmaxf(0.0f, {s})",
    "cos": "cosf(3.14159265f * ({s}))",
    "squared": "({s}) * ({s})",
}
TWICE = ("gaussian", "squared")  # their formulas name the sum twice

SINGLE = """#include <math.h>
#include <stddef.h>
void policy(const float *in, float w, float *out);
void policy(const float *in, float w, float *out)
{{
{body}
}}
"""

# Structure of arrays, which is what compilers vectorise best. Where there are many outputs gcc
# gives up on their aliases in spite of restrict.
BATCH = """#include <math.h>
#include <stddef.h>
void policy_batch(size_t n, const float *restrict in, float w, float *restrict out);
void policy_batch(size_t n, const float *restrict in, float w, float *restrict out)
{{
    const size_t stride = n + {padding};
    #pragma GCC ivdep
    for (size_t l = 0; l < n; l++) {{
{body}
    }}
}}
"""


def body(network, read, write):
    """The statements of one inference. read, write: how inputs and outputs are named, with {k}."""
    lines = []
    for node, activation in enumerate(network.activation):
        if activation == "bias":
            lines.append(f"const float n{node} = 1.0f;")
        elif activation == "input":
            lines.append(f"const float n{node} = {read.format(k=network.inputs.index(node))};")
        else:
            terms = " + ".join(f"w * n{source}" for source in network.sources[node]) or "0.0f"
            if activation in TWICE:
                lines.append(f"const float s{node} = {terms};")
                terms = f"s{node}"
            lines.append(f"const float n{node} = {FORMULAS[activation].format(s=terms)};")
    lines += [f"{write.format(k=k)} = n{node};" for k, node in enumerate(network.outputs)]
    return "\n".join("    " + line for line in lines)


def single(network):
    return SINGLE.format(body=body(network, "in[{k}]", "out[{k}]"))


def batch(network, padding):
    return BATCH.format(
        body=body(network, "in[{k} * stride + l]", "out[{k} * stride + l]"), padding=padding
    )
