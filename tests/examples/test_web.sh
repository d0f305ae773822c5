#!/usr/bin/env bash
# The site of networks is made, whole, and what its index refers to is there.
set -euo pipefail
PATH=$WANN_BIN:$PATH
site=$(mktemp -d)
trap 'rm -rf "$site"' EXIT
champions=$WANN_SOURCE/examples/champions
"$WANN_SOURCE/examples/web/build" "$site" "$champions/cartpole.json" "$champions/swingup.json" -- --task swingup --episodes 2 --quiet
grep -oE '(href|src)="[^"]*"' "$site/index.html" | sed 's/.*="//; s/"$//' | grep -v '^data:' | while read -r file; do
    [ -s "$site/$file" ] || { echo "the index refers to $file, which is not there" >&2 && exit 1; }
done
[ "$(find "$site" -type f | wc -l)" = 6 ] || { ls "$site" >&2 && exit 1; }
! "$WANN_SOURCE/examples/web/build" "$site/other" "$champions/no such.json" 2>"$site/log" || exit 1
grep -q 'only letters' "$site/log"
