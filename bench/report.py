"""Benchmarks: tables in Markdown, and the same as JSON."""
import json
import statistics

from subjects import BATCH, COLUMNS, LATENCY, SINGLE


def quartiles(values):
    ordered = sorted(values)
    quarter = len(ordered) // 4
    return ordered[quarter], ordered[-1 - quarter]


def median(subject, column):
    return statistics.median(subject.ns[column]) if column in subject.columns else None


def spread(subject, column):
    """How far apart the middle half of the rounds is, of the median."""
    if column not in subject.columns:
        return None
    low, high = quartiles(subject.ns[column])
    return (high - low) / statistics.median(subject.ns[column])


def ratio(subject, base, column):
    """How many times as fast as another: the median over rounds, each of which measured both."""
    if base is None or column not in subject.columns or column not in base.columns:
        return None
    return statistics.median(b / a for a, b in zip(subject.ns[column], base.ns[column]))


def find(subjects, start):
    return next((s for s in subjects if s.name.startswith(start)), None)


def best(subjects, start, column):
    chosen = [s for s in subjects if s.name.startswith(start) and column in s.columns]
    return min(chosen, key=lambda s: median(s, column), default=None)


class Result:
    """What was found about one network."""

    def __init__(self, network, subjects, skipped, bounds):
        self.network, self.subjects, self.skipped, self.bounds = network, subjects, skipped, bounds
        self.by_hand = find(subjects, "straight-line C, libm, gcc")
        self.libmvec = find(subjects, "loop, -ffast-math and libmvec")


def as_json(result):
    network = result.network
    rows = []
    for s in result.subjects:
        row = {"name": s.name, "kind": s.kind, "real": s.real}
        for column, word in enumerate(COLUMNS):
            row[f"ns_{word}"], row[f"spread_{word}"] = median(s, column), spread(s, column)
        row["ratio_single"], row["ratio_latency"] = (
            ratio(s, result.by_hand, c) for c in (SINGLE, LATENCY)
        )
        row["ratio_batch"] = ratio(s, result.libmvec, BATCH)
        row.update(largest_error=s.largest_error, off=s.off, **s.facts)
        rows.append(row)
    return {
        "name": network.name,
        "nodes": network.n_computed,
        "connections": network.n_connections,
        "depth": network.depth,
        "weight": network.weight,
        "rows": rows,
        "skipped": result.skipped,
        "bounds": result.bounds,
        "shares": {word: share for word, _, _, share in shares(result)},
    }


def number(value, digits=None):
    if value is None:
        return ""
    if digits is None and 0 < abs(value) < 0.1:
        return f"{value:.2g}"
    if digits is None:
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def percent(value):
    return "" if value is None else f"{100 * value:.0f} %"


def off(value):
    return "" if value == 0 else number(100 * value) + " %"


def table(head, rows):
    """A table of Markdown with aligned columns: text to the left, numbers to the right."""
    width = [max(len(row[k]) for row in [head] + rows) for k in range(len(head))]
    lines = [
        "| "
        + " | ".join(
            cell.ljust(w) if k == 0 else cell.rjust(w)
            for k, (cell, w) in enumerate(zip(row, width))
        )
        + " |"
        for row in [head] + rows
    ]
    rule = (
        "|"
        + "|".join("-" * (w + 2) if k == 0 else "-" * (w + 1) + ":" for k, w in enumerate(width))
        + "|"
    )
    return "\n".join([lines[0], rule] + lines[1:])


def speed_table(result):
    head = [
        "ns an inference",
        "single",
        "latency",
        "batch",
        "spread",
        "x single",
        "x latency",
        "x batch",
        "off",
    ]
    rows = [
        [
            s.name,
            *(number(median(s, c)) for c in range(3)),
            percent(spread(s, s.columns[0])),
            number(ratio(s, result.by_hand, SINGLE)),
            number(ratio(s, result.by_hand, LATENCY)),
            number(ratio(s, result.libmvec, BATCH)),
            off(s.off),
        ]
        for s in result.subjects
    ]
    return table(head, rows)


def milliseconds(seconds):
    return "" if seconds is None else number(1e3 * seconds, 0 if seconds > 0.01 else 1)


def size_table(result):
    head = ["one input", ".text", ".rodata", "stack", "wannc ms", "cc ms"]
    rows = [
        [
            s.name,
            *(number(s.facts[k], 0) for k in ("text", "rodata")),
            number(s.facts["stack"], 0),
            milliseconds(s.facts.get("emit_seconds")),
            milliseconds(s.facts["compile_seconds"]),
        ]
        for s in result.subjects
        if s.facts
    ]
    return table(head, rows)


def shares(result):
    """The fastest generated code of each column, and how much of the limit it reaches."""
    for column, word in enumerate(COLUMNS):
        fastest = best(result.subjects, "wannc", column)
        if result.bounds and fastest:
            yield word, fastest, median(fastest, column), result.bounds[word] / median(
                fastest, column
            )


def limit_lines(result):
    one, many = (
        ", ".join(number(result.bounds[key][kind], 0) for kind in ("add", "multiply", "divide"))
        for key in ("operations", "batch_operations")
    )
    lines = [
        "Limit: additions, multiplications, divisions an inference, kernels included: "
        f"{one}; in a batch {many}.\n"
    ]
    for word, fastest, ns, share in shares(result):
        bound = number(result.bounds[word])
        lines.append(
            f"- {word}: bound {bound} ns; {fastest.name} {number(ns)} ns: {percent(share)}"
        )
    return "\n".join(lines)


def section(result):
    n = result.network
    size = f"{n.n_computed} nodes, {n.n_connections} connections, depth {n.depth}"
    parts = [f"## {n.name}: {size}, weight {n.weight:g}", speed_table(result), size_table(result)]
    parts += [limit_lines(result)] if result.bounds else []
    parts += ["\n".join(f"- skipped: {line}" for line in result.skipped)] if result.skipped else []
    return "\n\n".join(parts) + "\n"


# What is set against what in the summary: heading, column, the others.
DUELS = (
    ("one input: by hand", SINGLE, "straight-line C"),
    ("onnx2c", SINGLE, "onnx2c"),
    ("FANN", SINGLE, "FANN"),
    ("ONNX Runtime", SINGLE, "ONNX Runtime"),
    ("NumPy", SINGLE, "NumPy"),
    ("reference", SINGLE, "reference double"),
    ("batch: libmvec", BATCH, "loop"),
    ("ONNX Runtime", BATCH, "ONNX Runtime"),
    ("NumPy", BATCH, "NumPy"),
    ("lanes", BATCH, "lanes float"),
)


def summary(results):
    """How many times as fast the fastest generated code is as the best form of each other, and its
    shares of the limits."""
    rows = []
    for result in results:
        cells = [result.network.name]
        for _, column, start in DUELS:
            ours, theirs = (best(result.subjects, who, column) for who in ("wannc", start))
            cells.append(number(ratio(ours, theirs, column)) if ours and theirs else "")
        reached = {word: percent(share) for word, _, _, share in shares(result)}
        rows.append(cells + [reached.get(word, "") for word in COLUMNS])
    head = [""] + [head for head, _, _ in DUELS] + [f"limit: {COLUMNS[0]}", *COLUMNS[1:]]
    return (
        "## Generated code, times as fast as, and share of the limits\n\n"
        + table(head, rows)
        + "\n"
    )


def machine_lines(machine):
    lines = [f"- {key}: {value}" for key, value in machine.items() if isinstance(value, str)]
    ns = machine.get("ns")
    if ns:
        lines.append(
            f"- vectors of {ns['lanes']} floats; ns: "
            + ", ".join(f"{k.replace('_', ' ')} {v:.3f}" for k, v in ns.items() if k != "lanes")
        )
    return "\n".join(lines)


def kernel_table(kernels):
    kinds = ("add", "multiply", "divide")
    words = ("additions", "multiplications", "divisions")
    head = ["kernel at -O2", *words, "latency ns", *(f"{word} in a batch" for word in words)]
    rows = [
        [name]
        + [number(k[kind], 0) for kind in kinds]
        + [number(k["latency"])]
        + [number(k["batch"][kind], 0) for kind in kinds]
        for name, k in kernels.items()
    ]
    return table(head, rows)


def save(path, document):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, allow_nan=False)
        file.write("\n")
