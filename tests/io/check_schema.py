"""Check the schema of the network file: good files pass, bad ones fail, and it agrees with the reader.

Run by ctest with WANN_SOURCE and WANN_BIN. Exits with 77 where jsonschema is missing.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("skipped: python3 has no jsonschema (Debian package: python3-jsonschema)")
    sys.exit(77)

source = pathlib.Path(os.environ["WANN_SOURCE"])
wann = pathlib.Path(os.environ["WANN_BIN"]) / "wann"
corpus = source / "tests" / "io"
schema = json.loads((source / "docs" / "wann-network.schema.json").read_text())
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
failures = 0

# Refused by the reader for what a schema cannot express, or cannot see as its reader is lenient.
BEYOND_SCHEMA = {
    "connection-duplicate", "cycle-of-one", "cycle-of-two", "cycle-through-output", "from-dangling",
    "id-duplicate", "id-duplicate-as-float", "id-of-80-digits", "inputs-too-few", "inputs-too-many",
    "into-bias", "into-input", "outputs-empty", "outputs-too-many", "second-bias", "to-dangling",
    "duplicate-key-top", "duplicate-key-escaped", "duplicate-key-node", "duplicate-key-unknown",
    "duplicate-key-among-many", "escape-lone-high-surrogate", "escape-lone-low-surrogate",
    "escape-high-then-high", "shared-weight-1e999", "weight-1e999", "weight-minus-1e400",
}


def check(condition, message):
    global failures
    if not condition:
        failures += 1
        print("failed:", message, file=sys.stderr)


def refuse(constant):
    raise ValueError(constant + " is no JSON")


def load(path):
    """The value of a strict JSON text, or None."""
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"), parse_constant=refuse)
    except (ValueError, RecursionError):
        return None


def check_good(path):
    errors = [error.message for error in validator.iter_errors(load(path))]
    check(not errors, f"{path}: {errors}")


def check_written(path, folder):
    """What the writer makes of a good file passes as well."""
    written = pathlib.Path(folder) / "written.json"
    subprocess.run([wann, "convert", path, "-o", written, "--quiet"], check=True)
    check_good(written)


good = sorted((source / "examples" / "champions").glob("*.json"))
check(good, "no example was found")
good += [path for path in sorted((corpus / "legal").glob("*.json")) if path.name != "weights.json"]
with tempfile.TemporaryDirectory() as folder:
    for path in good:
        check_good(path)
        check_written(path, folder)
    check_written(corpus / "legal" / "matrix-plain.out", folder)

judged = 0
for path in sorted((corpus / "bad").glob("*.json")):
    value = load(path)
    if value is None:
        continue
    judged += 1
    passes = validator.is_valid(value)
    check(passes == (path.stem in BEYOND_SCHEMA),
          f"{path.name}: the schema {'accepts' if passes else 'refuses'} it")
check(judged >= 60, f"only {judged} bad files are JSON")

names = schema["definitions"]["activation"]["enum"]
table = (source / "include" / "wann" / "activations.def").read_text()
rows = [line[2:].split(", ") for line in table.splitlines() if line.startswith("X(")]
check(names == [row[1] for row in rows] + [int(row[2]) for row in rows],
      "the activations are not those of activations.def")
print(f"{len(good)} good files, {judged} bad ones, {failures} failures")
sys.exit(failures > 0)
