#!/usr/bin/env bash
# wann bench: its table and its JSON have every row; what cannot be compiled says so.
. "$(dirname "$0")/cli.sh"

rows='reference double|reference float|lanes double|lanes float|lanes float short|compiled -O0 double libm|compiled -O1 double libm|compiled -O1 float libm|compiled -O1 float inline|compiled -O2 float inline|LLVM object -O1 float|LLVM object -O2 float|LLVM JIT -O1 float|LLVM JIT -O2 float|LLVM JIT fast -O1 float'
n_rows=15  # that are measured,
from_cc=7 # and of them those that need a C compiler
if ! "$wannc" --version | grep -q '^built with:.*LLVM'; then
    n_rows=10
    from_cc=5
    expect 0 "$wann" bench small.json --quick
    [ "$(grep -c '^LLVM .*not measured: this needs the LLVM backend' stdout)" -eq 5 ] &&
        [ "$(grep -c '(Debian package: llvm-19-dev)$' stdout)" -eq 5 ] || fail "without LLVM: $(cat stdout)"
fi
# A number of inferences, or a word where the interpreter is as fast.
pays='( +([0-9]+|never)){2}$'

expect 0 "$wann" bench small.json --quick
[ "$(grep -cE "^($rows) +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+% +[0-9.]+ +[0-9.]+" stdout)" -eq $n_rows ] ||
    fail "not $n_rows rows: $(cat stdout)"
[ "$(grep -cE "^(compiled|LLVM) .*[a-z]$pays" stdout)" -eq $((n_rows - 5)) ] || fail "no break-even: $(cat stdout)"
awk 'length($0) > 100 { exit 1 }' stdout || fail "lines of more than 100 columns"
tail -n 1 stdout | grep -qE '^So it is bound by .*\.$' || fail "no word on what bounds it: $(tail -n 1 stdout)"
grep -q 'weight -1.5' stdout || fail "not the recommended weight"
[ ! -s stderr ] || fail "notes: $(cat stderr)"

expect 0 "$wann" bench small.json --quick --json --weight 0.5 --batch-size 100
"$wannc" small.json --emit json >/dev/null
for key in network rows weight batch_size compiler processor; do
    grep -q "\"$key\": " stdout || fail "JSON lacks $key"
done
[ "$(grep -o '"name": "' stdout | wc -l)" -eq 15 ] || fail "not all rows have a name"
for key in ns_single ns_latency ns_batch spread ratio_single; do
    [ "$(grep -o "\"$key\": [0-9\"]" stdout | wc -l)" -eq $n_rows ] || fail "not $n_rows rows with $key"
done
grep -q '"weight": 0.5, .*"batch_size": 100' stdout || fail "--weight or --batch-size: $(head -n 1 stdout)"
for key in emit_seconds compile_seconds break_even_single break_even_batch; do
    [ "$(grep -oE "\"$key\": ([0-9]|null)" stdout | wc -l)" -eq $((n_rows - 5)) ] || fail "not all compiled rows with $key"
done
if command -v python3 >/dev/null; then
    python3 -c 'import json, sys; json.load(sys.stdin)' <stdout || fail "no JSON"
fi

CC=no-such-compiler expect 0 "$wann" bench small.json --quick
[ "$(grep -c 'not measured: .*no-such-compiler' stdout)" -eq $from_cc ] || fail "without a compiler: $(cat stdout)"
CC=no-such-compiler expect 0 "$wann" bench small.json --quick --json
[ "$(grep -o '"ns_single": null' stdout | wc -l)" -eq $((from_cc + 15 - n_rows)) ] || fail "without a compiler: $(cat stdout)"
printf '0,0,1,1\n0,0,1,1\n0,0,0,5\n' >matrix.out
expect 0 "$wann" bench matrix.out --quick --quiet
[ ! -s stderr ] || fail "--quiet: $(cat stderr)"
finish
