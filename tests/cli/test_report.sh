#!/usr/bin/env bash
# wann report from outside: what it writes, and what it refuses.
. "$(dirname "$0")/cli.sh"
champion=$WANN_SOURCE/examples/champions/cartpole.json

refuses() { # CODE TEXT WORDS...: fails so, in one line, and leaves no page
    local code=$1 text=$2
    shift 2
    expect "$code" "$wann" report "$@"
    [ "$(wc -l <stderr)" = 1 ] && grep -qF -e "$text" stderr || fail "report $*: $(cat stderr)"
    [ ! -e page.html ] || fail "report $*: there is a page"
}

refuses 2 'no run to report on; expected a run folder or a network' -o page.html
refuses 2 'nowhere to write to; expected -o FILE.html' "$champion"
refuses 2 'nowhere to write to; expected -o FILE.html' "$champion" -o page.htm
refuses 2 'one run at a time' "$champion" "$champion" -o page.html
refuses 2 "did you mean '--episodes'" "$champion" --epsiodes 3 -o page.html
refuses 2 'no task; expected --task TASK' small.json -o page.html
refuses 2 'random weights of connections cannot be compiled in' "$champion" --portable -o page.html
refuses 1 'missing.json: error: cannot open' missing.json -o page.html
refuses 1 'the network has' small.json --task swingup_hard -o page.html
mkdir empty
refuses 1 'empty/run.json: error: cannot open' empty -o page.html
refuses 1 'cannot' "$champion" --task swingup --episodes 2 -o missing/page.html

# A run, and what is wrong with its files.
"$wann" search swingup --population 16 --generations 6 --seed 1 --quiet -o run >/dev/null || fail "search"
expect 0 "$wann" report run --episodes 2 --json -o page.html
grep -qE '^\{"output": "page.html", "bytes": [0-9]+, "weight": -?[0-9.]+\}$' stdout || fail "--json: $(cat stdout)"
[ "$(wc -c <page.html)" -lt 1000000 ] || fail "the page has $(wc -c <page.html) bytes"
for text in '<!doctype html>' "default-src 'none'; script-src 'sha256-" 'Fitness over generations' 'Pareto front' \
    '<th scope="row">popSize</th><td>16</td>' 'download="champion.c"' '</html>'; do
    grep -qF -e "$text" page.html || fail "the page has no $text"
done
grep -qE '(src|href)="(https?:)?//' page.html && fail "the page refers to other places"
mv page.html first.html
LC_ALL=de_DE.UTF-8 "$wann" report run --episodes 2 --threads 1 --quiet -o page.html || fail "a second time"
cmp -s first.html page.html || fail "the same command makes another page"
rm page.html

break_run() { # FILE SED-PROGRAM
    rm -rf broken
    cp -r run broken
    sed -i "$2" "broken/$1"
}
break_run log.jsonl '3s/"best"/"bets"/'
refuses 1 'broken/log.jsonl:3:1: error: the line has no "best"' broken -o page.html
break_run log.jsonl '2s/}$//'
refuses 1 'broken/log.jsonl:2:' broken -o page.html
break_run fronts.csv '2s/,[^,]*$//'
refuses 1 'broken/fronts.csv:2:1: error: expected six numbers' broken -o page.html
break_run run.json 's/"settings": {/"settings": [/'
refuses 1 'broken/run.json:' broken -o page.html
break_run run.json 's/"task": "swingup"/"task": "<script>"/'
refuses 2 "unknown task '<script>'" broken -o page.html
for task in ./evil.so evil.so /tmp/evil; do
    break_run run.json "s#\"task\": \"swingup\"#\"task\": \"$task\"#"
    refuses 2 'the run is of a plug-in; expected --task and its path' broken -o page.html
done

# The log of a search under way may end in the middle of a line.
rm -rf broken
cp -r run broken
printf '{"generation": 6, "be' >>broken/log.jsonl
expect 0 "$wann" report broken --episodes 2 --quiet -o page.html
finish
