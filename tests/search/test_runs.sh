#!/usr/bin/env bash
# Runs of wann search: the same bytes from the same seed with any number of threads, after interrupts
# and after kill -9; and folders and checkpoints that are refused.
# WANN_KILLS: how often to kill (25).
. "$(dirname "$0")/../cli/cli.sh"

settings=(--population 24 --generations 60 --seed 7 --quiet --set alg_nReps=1 --set bestReps=3
    --set save_mod=2 --set save_seconds=0)
search() {
    "$wann" search "$@" "${settings[@]}"
}
# In the background, so that $! is the program itself.
start() {
    exec "$wann" search "$@" "${settings[@]}"
}

# What a run left, without the times.
bytes() {
    sed 's/, "seconds": .*//' "$1/log.jsonl" | cat - "$1/best.json" "$1/fronts.csv" "$1"/front/*.json \
        "$1/best-tuned.json" "$1/best-random.json"
}

same() {
    bytes "$1" >first
    bytes "$2" >second
    cmp first second || fail "$3"
}

# One and two threads.
search swingup_hard --threads 1 -o one >stdout || fail "the search failed"
grep -q '^one/best.json: mean ' stdout || fail "no summary: $(cat stdout)"
[ "$(wc -l <one/log.jsonl)" -eq 60 ] || fail "not a line for each generation"
search swingup_hard --threads 2 -o two --json >stdout || fail "the search failed"
same one two "two threads give other bytes than one"
python3 - stdout two <<'PYTHON' || fail "the JSON is not as promised: $(cat stdout)"
import json, sys
result = json.load(open(sys.argv[1]))
for key in "best mean peak connections generations evaluations steps seconds".split():
    assert key in result, key
assert result["generations"] == 60 and result["best"] == sys.argv[2] + "/best.json"
log = [json.loads(line) for line in open(sys.argv[2] + "/log.jsonl")]
for i, line in enumerate(log):
    assert line["generation"] == i
    for key in "best mean median peak nodes connections evaluations seconds".split():
        assert key in line, key
run = json.load(open(sys.argv[2] + "/run.json"))
assert run["seed"] == 7 and run["settings"]["popSize"] == 24
best = json.load(open(result["best"]))
assert best["provenance"]["fitness"] == result["mean"] and best["provenance"]["seed"] == 7
PYTHON
expect 0 "$wann" convert one/best.json -o best.out
settings[5]=8
search swingup_hard -o three >/dev/null
cmp -s one/best.json three/best.json && fail "another seed gives the same network"
settings[5]=7

# More generations than at first, in two parts.
settings[3]=25
search swingup_hard -o parts >/dev/null
expect 0 "$wann" search --resume parts --quiet --generations 60
same one parts "a run that was prolonged gives other bytes"
settings[3]=60

# Batches are as large as they were asked to be.
for i in $(seq 40); do echo "$((i % 7)),$((i % 3)),$((i % 2))"; done >table.csv
search classify:table.csv --set alg_batch=10 -o batches --json >stdout || fail "the search failed"
python3 -c 'import json, sys
r = json.load(open("stdout"))
sys.exit(r["steps"] != 10 * r["evaluations"])' || fail "alg_batch does not count: $(cat stdout)"

# A budget of time: many starts, the better go on, and a champion for each purpose.
search swingup_hard --budget 3s -o budget >/dev/null || fail "the search failed"
python3 - <<'PYTHON' || fail "a budget is not as promised"
import json
starts = [json.loads(line)["start"] for line in open("budget/log.jsonl")]
count = sorted(starts.count(start) for start in set(starts))
assert len(count) >= 3 and count[0] <= 7 < count[-1], count # of 60 generations, at first an eighth
run = json.load(open("budget/run.json"))["settings"]
assert run["prob_crossover"] == 0.5 and run["distinct_children"] == 1 and run["alg_nReps"] == 1
for name in "best", "best-tuned", "best-random":
    network = json.load(open("budget/%s.json" % name))
    assert network["provenance"]["start"] in starts and -2 <= network["shared_weight"] <= 2
PYTHON
search swingup_hard --budget 1s --set starts=1 --set prob_crossover=0 -o alone >/dev/null
grep -q '"start": 1' alone/log.jsonl && fail "more starts than were asked for"
grep -q '"prob_crossover": 0,' alone/run.json || fail "a setting that was asked for does not hold"
start swingup_hard --budget 3s -o broken >/dev/null 2>&1 &
pid=$!
while [ ! -s broken/log.jsonl ]; do sleep 0.01; done
kill -INT $pid
wait $pid
[ $? -eq 130 ] || fail "a budget cannot be interrupted"
expect 0 "$wann" search --resume broken --quiet
[ -e broken/best-tuned.json ] || fail "a budget that was interrupted does not come to its end"

# Interrupts: exit codes, and on as if nothing had happened. Longer, so that signals find it at work.
settings[3]=100000
for signal in INT:130 TERM:143; do
    start swingup_hard -o "by-${signal%:*}" >stdout 2>stderr &
    pid=$!
    while [ ! -s "by-${signal%:*}/log.jsonl" ]; do sleep 0.01; done
    kill -"${signal%:*}" $pid
    wait $pid
    code=$?
    [ $code -eq "${signal#*:}" ] || fail "SIG${signal%:*} gives exit code $code: $(cat stderr)"
    grep -q 'wann search --resume' stdout || fail "no word on how to go on"
    expect 0 "$wann" search --resume "by-${signal%:*}" --quiet --generations 60
    lines=$(wc -l <"by-${signal%:*}/log.jsonl")
    [ "$lines" -ge 60 ] || fail "only $lines generations"
done
settings[3]=60

# kill -9 at random moments, again and again, until the run has come to its end.
RANDOM=5
kills=0
start swingup_hard -o killed >/dev/null 2>&1 &
pid=$!
while [ $kills -lt "${WANN_KILLS:-25}" ]; do
    sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
    if kill -9 $pid 2>/dev/null; then kills=$((kills + 1)); fi
    wait $pid 2>/dev/null
    if [ -e killed/run.json ]; then
        if [ "$(wc -l <killed/log.jsonl)" -ge 60 ]; then
            cp -r killed "done"
            expect 0 "$wann" search --resume "done" --quiet
            same one "done" "a run gives other bytes after kill -9"
            rm -rf killed "done"
            start swingup_hard -o killed >/dev/null 2>&1 &
        else
            "$wann" search --resume killed --quiet >/dev/null 2>stderr &
        fi
    else
        start swingup_hard -o killed >/dev/null 2>&1 &
    fi
    pid=$!
done
wait $pid
[ -e killed/run.json ] || search swingup_hard -o killed >/dev/null
expect 0 "$wann" search --resume killed --quiet
same one killed "a run gives other bytes after kill -9"
echo "killed $kills times"

# A budget: it ends about when it says, killed or not, and starts are told apart.
budget=(--population 12 --seed 3 --quiet --generations 40 --set alg_nReps=1 --set bestReps=2 --set save_mod=1
    --set save_seconds=0)
"$wann" search swingup_hard "${budget[@]}" --budget 2s --json -o timed >stdout || fail "a budget fails"
python3 - stdout timed/log.jsonl <<'PYTHON' || fail "a budget of 2 s: $(cat stdout)"
import json, sys
result = json.load(open(sys.argv[1]))
assert 1.9 < result["seconds"] < 30 and not result["stopped"], result
log = [json.loads(line) for line in open(sys.argv[2])]
assert len(log) == result["generations"] and len({line["start"] for line in log}) > 1
PYTHON
expect 0 "$wann" search --resume timed --quiet # over already
(exec "$wann" search swingup_hard "${budget[@]}" --budget 2s -o cut >/dev/null 2>&1) &
pid=$!
while kill -0 $pid 2>/dev/null && [ "$(wc -l 2>/dev/null <cut/log.jsonl || echo 0)" -lt 20 ]; do sleep 0.01; done
kill -9 $pid
wait $pid 2>/dev/null
expect 0 "$wann" search --resume cut --quiet --json
# The first generations of the first start come before the clock has a say.
head -n 4 timed/log.jsonl | sed 's/, "seconds": .*//' >first
head -n 4 cut/log.jsonl | sed 's/, "seconds": .*//' >second
cmp first second || fail "a budget gives another run after kill -9"
python3 - cut/log.jsonl <<'PYTHON' || fail "a budget counts wrong after kill -9"
import json, sys
last = 0
for line in map(json.loads, open(sys.argv[1])):
    assert line["evaluations"] > last
    last = line["evaluations"]
PYTHON
grep -q '"stopped": false' stdout || fail "a budget does not end after kill -9"

# Refused.
expect 1 search swingup_hard -o one
one_error "the folder holds a run already"
expect 1 "$wann" search --resume nowhere --quiet
one_error "nowhere/run.json: error: cannot open"
expect 1 "$wann" search --resume one --quiet --set popSize=30
one_error "keeps its settings"
cp -r one damaged
printf 'x' | dd of=damaged/checkpoint bs=1 seek=200 conv=notrunc 2>/dev/null
expect 1 "$wann" search --resume damaged --quiet
one_error "damaged/checkpoint: error: the checkpoint is damaged"
head -c 100 one/checkpoint >damaged/checkpoint
expect 1 "$wann" search --resume damaged --quiet
one_error "the checkpoint is damaged"
echo text >damaged/checkpoint
expect 1 "$wann" search --resume damaged --quiet
one_error "this is no checkpoint of a search"
cp three/checkpoint damaged/checkpoint
expect 1 "$wann" search --resume damaged --quiet
one_error "the checkpoint is of another run"
cp one/checkpoint damaged/checkpoint
printf '\007' | dd of=damaged/checkpoint bs=1 seek=16 conv=notrunc 2>/dev/null
expect 1 "$wann" search --resume damaged --quiet
one_error "the checkpoint has version 7"
cp one/checkpoint damaged/checkpoint
head -c 50 one/log.jsonl >damaged/log.jsonl
expect 1 "$wann" search --resume damaged --quiet --generations 70
one_error "the file is shorter than the checkpoint beside it says"
expect 1 search swingup_hard -o missing/folder
one_error "missing/folder: error: cannot create"
touch file
expect 1 search swingup_hard -o file
one_error "file: error: cannot open: Not a directory"
if [ "$(id -u)" -ne 0 ]; then
    mkdir locked
    chmod 500 locked
    expect 1 search swingup_hard -o locked
    one_error "cannot create"
fi
start swingup_hard -o busy --generations 100000 >/dev/null 2>&1 &
pid=$!
while [ ! -s busy/log.jsonl ]; do sleep 0.01; done
expect 1 "$wann" search --resume busy --quiet
one_error "another process is at work in the folder"
kill -9 $pid
wait $pid 2>/dev/null

# A full disk: the run ends with an error, and goes on from its checkpoint once there is room.
(
    trap '' XFSZ
    ulimit -f 8
    settings[3]=2000
    search swingup_hard -o full 2>stderr
    [ $? -eq 1 ] || fail "a full disk is no failure"
    one_error "cannot write: File too large"
    finish
) || failures=$((failures + 1))
expect 0 "$wann" search --resume full --quiet --generations 60
head -n 20 one/log.jsonl | sed 's/, "seconds": .*//' >first
head -n 20 full/log.jsonl | sed 's/, "seconds": .*//' >second
cmp first second || fail "after a full disk the log is another"

# Usage.
expect 2 "$wann" search
one_error "no task"
expect 1 "$wann" search nonsense --quiet
one_error "nonsense"
expect 2 "$wann" search swingup --set popsize=3
one_error "did you mean 'popSize'?"
expect 2 "$wann" search swingup --budget soon
one_error "--budget soon: expected a time such as 90s, 10m or 2h"
expect 2 "$wann" search swingup --seed -1
one_error "--seed -1"
printf '{"popsize": 3}' >p.json
expect 1 "$wann" search swingup -p p.json --quiet
one_error "p.json:1:2: error: unknown setting 'popsize'; did you mean 'popSize'?"
finish
