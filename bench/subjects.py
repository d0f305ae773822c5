"""Benchmarks: what is measured. Everything looks like generated code: NAME and NAME_batch."""
import ctypes
import re
import resource
import shlex
import statistics
import subprocess
from array import array

SINGLE, LATENCY, BATCH = range(3)
COLUMNS = ("single", "latency", "batch")
PADDING = (
    16  # of columns, in elements: a stride of 4,096 bytes would use few sets of the first cache
)


class Unavailable(Exception):
    """A subject that cannot be had here; the text says why."""


class Case(ctypes.Structure):
    """bench_case of bench/loops.h."""

    _fields_ = [
        ("inputs", ctypes.c_size_t),
        ("outputs", ctypes.c_size_t),
        ("samples", ctypes.c_size_t),
        ("stride", ctypes.c_size_t),
        ("weight", ctypes.c_double),
        ("rows", ctypes.c_void_p),
        ("columns", ctypes.c_void_p),
        ("out", ctypes.c_void_p),
        ("scratch", ctypes.c_void_p),
    ]


class Entry(ctypes.Structure):
    """bench_subject of bench/loops.h."""

    _fields_ = [
        ("single", ctypes.c_void_p),
        ("batch", ctypes.c_void_p),
        ("is_double", ctypes.c_int),
        ("by_columns", ctypes.c_int),
    ]


class Data:
    """The inputs of a network in one type, by rows and by columns, and room for outputs."""

    def __init__(self, network, rows, real):
        code = "d" if real == "double" else "f"
        n, stride = len(rows), len(rows) + PADDING
        self.n_samples, self.n_outputs, self.stride = n, len(network.outputs), stride
        self.rows = array(code, [x for row in rows for x in row])
        self.columns = array(
            code, [x for column in zip(*rows) for x in (*column, *[0.0] * PADDING)]
        )
        self.out = array(code, bytes(self.rows.itemsize * stride * self.n_outputs))
        self.scratch = array(code, bytes(self.rows.itemsize * len(network.inputs)))
        address = [
            buffer.buffer_info()[0] for buffer in (self.rows, self.columns, self.out, self.scratch)
        ]
        self.case = Case(len(network.inputs), self.n_outputs, n, stride, network.weight, *address)

    def outputs(self, by_columns):
        """What the last run wrote, by rows."""
        if by_columns:
            return [
                self.out[o * self.stride + i]
                for i in range(self.n_samples)
                for o in range(self.n_outputs)
            ]
        return list(self.out[: self.n_samples * self.n_outputs])


class Subject:
    """A way to run a network. single and batch: C functions, or None where there is none."""

    def __init__(self, name, kind, real, loops, single, batch=None, by_columns=False, library=None):
        self.name, self.kind, self.real, self.library = name, kind, real, library
        self.loops, self.by_columns = loops, by_columns
        self.entry = Entry(
            ctypes.cast(single, ctypes.c_void_p) if single else None,
            ctypes.cast(batch, ctypes.c_void_p) if batch else None,
            real == "double",
            by_columns,
        )
        self.columns = (SINGLE, LATENCY, BATCH) if single else (BATCH,)
        self.facts = {}  # sizes and times of making it
        self.ns = {column: [] for column in self.columns}

    def attach(self, data):
        self.data = data[self.real]

    def run(self, column, calls):
        """Seconds for so many calls."""
        return self.loops.bench_time(
            ctypes.byref(self.data.case), ctypes.byref(self.entry), column, calls
        )

    def outputs(self, column):
        self.run(column, 1 if column == BATCH else self.data.n_samples)
        return self.data.outputs(column == BATCH and self.by_columns)

    def close(self):
        """Nothing to give back; peers differ."""


class Loops:
    """The shared object of bench/loops.c and bench/interpreters.c."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.bench_open.restype = ctypes.c_char_p
        self.bench_time = self.library.bench_time
        self.bench_time.restype = ctypes.c_double
        self.bench_time.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]

    def interpreters(self, network):
        problem = self.library.bench_open(network.path.encode())
        if problem:
            raise Unavailable(f"{network.path}: {problem.decode()}")
        for name, entry, real in (
            ("reference double", "reference_f64", "double"),
            ("reference float", "reference_f32", "float"),
            ("lanes double", "lanes_f64", "double"),
            ("lanes float", "lanes_f32", "float"),
            ("lanes float short", "short_lanes_f32", "float"),
        ):
            by_columns = "lanes" in name
            yield Subject(
                name,
                "interpreter",
                real,
                self,
                getattr(self.library, entry),
                getattr(self.library, f"{entry}_batch") if by_columns else None,
                by_columns,
            )


def processor_seconds():
    """Of all commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds_of(command):
    """Run a command; its seconds of processor time, which a busy machine makes little longer."""
    start = processor_seconds()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable((done.stderr.strip().splitlines() or ["failed"])[0][:120])
    return processor_seconds() - start


def sections(path):
    """Bytes of .text* and .rodata* of an object."""
    lines = subprocess.run(
        ["size", "-A", path], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    total = {"text": 0, "rodata": 0}
    for line in lines:
        found = re.match(r"\.(text|rodata)\S*\s+(\d+)", line)
        if found:
            total[found[1]] += int(found[2])
    return total


def stack_of(path, function):
    """Bytes of stack of a function, by -fstack-usage."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            place, size, *_ = line.rstrip("\n").split("\t")
            if place.rsplit(":", 1)[-1] == function:
                return int(size)
    return None


class Compiler:
    """A C compiler with the flags of all subjects that it compiles."""

    def __init__(self, command, march):
        self.command = command
        self.flags = ["-O3", f"-march={march}", "-std=c99", "-ffp-contract=off"]
        if march != "native":  # or batches would choose this machine's own width when they run
            self.flags.append("-Dtarget_clones(...)=unused")
        if command == "gcc":
            self.flags.append("-fno-semantic-interposition")  # as if linked into the program
        try:
            self.version = subprocess.run(
                [command, "--version"], capture_output=True, text=True, check=True
            ).stdout.splitlines()[0]
        except (OSError, subprocess.CalledProcessError):
            raise Unavailable(f"{command} is not installed") from None

    def shared(self, source, target, extra=(), libraries=("-lm",)):
        command = [
            self.command,
            *self.flags,
            *extra,
            "-fPIC",
            "-shared",
            source,
            "-o",
            target,
            *libraries,
        ]
        seconds_of(command)
        return ctypes.CDLL(target)

    def facts(self, source, stem, extra=()):
        """Seconds to compile, sizes and stack of what runs one input."""
        seconds = seconds_of(
            [self.command, *self.flags, *extra, "-fstack-usage", "-c", source, "-o", stem + ".o"]
        )
        return {
            "compile_seconds": seconds,
            **sections(stem + ".o"),
            "stack": stack_of(stem + ".su", "policy"),
        }


# Levels and types of generated code: label, options of wannc.
VARIANTS = (
    ("-O0 double libm", "-O0 --real double --math libm"),
    ("-O0 float libm", "-O0 --real float --math libm"),
    ("-O1 float libm", "-O1 --real float --math libm"),
    ("-O1 float inline", "-O1 --real float --math inline"),
    ("-O2 float inline", "-O2 --real float --math inline"),
)


def generate(wannc, network, options, path, repetitions=3):
    """Compile a network to C with NAME = policy; the median of the seconds it takes."""
    command = [
        wannc,
        network.path,
        *shlex.split(options),
        "--name",
        "policy",
        "--no-header",
        "--quiet",
        "-o",
        path,
    ]
    return statistics.median(seconds_of(command) for _ in range(repetitions))


def generated(wannc, network, compiler, label, options, loops, stem):
    """Generated code of a level and type, compiled."""
    real = "double" if "double" in options else "float"
    seconds = generate(wannc, network, options, stem + ".c")
    facts = compiler.facts(stem + ".c", stem)
    generate(wannc, network, options + " --batch", stem + ".batch.c", repetitions=1)
    library = compiler.shared(stem + ".batch.c", stem + ".so")
    subject = Subject(
        f"wannc {label}, {compiler.command}",
        "generated",
        real,
        loops,
        library.policy,
        library.policy_batch,
        library=library,
    )
    subject.facts = {"emit_seconds": seconds, **facts}
    return subject
