"""What bench/run.py found about tests/cli/small.json: the shape of its JSON, and what is true."""
import json
import sys

GENERATED = (
    "-O0 double libm",
    "-O0 float libm",
    "-O1 float libm",
    "-O1 float inline",
    "-O2 float inline",
)
INTERPRETERS = ("reference double", "reference float", "lanes double", "lanes float", "lanes float short")
KERNELS = ("sin", "cos", "tanh", "sigmoid", "gaussian")
failures = 0


def check(condition, what):
    global failures
    if not condition:
        failures += 1
        print(f"failed: {what}", file=sys.stderr)


def check_row(row):
    name = row["name"]
    batch_only = row["ns_single"] is None
    check(batch_only == name.startswith("loop"), f"{name}: single calls")
    for column in ("single", "latency", "batch"):
        if row[f"ns_{column}"] is not None:
            check(0 < row[f"ns_{column}"] < 1e9, f"{name}: ns of {column}")
            check(0 <= row[f"spread_{column}"], f"{name}: spread of {column}")
    check(row["ns_batch"] is not None, f"{name}: batch")
    if row["kind"] == "generated":
        check(row["off"] == 0, f"{name}: {row['off']} of the outputs are off")
        for fact in ("text", "rodata", "emit_seconds", "compile_seconds"):
            check(row[fact] > 0, f"{name}: {fact}")
        check(row["stack"] >= 0, f"{name}: stack")


def check_meaning(rows):
    """Every row computes the same network, in its own way."""
    exact = ("reference double", "lanes double", "wannc -O0 double libm, gcc")
    for name in exact:
        check(rows[name]["largest_error"] == 0, f"{name} is not bit for bit the reference")
    check(0 < rows["wannc -O1 float inline, gcc"]["largest_error"] < 1e-4, "the error of floats")
    check(rows["straight-line C, libm, gcc"]["off"] == 0, "the code by hand is another network")
    check(rows["straight-line C, libm, gcc"]["ratio_single"] == 1, "the ratio of a row to itself")
    if "NumPy, as the original" in rows:
        check(
            rows["NumPy, as the original"]["largest_error"] < 1e-9, "NumPy's network is another one"
        )
    slowest = max(
        ("reference double", "wannc -O2 float inline, gcc"),
        key=lambda name: rows[name]["ns_single"],
    )
    check(slowest == "reference double", "generated code is slower than the interpreter")


def check_bounds(result):
    bounds, machine = result["bounds"], result["machine"]
    if bounds is None:
        check(any("limits" in line for line in result["skipped"]), "no limit, and no word on why")
        return
    for column in ("single", "latency", "batch"):
        check(bounds[column] > 0, f"bound of {column}")
        check(0 < result["shares"][column] < 1.5, f"share of the limit of {column}")
    check(bounds["operations"]["multiply"] > 30, "operations of five kernels")
    check(sorted(machine["kernels"]) == sorted(KERNELS), "kernels")
    check(machine["ns"]["latency_add"] > machine["ns"]["scalar_add"], "an addition has a latency")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        result = json.load(file)
    rows = {row["name"]: row for row in result["rows"]}
    check(
        (result["nodes"], result["connections"], result["weight"]) == (11, 16, -1.5), "the network"
    )
    for name in INTERPRETERS + tuple(f"wannc {label}, gcc" for label in GENERATED):
        check(name in rows, f"no row {name}")
    for row in result["rows"]:
        check_row(row)
    check_meaning(rows)
    check_bounds(result)
    check(
        any("onnx2c" in name for name in list(rows) + result["skipped"]),
        "onnx2c is neither there nor skipped",
    )
    with open(sys.argv[2], encoding="utf-8") as file:
        tables = file.read()
    for name in rows:
        check(f"\n| {name} " in tables, f"no row {name} in the table")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
