#!/usr/bin/env python3
"""Benchmarks: every way to run a network side by side, round by round. See bench/README.md."""
import argparse
import math
import os
import platform
import sys
import time

sys.dont_write_bytecode = True  # nothing but the source in the source folder

import limits
import networks
import peers
import report
from subjects import BATCH, COLUMNS, VARIANTS, Compiler, Data, Loops, Unavailable, generated

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is loaded

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OFF = (
    1e-3  # an output is off where it differs from the reference by more, of the larger of it and 1
)


class Settings:
    """How long to measure."""

    def __init__(self, arguments):
        self.rounds = arguments.rounds or (9 if arguments.quick else 31)
        self.seconds = 5e-4 if arguments.quick else 3e-3  # one measurement
        self.samples = 1024


def note(text):
    print(text, file=sys.stderr, flush=True)


def attempt(skipped, make, *arguments):
    """What make gives, or None and a line that says why not."""
    try:
        return make(*arguments)
    except Unavailable as reason:
        skipped.append(str(reason))
        return None


def all_subjects(network, tools, skipped):
    """Every subject of a network that can be had; lines for the others."""
    folder, loops = tools.folder, tools.loops
    stem = os.path.join(folder, network.name)
    found = list(loops.interpreters(network))
    for compiler in tools.compilers:
        for k, (label, options) in enumerate(VARIANTS):
            found.append(
                attempt(
                    skipped,
                    generated,
                    tools.wannc,
                    network,
                    compiler,
                    label,
                    options,
                    loops,
                    f"{stem}.{compiler.command}.{k}",
                )
            )
    for compiler in tools.compilers:
        found.append(
            attempt(
                skipped, peers.by_hand, network, compiler, loops, f"{stem}.hand.{compiler.command}"
            )
        )
    first = tools.compilers[0]
    if first.command == "gcc":
        found.append(attempt(skipped, peers.libmvec, network, first, loops, stem + ".libmvec"))
    found.append(attempt(skipped, peers.Numpy, network))
    found.append(attempt(skipped, peers.onnx2c, network, first, loops, stem + ".onnx2c"))
    if tools.onnxruntime:
        for form in ("by_layers", "by_nodes"):
            found.append(
                attempt(
                    skipped,
                    peers.onnxruntime,
                    network,
                    form,
                    tools.onnxruntime,
                    first,
                    loops,
                    SOURCE,
                    f"{stem}.{form}",
                )
            )
    found.append(attempt(skipped, peers.fann, network, first, loops, SOURCE, stem + ".fann"))
    return [subject for subject in found if subject]


def compare(subject, expected):
    """How far a subject's outputs are from the reference: the largest error, what share is off."""
    subject.largest_error, wrong, count = 0.0, 0, 0
    for column in {subject.columns[0], BATCH}:
        for got, right in zip(subject.outputs(column), expected):
            error = abs(got - right) / max(1.0, abs(right))
            error = error if math.isfinite(error) else float(sys.float_info.max)
            subject.largest_error = max(subject.largest_error, error)
            wrong += error > OFF
            count += 1
    subject.off = wrong / count


def calls_for(subject, column, seconds):
    """How many calls take about so long; the first of two short runs warms up."""
    few = 1 if column == BATCH else 16
    subject.run(column, few)
    return max(few, int(seconds / ((subject.run(column, few) + 1e-9) / few)))


def measure(subjects, settings):
    """All subjects in turn, round by round, so that a disturbance of the machine hits all alike."""
    calls = {(s, c): calls_for(s, c, settings.seconds) for s in subjects for c in s.columns}
    for _ in range(settings.rounds):
        for column in range(len(COLUMNS)):
            for s in subjects:
                if column in s.columns:
                    n = calls[s, column]
                    inferences = n * settings.samples if column == BATCH else n
                    s.ns[column].append(s.run(column, n) * 1e9 / inferences)


def bench(path, tools, settings):
    """Everything about one network."""
    network = networks.Network(path)
    rows = networks.samples(len(network.inputs), settings.samples)
    data = {real: Data(network, rows, real) for real in ("float", "double")}
    skipped = []
    note(f"{network.name}: compiling")
    subjects = all_subjects(network, tools, skipped)
    for subject in subjects:
        subject.attach(data)
    expected = subjects[0].outputs(0)
    for subject in subjects:
        compare(subject, expected)
    note(f"{network.name}: measuring {len(subjects)} subjects")
    measure(subjects, settings)
    bounds = None
    if tools.kernels:
        bounds = limits.bounds(
            tools.wannc,
            network,
            tools.kernels,
            tools.machine_ns,
            os.path.join(tools.folder, "limit.c"),
        )
    for subject in subjects:
        subject.close()
    return report.Result(network, subjects, skipped + tools.skipped, bounds)


class Tools:
    """Programs and measurements that all networks share. skipped: what cannot be had at all."""

    def __init__(self, arguments):
        self.folder = os.path.join(arguments.out, "work")
        os.makedirs(self.folder, exist_ok=True)
        self.wannc = os.path.join(arguments.build, "bin", "wannc")
        self.loops = Loops(os.path.join(arguments.build, "bench", "bench_loops.so"))
        self.skipped = []
        self.compilers = [
            c
            for c in (
                attempt(self.skipped, Compiler, command, arguments.march)
                for command in ("gcc", "clang")
            )
            if c
        ]
        if not self.compilers:
            raise SystemExit("bench: neither gcc nor clang is here")
        self.onnxruntime = attempt(
            self.skipped,
            peers.onnxruntime_library,
            os.path.join(arguments.out, "peers"),
            not arguments.no_install,
        )
        self.machine_ns, self.kernels = None, None

    def know_machine(self):
        note("machine: what it can do")
        compiler, stem = self.compilers[0], os.path.join(self.folder, "machine")
        self.machine_ns = attempt(self.skipped, limits.machine, compiler, SOURCE, stem)
        if self.machine_ns:
            self.kernels = attempt(
                self.skipped,
                limits.kernels,
                self.wannc,
                compiler,
                self.loops,
                self.machine_ns,
                stem,
            )


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(
                line.split(":", 1)[1].strip() for line in file if line.startswith("model name")
            )
    except (OSError, StopIteration):
        return platform.machine()


def describe(tools, arguments, settings):
    return {
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "system": " ".join(platform.libc_ver()),
        "compilers": "; ".join(c.version for c in tools.compilers),
        "flags": " ".join(tools.compilers[0].flags),
        "ns": tools.machine_ns,
        "kernels": tools.kernels,
        "rounds": settings.rounds,
        "batch": settings.samples,
        "quick": arguments.quick,
        "load at the start": f"{os.getloadavg()[0]:.1f}",
    }


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "networks", nargs="*", metavar="NETWORK", help="network files (.json) instead of all"
    )
    parser.add_argument(
        "--build", default=os.path.join(SOURCE, "build", "release"), help="folder of the build"
    )
    parser.add_argument(
        "--out", default=os.path.join(SOURCE, "build", "bench"), help="folder of the results"
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument(
        "--no-install", action="store_true", help="do not let npm install ONNX Runtime"
    )
    parser.add_argument(
        "--rounds", type=int, help="how often everything is measured (default 31, quick 9)"
    )
    parser.add_argument("--march", default="native", help="-march of everything that is compiled")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    settings = Settings(arguments)
    start = time.monotonic()
    tools = Tools(arguments)
    machine = describe(tools, arguments, settings)
    tools.know_machine()
    machine.update(ns=tools.machine_ns, kernels=tools.kernels)
    print(f"# Benchmarks\n\n{report.machine_lines(machine)}\n")
    if tools.kernels:
        print(f"{report.kernel_table(tools.kernels)}\n\n```\n{limits.FORMULA}\n```\n", flush=True)
    paths = arguments.networks or networks.collect(SOURCE, tools.wannc, tools.folder, note)
    results = []
    for path in paths:
        results.append(bench(path, tools, settings))
        print(report.section(results[-1]), flush=True)
        report.save(
            os.path.join(arguments.out, results[-1].network.name + ".json"),
            {"machine": machine, **report.as_json(results[-1])},
        )
    print(report.summary(results))
    print(f"{time.monotonic() - start:.0f} seconds; JSON in {os.path.relpath(arguments.out)}")


if __name__ == "__main__":
    try:
        main()
    except Unavailable as problem:
        sys.exit(f"bench: {problem}")
