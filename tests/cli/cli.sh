# What the tests of the programs share. They run in a scratch folder of their own.
# Given: WANN_SOURCE, WANN_BIN, CC, CXX; WANN_BLESS=1 accepts what programs print as what is expected.
set -u
here=$WANN_SOURCE/tests/cli
wannc=$WANN_BIN/wannc
wann=$WANN_BIN/wann
CC=${CC:-cc}
export CC
failures=0

scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
cp "$here/small.json" .

fail() {
    echo "failed: $*" >&2
    failures=$((failures + 1))
}

skip() {
    echo "skipped: $*" >&2
    exit 77
}

finish() {
    [ "$failures" -eq 0 ] || exit 1
}

# expect CODE COMMAND...: run it, its output in ./stdout and ./stderr.
expect() {
    local code=$1 got
    shift
    "$@" >stdout 2>stderr
    got=$?
    [ "$got" -eq "$code" ] || fail "exit code $got instead of $code: $* ($(head -c 300 stderr))"
}

# says FILE WORDS: the file has exactly this line.
says() {
    grep -qxF -e "$2" "$1" || fail "expected '$2' in $1, which has: $(head -c 300 "$1")"
}

# one_error WORDS: standard error is one line, an error that has these words.
one_error() {
    [ "$(wc -l <stderr)" -eq 1 ] || fail "not one line: $(cat stderr)"
    grep -qF 'error: ' stderr || fail "no error: $(cat stderr)"
    grep -qF -e "$1" stderr || fail "expected '$1' in: $(cat stderr)"
}

# The transcript of a command: what it is, what it prints, how it ends.
transcribe() {
    printf '$'
    printf ' %s' "$@"
    printf '\n'
    "$@" >stdout 2>stderr </dev/null
    local code=$?
    sed 's/^/  /' stdout
    sed 's/^/! /' stderr
    [ "$code" -eq 0 ] || echo "= $code"
}

# The transcript on standard input is the expected one.
check_transcript() {
    sed -e "s|$scratch|SCRATCH|g" >transcript
    [ "${WANN_BLESS:-}" != 1 ] || cp transcript "$here/expected/$1"
    diff -u "$here/expected/$1" transcript >&2 && return
    fail "$1 differs; WANN_BLESS=1 accepts it"
    return 1
}
