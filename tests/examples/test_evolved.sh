#!/usr/bin/env bash
# The evolved champions score what their page says, with fewer episodes and so more room.
# test_evolved.sh FILE TASK: evolved.txt says what a file scores with a weight, or with its tuned ones,
# and within what.
# Rewards are means over episodes; of tasks that classify, it is the accuracy on the test images.
set -euo pipefail
champion=$WANN_SOURCE/examples/champions/$1
task=$2
here=$(dirname "$0")
key=mean
options=(--episodes 40 --seed 90000)
case $task in
mnist* | digits)
    key=accuracy
    options=()
    [ -d "$WANN_DATA/${task%256}" ] || { echo "the data set is missing: wann data get ${task%256}"; exit 77; }
    ;;
esac
while read -r file weight expected room; do
    [ "$file" = "$1" ] || continue
    condition=(--weight="$weight")
    [ "$weight" = tuned ] && condition=(--tuned)
    found=$("$WANN_BIN/wann" eval "$champion" --task "$task" "${condition[@]}" "${options[@]}" --json |
        grep -oE "\"$key\": *\[?-?[0-9.e+]+" | head -1 | grep -oE '[-0-9.e+]+$')
    awk -v weight="$weight" -v found="$found" -v expected="$expected" -v room="$room" 'BEGIN {
        print "weight " weight ": " found ", expected about " expected
        exit !(found > expected - room && found < expected + room)
    }'
    checked=1
done <"$here/evolved.txt"
[ "${checked:-}" ] || { echo "evolved.txt has nothing on $1"; exit 1; }
