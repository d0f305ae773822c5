#!/usr/bin/env bash
# Benchmarks of tasks: tables and JSON have the same rows, and what NumPy plays has the same reward
# (bench_swingup stops where it has not).
# Given: WANN_SOURCE, WANN_BUILD.
set -u
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset WANN_REFERENCE

"$WANN_BUILD/bench/bench_swingup" --json "$scratch/rows.json" >"$scratch/table" || exit 1
rows=$(grep -c '^| .* | [0-9]* | [0-9]* | [0-9.]* |$' "$scratch/table")
[ "$rows" = "$(grep -c '"steps_per_second": [0-9]' "$scratch/rows.json")" ] && [ "$rows" -ge 11 ] || {
    echo "failed: $rows rows: $(cat "$scratch/table" "$scratch/rows.json")"
    exit 1
}
if grep -q '^NumPy is not there' "$scratch/table"; then
    echo "NumPy was not compared with"
else
    grep -qE '^An episode from rest: reward [0-9.]+ here, [0-9.]+ in NumPy' "$scratch/table" || exit 1
fi
if command -v python3 >/dev/null; then
    python3 -m json.tool "$scratch/rows.json" >/dev/null || exit 1
fi
"$WANN_BUILD/bench/bench_swingup" --jason x 2>"$scratch/log" && exit 1
grep -qF 'usage: ' "$scratch/log"
