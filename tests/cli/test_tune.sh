#!/usr/bin/env bash
# wann tune: every method on a real task, what it writes, that it can be interrupted, and what it refuses.
. "$(dirname "$0")/cli.sh"
champion=$WANN_SOURCE/examples/champions/cartpole.json
cp "$champion" champion.json

number() {
    grep -oE "\"$1\": -?[0-9.e+-]+" stdout | head -n 1 | sed 's/.*: //'
}
within() {
    awk -v x="$1" -v l="$2" -v h="$3" 'BEGIN { exit !(x != "" && x >= l && x <= h) }' || fail "$1 is not within $2 and $3"
}

# The shared weight: better than the one in the middle of nowhere, with its profile.
expect 0 "$wann" tune champion.json --method shared --set points=11 --set refinements=1 --set race_episodes=64 \
    --profile profile.csv -o shared.json --json --quiet
within "$(number mean)" 600 1000
[ "$(number weight)" = "$(sed -nE 's/.*"shared_weight": ([^,]*),?/\1/p' shared.json)" ] || fail "another shared weight in the file"
[ "$(wc -l <profile.csv)" -gt 11 ] || fail "the profile: $(cat profile.csv)"
grep -q '"method": "shared"' shared.json || fail "no story: $(tail -3 shared.json)"
expect 0 "$wann" tune champion.json --set points=5 --set refinements=0 --set race_episodes=16 --profile p.svg --quiet
grep -q '^<svg ' p.svg || fail "p.svg is no SVG"

# Each weight: the same bits for any number of threads and after a stop; better than before.
tune() {
    local method=$1
    shift
    "$wann" tune champion.json --task swingup --method "$method" --weight 1 --episodes 2 --seed 3 --json --quiet \
        --set most_episodes=8 --set eval_steps=5 --set eval_episodes=32 --set test_episodes=16 "$@"
}
for method in cma pepg openes ga; do
    expect 0 tune $method --generations 12 --population 12 --threads 1 -o one.json
    [ $method != cma ] || within "$(number mean)" "$(number start_mean)" 1000
    expect 0 tune $method --generations 12 --population 12 --threads 3 -o three.json
    cmp -s one.json three.json || fail "$method: other weights with three threads"
    rm -f state
    expect 0 tune $method --generations 7 --population 12 --checkpoint state
    expect 0 tune $method --generations 12 --population 12 --checkpoint state --resume -o again.json
    cmp -s one.json again.json || fail "$method: other weights after a resume"
done
cp one.json ga.json

# Killed at any time, the checkpoint is whole; interrupted, it is of that moment.
rm -f state
expect 0 tune cma --generations 150 -o whole.json
timeout -s INT 0.5 "$wann" tune champion.json --task swingup --method cma --weight 1 --episodes 2 --seed 3 --json --quiet \
    --set most_episodes=8 --set eval_steps=5 --set eval_episodes=32 --set test_episodes=16 --generations 150 --checkpoint state >stdout 2>stderr
[ -s state ] || fail "an interrupted run left no checkpoint: $(cat stderr)"
expect 0 tune cma --generations 150 --checkpoint state --resume -o again.json
cmp -s whole.json again.json || fail "an interrupted run went on elsewhere"

# What is tuned is what compiles, verifies and runs.
expect 0 "$wann" eval whole.json --task swingup --tuned --episodes 40 --json --engine compiled
compiled=$(number mean)
expect 0 "$wann" eval whole.json --task swingup --tuned --episodes 40 --json --engine interpreter
[ "$compiled" = "$(number mean)" ] || fail "compiled: $compiled, interpreted: $(number mean)"
expect 0 "$wannc" whole.json --tuned -o tuned.c --verify
expect 0 "$wann" tune whole.json --tuned --method cma --generations 2 --set test_episodes=20 -o twice.json --quiet
[ "$(grep -o '"tuning"' twice.json | wc -l)" = 1 ] || fail "the story of the story: $(tail -3 twice.json)"
expect 0 "$wann" convert twice.json -o twice.out

# Classification: three overlapping blobs, which the start knows nothing of.
awk 'BEGIN { srand(4); for (i = 0; i < 900; i++) { c = int(rand() * 3)
    print 2 * (c == 1) + rand() + rand() - 1 "," 2 * (c == 2) + rand() + rand() - 1 "," c } }' >blobs.csv
cat >blobs.json <<'END'
{"format": "wann-network", "version": 1, "action": "softmax",
 "nodes": [{"id": 0, "type": "bias"}, {"id": 1, "type": "input"}, {"id": 2, "type": "input"},
  {"id": 3, "type": "hidden", "activation": "tanh"}, {"id": 4, "type": "hidden", "activation": "gaussian"},
  {"id": 5, "type": "output"}, {"id": 6, "type": "output"}, {"id": 7, "type": "output"}],
 "connections": [{"from": 0, "to": 3}, {"from": 1, "to": 3}, {"from": 2, "to": 3}, {"from": 0, "to": 4},
  {"from": 1, "to": 4}, {"from": 2, "to": 4}, {"from": 0, "to": 5}, {"from": 3, "to": 5}, {"from": 4, "to": 5},
  {"from": 1, "to": 6}, {"from": 3, "to": 6}, {"from": 0, "to": 6}, {"from": 2, "to": 7}, {"from": 4, "to": 7}, {"from": 0, "to": 7}]}
END
blobs() {
    "$wann" tune blobs.json --task classify:blobs.csv --json --quiet "$@"
}
expect 2 blobs --method gradient --epochs 3
expect 0 blobs --method gradient --generations 40 --set batch=20 -o one.json --threads 1
within "$(number accuracy)" 0.9 1
expect 0 blobs --method gradient --generations 40 --set batch=20 -o three.json --threads 3
cmp -s one.json three.json || fail "gradient: other weights with three threads"
rm -f blobs_state
expect 0 blobs --method gradient --generations 9 --set batch=20 --checkpoint blobs_state
expect 0 blobs --method gradient --generations 40 --set batch=20 --checkpoint blobs_state --resume -o again.json
cmp -s one.json again.json || fail "gradient: other weights after a resume"
expect 0 blobs --method cma --generations 60 --set batch=200 --episodes 1
within "$(number accuracy)" 0.9 1
expect 0 blobs --method shared
within "$(number accuracy)" 0.3 1

# Several weights together: two of three outvote the third, and one weight thrice is that weight.
expect 0 "$wann" eval blobs.json --task classify:blobs.csv --weight 2 --json
alone=$(grep -oE '"accuracy": \[[0-9.]+' stdout | sed 's/.*\[//')
for weights in 2,2,2 0.1,2,2; do
    expect 0 "$wann" eval blobs.json --task classify:blobs.csv --weights $weights --vote --json
    together=$(grep -oE '"by": "votes", "accuracy": [0-9.]+' stdout | sed 's/.* //')
    [ -n "$alone" ] && [ "$together" = "$alone" ] || fail "votes of $weights: $together, of 2 alone: $alone"
done
expect 2 "$wann" eval blobs.json --task classify:blobs.csv --weight 2 --vote
one_error "--vote needs --weights"

# Refused.
expect 2 "$wann" tune champion.json --method gradient
one_error "method gradient is for tasks that classify samples"
expect 2 "$wann" tune champion.json --method sma
one_error "--method sma: did you mean cma?"
expect 2 "$wann" tune champion.json --method cma --set sigma_int=1
one_error "unknown setting 'sigma_int'; did you mean 'sigma_init'?"
expect 2 "$wann" tune champion.json --method shared --set sigma_init=1
one_error "method shared has no setting 'sigma_init'"
expect 2 "$wann" tune champion.json --method cma --set sigma_init=nan
one_error "'sigma_init=nan': expected a number"
expect 2 "$wann" tune champion.json --method shared --weight 1
one_error "method shared tries all weights"
expect 2 "$wann" tune champion.json --method cma --resume
one_error "--resume needs --checkpoint FILE"
expect 2 "$wann" tune champion.json --method cma --weight 1 --tuned
one_error "more than one of --weight"
expect 2 "$wann" tune champion.json -o tuned.txt
one_error "-o tuned.txt: expected a file that ends with"
expect 1 "$wann" tune champion.json --task classify:blobs.csv --method cma
expect 1 tune cma --checkpoint state --resume --seed 4
one_error "the checkpoint is of another run"
head -c 200 state >cut
expect 1 tune cma --checkpoint cut --resume
one_error "the checkpoint is damaged"
echo nonsense >state
expect 1 tune cma --checkpoint state --resume --seed 4
one_error "this is no checkpoint of tuning"
finish
