#!/usr/bin/env bash
# Bring the data sets of the tests into $WANN_DATA, from the registries that have them.
set -u
missing=0
for set in digits mnist; do
    timeout 300 "$WANN_BIN/wann" data get "$set" || missing=1
done
if [ "$missing" = 1 ]; then
    echo "skipped: not every data set could be got here"
    exit 77
fi
