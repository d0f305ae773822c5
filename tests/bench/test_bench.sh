#!/usr/bin/env bash
# bench/run.py on a small network: tables and JSON have every row, and all rows compute the same.
# Given: WANN_SOURCE, WANN_BUILD.
set -u
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

skip() {
    echo "skipped: $*"
    exit 77
}

for tool in python3 gcc size; do
    command -v $tool >/dev/null || skip "there is no $tool"
done
python=python3
if ! python3 -c 'import numpy' 2>/dev/null && /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
    python=/usr/bin/python3
fi
"$python" "$WANN_SOURCE/bench/run.py" --quick --rounds 3 --no-install --build "$WANN_BUILD" \
    --out "$scratch" "$WANN_SOURCE/tests/cli/small.json" >"$scratch/tables.md" || exit 1
"$python" "$WANN_SOURCE/tests/bench/check_bench.py" "$scratch/small.json" "$scratch/tables.md"
