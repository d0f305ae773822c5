#!/usr/bin/env bash
# The tour of the README works as typed: its commands run, in order, in a folder of their own.
. "$(dirname "$0")/house.sh"
[ -x "$WANN_BIN/wannc" ] || skip "wannc is not built"

# The tour starts in a checkout that has been built.
ln -s "$WANN_SOURCE/examples" "$scratch/examples"
mkdir -p "$scratch/build/release"
ln -s "$WANN_BIN" "$scratch/build/release/bin"

awk '/^## / { tour = /tour/ } /^```/ { code = tour && $0 == "```sh"; next } code' \
    "$WANN_SOURCE/README.md" >"$scratch/tour.sh"
commands=$(grep -c . "$scratch/tour.sh") || fail "the README has no tour"
[ "$commands" -ge 8 ] || fail "the tour has only $commands lines"
cd "$scratch"
bash -eux tour.sh >log 2>&1 </dev/null || fail "$(cat log)"
echo "$commands lines of the tour ran"
finish
