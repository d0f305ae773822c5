# shellcheck shell=bash
# Read by the tests of this folder and of tests/install: scratch folder, count of failures, end.
set -euo pipefail
: "${WANN_SOURCE:?is set by ctest}"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

fail() {
    echo "failed: $*" >&2
    failures=$((failures + 1))
}

skip() {
    echo "skipped: $*"
    exit 77
}

# The last line of a test: it fails if anything did.
finish() {
    [ "$failures" = 0 ] || { echo "$failures failures" >&2 && exit 1; }
}
