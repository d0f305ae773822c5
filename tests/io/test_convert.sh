#!/usr/bin/env bash
# wann convert: conversions, and for bad files one error, exit code 1 and nothing written.
. "$(dirname "$0")/../house/house.sh"
: "${WANN_BIN:?is set by ctest}"
wann=$WANN_BIN/wann
corpus=$WANN_SOURCE/tests/io
plain=$corpus/legal/plain.json

# expect_exit CODE ARGUMENT...: run wann; its outputs are left in $scratch/out and $scratch/err.
expect_exit() {
    local expected=$1 code=0
    shift
    "$wann" "$@" >"$scratch/out" 2>"$scratch/err" || code=$?
    [ "$code" = "$expected" ] || fail "wann $*: exit code $code, expected $expected: $(cat "$scratch/err")"
}

expect_error() { # what standard error has to say
    grep -qF -- "$1" "$scratch/err" || fail "expected '$1', got '$(cat "$scratch/err")'"
}

same() {
    cmp -s "$1" "$2" || fail "$1 and $2 differ: $3"
}

cd "$scratch"
mkdir work

# Every bad file: the error that bad.expected has, on one line, and nothing left behind.
bad=0
cd "$corpus/bad"
for file in *.json *.out *.csv; do
    expect_exit 1 convert "$file" -o "$scratch/work/made.json"
    expected=$(grep "^${file//./\\.}:" ../bad.expected)
    expected=${expected/: /: error: }
    [ "$(cat "$scratch/err")" = "wann: $expected" ] ||
        fail "$file: got '$(cat "$scratch/err")', expected 'wann: $expected'"
    [ ! -s "$scratch/out" ] || fail "$file: something on standard output"
    bad=$((bad + 1))
done
cd "$scratch"
[ "$bad" -ge 80 ] || fail "only $bad bad files"
[ -z "$(ls work)" ] || fail "a bad file left something behind: $(ls work)"

# From one format to the other and back; through standard input and output.
expect_exit 0 convert "$plain" -o work/plain.json
[ ! -s out ] && [ ! -s err ] || fail "convert is not silent"
expect_exit 0 convert work/plain.json -o work/again.json
same work/plain.json work/again.json "writing is no fixpoint"
expect_exit 0 convert "$plain" -o work/plain.out
expect_exit 0 convert work/plain.out --inputs 2 --outputs 1 --to matrix -o -
same work/plain.out out "a matrix through standard output"
expect_exit 0 convert - --to json -o - <work/plain.json
same work/plain.json out "a network file through standard input"
cp work/plain.json work/oddly.named
expect_exit 0 convert --from json work/oddly.named --to=json --output work/odd
same work/plain.json work/odd "a format by option"
expect_exit 0 convert work/plain.json -o work/plain.json
same work/again.json work/plain.json "a file written over itself"

# Pictures are the compiler's.
for kind in dot svg; do
    expect_exit 0 convert "$plain" -o "work/plain.$kind"
    expect_exit 0 convert "$plain" --to "$kind" -o -
    [ -s out ] || fail "no $kind on standard output"
done
grep -q '^digraph' work/plain.dot || fail "plain.dot is no graph"
grep -q '<svg' work/plain.svg || fail "plain.svg is no picture"

# What was inferred is said, unless --quiet; --json says what was done.
expect_exit 0 convert work/plain.out -o work/inferred.json
expect_error "note: inferred 2 inputs and 1 output"
expect_exit 0 convert work/plain.out -o work/inferred.json --quiet --json
[ ! -s err ] || fail "--quiet says: $(cat err)"
grep -qxF '{"input": "work/plain.out", "output": "work/inferred.json", "format": "json", "name": "plain", "nodes": 6, "connections": 4, "inputs": 2, "outputs": 1, "inferred": true}' out ||
    fail "--json says: $(cat out)"

# What cannot be written: the old file stays, nothing is beside it.
sed 's/"weight": 2}/"weight": 0}/' work/plain.json >work/zero.json
echo old >work/kept.out
before=$(ls work)
expect_exit 1 convert work/zero.json -o work/kept.out
expect_error "wann: work/kept.out: error: a matrix cannot hold this network: the connection from node 3 to node 4 has weight 0"
[ "$(cat work/kept.out)" = old ] || fail "a failed conversion changed the old file"
[ "$(ls work)" = "$before" ] || fail "a failed conversion left something behind"
expect_exit 1 convert "$plain" -o work/no/such/folder.json
expect_error "wann: work/no/such/folder.json: error: cannot create: No such file or directory"
expect_exit 1 convert nothing.json -o work/x.json
expect_error "wann: nothing.json: error: cannot open: No such file or directory"
expect_exit 1 convert . -o work/x.json
expect_error "wann: .: error: cannot read: Is a directory"

# A command line that is wrong is another exit code.
wrong() {
    local message=$1
    shift
    expect_exit 2 "$@"
    expect_error "$message"
    [ "$(wc -l <"$scratch/err")" = 1 ] || fail "wann $*: more than one line"
}
wrong "no command"
wrong "unknown command 'conver'; did you mean 'convert'?" conver
wrong "unknown command 'frobnicate'" frobnicate
wrong "unknown option '--frobnicate'" --frobnicate
wrong "no network to convert" convert
wrong "expected -o FILE" convert "$plain"
wrong "'x.foo' does not tell the format" convert "$plain" -o x.foo
wrong "unknown option '--inptus'; did you mean '--inputs'?" convert --inptus 3
wrong "unknown option '-x'" convert -x
wrong "option '-o' needs a value" convert "$plain" -o
wrong "option '--to' needs a value" convert "$plain" --to
wrong "option '--quiet=1' takes no value" convert --quiet=1
wrong "--inputs 0: expected a number from 1 to 1000000" convert "$plain" --inputs 0
wrong "--outputs 1e3: expected a number" convert "$plain" --outputs 1e3
wrong "--to jsn: unknown format; did you mean 'json'?" convert "$plain" --to jsn
wrong "--from svg: expected json, matrix or onnx" convert "$plain" --from svg
wrong "one network at a time" convert "$plain" "$plain" -o x.json
wrong "both want standard output" convert "$plain" --to json -o - --json
wrong "png is no text for standard output" convert "$plain" --to png -o -

# Help and version; standard output that takes nothing is an error.
expect_exit 0 --help
grep -q '^  convert ' out || fail "--help does not name convert"
expect_exit 0 convert --help
grep -q -- '--inputs N' out || fail "convert --help does not name --inputs"
expect_exit 0 --version
grep -qE '^wann [0-9]+\.[0-9]+\.[0-9]+$' out && grep -q '^built with: ' out || fail "--version: $(cat out)"
for sink in /dev/full closed; do
    for arguments in "--help" "--version" "convert $plain --to json -o -" "convert $plain -o x.json --json"; do
        code=0
        # shellcheck disable=SC2086 # the words are meant to be split
        if [ "$sink" = closed ]; then
            "$wann" $arguments >&- 2>err || code=$?
        else
            "$wann" $arguments >/dev/full 2>err || code=$?
        fi
        [ "$code" = 1 ] || fail "wann $arguments into $sink: exit code $code"
        expect_error "<stdout>: error: cannot write"
    done
done
finish
