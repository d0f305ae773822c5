#!/usr/bin/env bash
# The evolved champion scores what its page says, with fewer episodes and so more room.
set -euo pipefail
champion=$WANN_SOURCE/examples/champions/swingup.json
while read -r weight expected; do
    mean=$("$WANN_BIN/wann" eval "$champion" --weight="$weight" --episodes 40 --seed 90000 --json |
        grep -oE '"mean": *-?[0-9.e+]+' | head -1 | grep -oE '[-0-9.e+]+$')
    awk -v weight="$weight" -v mean="$mean" -v expected="$expected" 'BEGIN {
        print "weight " weight ": " mean ", expected about " expected
        exit !(mean > expected - 40 && mean < expected + 40)
    }'
done <<'END'
-2 623
-1 703
1 636
2 636
END
