"""Benchmarks: how fast a network could run on this machine at best, from counted operations.

Counted are the operations of wannc's own IR at -O2, an activation as the operations of its kernel
in compiled code; measured, in the same run, what the machine can do with each kind of operation."""
import collections
import ctypes
import json
import os
import re
import subprocess

from subjects import LATENCY, Data, Subject, Unavailable, generate, seconds_of

FORMULA = """\
A, M, D: additions, multiplications (fused ones too), divisions an inference, with those in kernels.
a, m, d: measured ns an addition, a multiplication-addition, a division; x: an operation where the
first two alternate. All for vectors of `lanes` floats (batch) or for single floats (one input).
throughput bound = max(A a, M m, (A + M) x, D d) / lanes       loads, stores, shuffles not counted
latency bound    = the longest path from an input to an output, at the measured latencies
share            = bound / measured"""

KERNELS = ("sin", "cos", "tanh", "sigmoid", "gaussian")

MEASURES = (
    "vector_add",
    "vector_fma",
    "vector_mixed",
    "vector_divide",
    "scalar_add",
    "scalar_fma",
    "scalar_mixed",
    "scalar_divide",
    "latency_add",
    "latency_multiply",
    "latency_fma",
)

# Instructions of scalar code on x86-64 with VEX encoding, and on AArch64.
INSTRUCTIONS = (
    ("add", r"\s(?:v?(?:add|sub)ss|fadd\s+s|fsub\s+s)"),
    ("multiply", r"\s(?:v?mulss|vfn?m(?:add|sub)\d+ss|fn?m(?:ul|add|sub)\s+s)"),
    ("divide", r"\s(?:v?divss|fdiv\s+s)"),
)

CHAIN = (4, 12)  # lengths of the two chains whose difference is a kernel's latency
INLINE = ["-Dinline=inline __attribute__((always_inline))"]  # no calls in chains


def machine(compiler, source, stem):
    """ns of each kind of operation, by name, and the lanes of a vector."""
    library = compiler.shared(
        os.path.join(source, "bench", "machine.c"),
        stem + ".so",
        extra=["-std=gnu11", "-ffp-contract=fast"],
    )
    found = {"lanes": library.machine_lanes()}
    for name in MEASURES:
        measure = getattr(library, "machine_" + name)
        measure.restype, measure.argtypes = ctypes.c_double, [ctypes.c_long]
        measure(10000)
        found[name] = min(measure(100000) for _ in range(7))
    return found


def chain_file(path, activation, length):
    """A network of `length` nodes one after the other."""
    nodes = [{"id": 0, "type": "input"}]
    nodes += [{"id": k, "type": "hidden", "activation": activation} for k in range(1, length + 1)]
    nodes.append({"id": length + 1, "type": "output", "activation": "linear"})
    connections = [{"from": k, "to": k + 1} for k in range(length + 1)]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(
            {
                "format": "wann-network",
                "version": 1,
                "name": "chain",
                "inputs": ["x"],
                "outputs": ["y"],
                "nodes": nodes,
                "connections": connections,
                "shared_weight": 1.0,
            },
            file,
        )
    return path


class Chain:
    """Just enough of networks.Network to be measured."""

    def __init__(self, path):
        self.path, self.inputs, self.outputs, self.weight = path, [0], [1], 1.0


def count_instructions(compiler, source, assembly, function="policy"):
    seconds_of([compiler.command, *compiler.flags, "-S", source, "-o", assembly])
    with open(assembly, encoding="utf-8") as file:
        text = re.search(
            rf"^{function}:.*?\.size\s+{function},", file.read(), re.MULTILINE | re.DOTALL
        )[0]
    return {kind: len(re.findall(pattern, text)) for kind, pattern in INSTRUCTIONS}


def chain(wannc, activation, length, stem):
    """The C of a chain, as a user would have it."""
    network = Chain(chain_file(f"{stem}.{length}.json", activation, length))
    generate(wannc, network, "-O2", f"{stem}.{length}.c", repetitions=1)
    return network, f"{stem}.{length}.c"


def count(wannc, compiler, activation, stem):
    """The operations of a kernel: what one node has more than a linear one."""
    counts = [
        count_instructions(compiler, chain(wannc, kind, 1, f"{stem}.{kind}")[1], f"{stem}.s")
        for kind in (activation, "linear")
    ]
    if counts[1]["multiply"] == 0:
        raise Unavailable(
            "limits are not known: nobody has told what this machine's instructions are"
        )
    return {kind: counts[0][kind] - counts[1][kind] for kind in counts[0]}


BATCH_KERNELS = {"sin": "sin_pi", "cos": "cos_pi"}  # where kernels are not called as activations are


def count_batch(wannc, compiler, activation, stem):
    """The operations of a kernel of NAME_batch, in a function that is put behind generated code."""
    network = Chain(chain_file(f"{stem}.{activation}.batch.json", activation, 1))
    source = f"{stem}.{activation}.batch.c"
    generate(wannc, network, "-O2 --batch --weight 1", source, repetitions=1)
    kernel = "policy_lanes_" + BATCH_KERNELS.get(activation, activation)
    with open(source, "a", encoding="utf-8") as file:
        file.write(f"float probe(float x);\nfloat probe(float x)\n{{\n    return {kernel}(x);\n}}\n")
    return count_instructions(compiler, source, f"{stem}.s", "probe")


def latency(wannc, compiler, loops, activation, machine_ns, stem):
    """ns of a kernel that waits for another: what a longer chain takes more than a shorter one,
    less the multiplication by the weight that leads to each node."""
    seconds = []
    for length in CHAIN:
        network, source = chain(wannc, activation, length, stem)
        library = compiler.shared(source, f"{stem}.{length}.so", extra=INLINE)
        subject = Subject("chain", "kernel", "float", loops, library.policy, library=library)
        subject.attach({"float": Data(network, [[0.3 + 0.001 * k] for k in range(64)], "float")})
        subject.run(LATENCY, 1000)
        seconds.append(min(subject.run(LATENCY, 5000) for _ in range(15)) / 5000)
    return (seconds[1] - seconds[0]) * 1e9 / (CHAIN[1] - CHAIN[0]) - machine_ns["latency_multiply"]


def kernels(wannc, compiler, loops, machine_ns, stem):
    """Operations and latency of each activation that has a kernel."""
    return {
        a: {
            **count(wannc, compiler, a, stem),
            "batch": count_batch(wannc, compiler, a, stem),
            "latency": latency(wannc, compiler, loops, a, machine_ns, f"{stem}.{a}"),
        }
        for a in KERNELS
    }


def parse(dump):
    """(operator, operands) of the instructions of an IR by number; the numbers of its outputs."""
    found = {}
    for line in dump.splitlines():
        instruction = re.match(r"%(\d+) = (\w+)", line)
        if instruction:
            operands = re.findall(r"%(\d+)", line.split("=", 1)[1])
            found[int(instruction[1])] = (instruction[2], [int(o) for o in operands])
    return found, [int(o) for o in re.findall(r"^output \d+, %(\d+)", dump, re.MULTILINE)]


def instructions(wannc, network, path):
    """The IR of -O2: before operations are added so that one input waits less, and at the end."""
    done = subprocess.run(
        [wannc, network.path, "-O2", "--dump-ir", "--quiet", "--no-header", "-o", path],
        capture_output=True,
        text=True,
        check=True,
    )
    dumps = (done.stdout + done.stderr).split("; after ")[1:]
    names = [dump.split(None, 1)[0] for dump in dumps]
    fewest = dumps[names.index("balance") - 1] if "balance" in names else dumps[-1]
    return parse(fewest), parse(dumps[-1])


def fusable(ir):
    """How many additions could be one operation with a multiplication that nothing else reads."""
    readers = collections.Counter(o for _, operands in ir.values() for o in operands)
    return sum(
        operator in ("add", "sub") and any(ir[o][0] == "mul" and readers[o] == 1 for o in operands)
        for operator, operands in ir.values()
    )


def absorbed(ir):
    """How many products with the weight kernels of batches take in that those for one input do not."""
    readers = collections.Counter(o for _, operands in ir.values() for o in operands)
    return sum(
        operator in ("tanh", "sigmoid") and ir[operands[0]][0] == "mul" and readers[operands[0]] == 1
        for operator, operands in ir.values()
    )


def operations(ir, kernel_table, batch):
    """A, M and D of an IR, with the kernels for one input or with those of a batch. A step of a product
    multiplies; in a batch it turns a sign."""
    total = collections.Counter(add=-fusable(ir), multiply=-absorbed(ir) if batch else 0)
    for operator, operands in ir.values():
        if operator in ("add", "sub"):
            total["add"] += 1
        elif operator in ("mul", "fma", "squared"):
            total["multiply"] += 1
        elif operator == "step" and len(operands) == 2 and not batch:
            total["multiply"] += 1
        elif operator in kernel_table:
            kernel = kernel_table[operator]
            total.update({k: (kernel["batch"] if batch else kernel)[k] for k in kernel["batch"]})
    return total


def throughput(total, machine_ns, which, lanes):
    a, m = machine_ns[which + "_add"], machine_ns[which + "_fma"]
    x, d = machine_ns[which + "_mixed"], machine_ns[which + "_divide"]
    adds, multiplications = total["add"], total["multiply"]
    return (
        max(adds * a, multiplications * m, (adds + multiplications) * x, total["divide"] * d)
        / lanes
    )


def critical_path(ir, outputs, kernel_table, machine_ns):
    """ns of the longest path. A fused operation counts from where its last operand comes in."""
    own_latency = {
        "add": "latency_add",
        "sub": "latency_add",
        "mul": "latency_multiply",
        "squared": "latency_multiply",
        "fma": "latency_fma",
    }
    done = {}
    for number, (operator, operands) in ir.items():
        own = machine_ns[own_latency[operator]] if operator in own_latency else 0.0
        if operator in kernel_table:
            own = kernel_table[operator]["latency"]
        done[number] = own + max((done[o] for o in operands), default=0.0)
    return max(done[o] for o in outputs)


def bounds(wannc, network, kernel_table, machine_ns, path):
    """The limits of a network in ns, and what was counted."""
    (fewest, _), (last, outputs) = instructions(wannc, network, path)
    counted = operations(fewest, kernel_table, batch=False)
    batch = operations(fewest, kernel_table, batch=True)
    return {
        "single": throughput(counted, machine_ns, "scalar", 1),
        "latency": critical_path(last, outputs, kernel_table, machine_ns),
        "batch": throughput(batch, machine_ns, "vector", machine_ns["lanes"]),
        "operations": dict(counted),
        "batch_operations": dict(batch),
    }
