"""Benchmarks: what others offer. Each is prepared for one network, or says why it cannot be."""
import ctypes
import os
import shutil
import subprocess
import time

import fann_file
import handwritten
import onnx_model
from subjects import BATCH, PADDING, SINGLE, Subject, Unavailable, seconds_of


def write(path, content):
    with open(path, "wb" if isinstance(content, bytes) else "w") as file:
        file.write(content)
    return path


def by_hand(network, compiler, loops, stem):
    """Straight-line C that calls libm."""
    source = write(stem + ".c", handwritten.single(network))
    library = compiler.shared(source, stem + ".so")
    subject = Subject(
        f"straight-line C, libm, {compiler.command}",
        "peer",
        "float",
        loops,
        library.policy,
        library=library,
    )
    subject.facts = compiler.facts(source, stem)
    return subject


def libmvec(network, compiler, loops, stem):
    """A loop over columns that gcc vectorises with the vector functions of glibc. NaNs, exact sums
    and signed zeros are not kept."""
    source = write(stem + ".c", handwritten.batch(network, PADDING))
    library = compiler.shared(
        source, stem + ".so", extra=["-ffast-math"], libraries=["-lmvec", "-lm"]
    )
    return Subject(
        f"loop, -ffast-math and libmvec, {compiler.command}",
        "peer",
        "float",
        loops,
        None,
        library.policy_batch,
        by_columns=True,
        library=library,
    )


class Numpy(Subject):
    """As the original program does it: a dense matrix, its columns node by node, in double."""

    def __init__(self, network):
        try:
            import numpy
        except ImportError:
            raise Unavailable("NumPy is not installed (Debian package: python3-numpy)") from None
        super().__init__("NumPy, as the original", "peer", "double", None, None)
        self.np, self.network, self.columns = numpy, network, (SINGLE, BATCH)
        self.ns = {column: [] for column in self.columns}
        n = len(network.activation)
        self.matrix = numpy.zeros((n, n))
        for node, sources in enumerate(network.sources):
            self.matrix[sources, node] = network.weight
        self.act = {
            "linear": lambda x: x,
            "step": lambda x: 1.0 * (x > 0.0),
            "sin": lambda x: numpy.sin(numpy.pi * x),
            "gaussian": lambda x: numpy.exp(-numpy.multiply(x, x) / 2.0),
            "tanh": numpy.tanh,
            "sigmoid": lambda x: (numpy.tanh(x / 2.0) + 1.0) / 2.0,
            "inverse": lambda x: -x,
            "abs": abs,
            "relu": lambda x: numpy.maximum(0, x),
            "cos": lambda x: numpy.cos(numpy.pi * x),
            "squared": lambda x: x**2,
        }

    def attach(self, data):
        super().attach(data)
        self.rows = self.np.array(self.data.rows).reshape(self.data.n_samples, -1)

    def infer(self, rows):
        values = self.np.zeros((len(rows), len(self.network.activation)))
        values[:, self.network.inputs] = rows
        for node, activation in enumerate(self.network.activation):
            if activation == "bias":
                values[:, node] = 1
            elif activation != "input":
                values[:, node] = self.act[activation](self.np.dot(values, self.matrix[:, node]))
        return values[:, self.network.outputs]

    def run(self, column, calls):
        start = time.thread_time()
        for k in range(calls):
            i = k % self.data.n_samples
            self.infer(self.rows if column == BATCH else self.rows[i : i + 1])
        return time.thread_time() - start

    def outputs(self, column):
        if column == BATCH:
            return self.infer(self.rows).ravel().tolist()
        return [y for row in self.rows for y in self.infer(row[None]).ravel().tolist()]


class Peer(Subject):
    """A peer behind a shared object that offers peer, perhaps peer_batch, and peer_close."""

    def __init__(self, name, loops, library, has_batch):
        super().__init__(
            name,
            "peer",
            "float",
            loops,
            library.peer,
            library.peer_batch if has_batch else None,
            library=library,
        )

    def close(self):
        self.library.peer_close()


def onnxruntime_library(folder, may_install):
    """libonnxruntime of the npm package, which holds one for each system, got once by npm."""
    package = os.path.join(folder, "node_modules", "onnxruntime-node")
    if not os.path.isdir(package):
        if not may_install or not shutil.which("npm"):
            raise Unavailable("ONNX Runtime is not installed (npm package: onnxruntime-node)")
        os.makedirs(folder, exist_ok=True)
        try:
            seconds_of(
                [
                    "npm",
                    "install",
                    "--prefix",
                    folder,
                    "--ignore-scripts",
                    "--no-audit",
                    "--no-fund",
                    "--loglevel",
                    "error",
                    "onnxruntime-node@1",
                ]
            )
        except Unavailable as problem:
            raise Unavailable(f"npm cannot install onnxruntime-node: {problem}") from None
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(os.uname().machine, "none")
    for where, _, files in os.walk(package):
        if where.endswith(os.path.join("linux", machine)) and "libonnxruntime.so.1" in files:
            return os.path.join(where, "libonnxruntime.so.1")
    raise Unavailable(f"onnxruntime-node has no library for {os.uname().machine}")


def onnxruntime(network, form, library, compiler, loops, source, stem):
    """ONNX Runtime through its C interface, one thread."""
    model = write(stem + ".onnx", getattr(onnx_model, form)(network))
    shim = compiler.shared(
        os.path.join(source, "bench", "peer_onnxruntime.c"),
        stem + ".so",
        extra=["-std=gnu11"],
        libraries=["-ldl"],
    )
    shim.peer_problem.restype = shim.peer_version.restype = ctypes.c_char_p
    if (
        shim.peer_open(
            library.encode(),
            model.encode(),
            ctypes.c_size_t(len(network.inputs)),
            ctypes.c_size_t(len(network.outputs)),
        )
        != 0
    ):
        raise Unavailable(f"ONNX Runtime: {shim.peer_problem().decode()[:120]}")
    version = shim.peer_version().decode()
    return Peer(f"ONNX Runtime {version}, {form.replace('_', ' ')}", loops, shim, True)


def onnx2c(network, compiler, loops, stem):
    """onnx2c's C of the graph by nodes, for one input."""
    if not shutil.which("onnx2c"):
        raise Unavailable("onnx2c is not installed (no package of Debian, npm or PyPI has it)")
    model = write(stem + ".onnx", onnx_model.by_nodes(network, batch=1))
    done = subprocess.run(["onnx2c", model], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable("onnx2c: " + (done.stderr.strip().splitlines() or ["failed"])[-1][:120])
    source = write(
        stem + ".c",
        done.stdout
        + """
void policy(const float *in, float weight, float *out);
void policy(const float *in, float weight, float *out)
{
    (void)weight;
    entry((const void *)in, (void *)out);
}
""",
    )
    library = compiler.shared(source, stem + ".so")
    subject = Subject(
        f"onnx2c, by nodes, {compiler.command}",
        "peer",
        "float",
        loops,
        library.policy,
        library=library,
    )
    subject.facts = compiler.facts(source, stem)
    return subject


def fann(network, compiler, loops, source, stem):
    """FANN, as far as it has the activations."""
    reason = fann_file.unsupported(network)
    if reason:
        raise Unavailable(f"FANN: {reason}")
    shim = os.path.join(source, "bench", "peer_fann.c")
    try:
        library = compiler.shared(shim, stem + ".so", libraries=["-lfloatfann", "-lm"])
    except Unavailable:
        raise Unavailable("FANN is not installed (Debian package: libfann-dev)") from None
    if library.peer_open(write(stem + ".net", fann_file.text(network)).encode()) != 0:
        raise Unavailable("FANN cannot read the network")
    return Peer("FANN", loops, library, False)
