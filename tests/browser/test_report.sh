#!/usr/bin/env bash
# Report pages in a browser. WANN_SHOTS=FOLDER also leaves pictures of their parts there.
set -euo pipefail
skip() {
    echo "skipped: $*" >&2
    exit 77
}
command -v node >/dev/null || skip "no Node.js"
[ -x "$WANN_BIN/wann" ] || skip "wann is not built"
"$WANN_BIN/wann" --version | grep -q '^built with:.* WebAssembly' || skip "this build's pages run nothing (it lacks clang or lld-19)"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
node "$WANN_SOURCE/tests/browser/$1.mjs"
