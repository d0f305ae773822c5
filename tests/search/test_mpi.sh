#!/usr/bin/env bash
# wann search under mpirun: the same bytes as in one process, whatever the number of ranks and
# whatever happens to them.
# WANN_MPI_KILLS: how often to kill a rank (3). WANN_TEST_BIN: where moody_task.so is.
. "$(dirname "$0")/../cli/cli.sh"

"$wann" --version | grep -q '^built with:.* MPI' || skip "this build has no MPI"
command -v mpirun >/dev/null || skip "there is no mpirun"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# No sockets but to this machine, and no looking for faster networks.
export OMPI_MCA_btl=self,vader,tcp OMPI_MCA_pml=ob1 OMPI_MCA_btl_vader_single_copy_mechanism=none
# MPI itself never gives back all of its memory, and has threads that sanitizers do not know.
export ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=ignore_noninstrumented_modules=1
ranks() {
    mpirun --oversubscribe -n "$@"
}
ranks 2 true >/dev/null 2>stderr || skip "mpirun does not work here: $(head -n 3 stderr)"

bytes() {
    sed 's/, "seconds": .*//' "$1/log.jsonl" | cat - "$1/best.json" "$1/fronts.csv" "$1"/front/*.json
}
same() {
    bytes "$1" >first
    bytes "$2" >second
    cmp first second || fail "$3"
}

# One process, then 1, 2 and 4 ranks.
settings=(--seed 7 --quiet --threads 1 --set alg_nReps=1 --set bestReps=3 --set save_mod=2
    --set save_seconds=0)
compare() {
    local name=$1
    shift
    "$wann" search "$@" "${settings[@]}" -o "$name" >/dev/null || fail "$name: the search failed"
    for n in 1 2 4; do
        ranks $n "$wann" search "$@" "${settings[@]}" -o "$name-$n" >stdout 2>stderr ||
            fail "$name: $n ranks failed: $(cat stderr)"
        same "$name" "$name-$n" "$name: $n ranks give other bytes"
        [ "$(wc -l <stdout)" -eq 1 ] && [ ! -s stderr ] || fail "$name: another rank prints"
    done
}
compare lanes swingup_hard --population 24 --generations 40
awk 'BEGIN { srand(3); for (i = 0; i < 200; i++)
    printf "%d,%d,%d\n", rand() * 100 + 60 * (i % 3), rand() * 100 - 40 * (i % 3), i % 3 }' >table.csv
compare graph classify:table.csv --population 30 --generations 40
compare neat swingup_hard --algorithm neat --population 24 --generations 20
if "$wann" tasks | grep -q '^biped '; then
    compare walker biped --population 8 --generations 2
fi

# Tuning by rewards of episodes.
tune=(tune lanes/best.json --task swingup_hard --weight 1 --method cma --generations 6 --seed 1 --quiet)
"$wann" "${tune[@]}" --threads 1 -o tuned.json >/dev/null || fail "tuning failed"
ranks 2 "$wann" "${tune[@]}" -o tuned-2.json >/dev/null 2>stderr || fail "tuning failed: $(cat stderr)"
cmp tuned.json tuned-2.json || fail "two ranks tune to other weights"

# Only one rank speaks, also where the command line is wrong, and its exit code is that of mpirun.
ranks 2 "$wann" search swingup --generation 3x >stdout 2>stderr
[ $? -eq 2 ] || fail "wrong usage gives another exit code under mpirun"
[ "$(grep -c 'error: ' stderr)" -eq 1 ] || fail "not one error: $(cat stderr)"

# A failure of a plug-in at another rank; what came before is saved.
moody=$WANN_TEST_BIN/moody_task.so
ranks 3 "$wann" search "$moody" --option mood=fail --option rank=1 --option after=200 "${settings[@]}" \
    --population 24 --generations 1000 -o moody >stdout 2>stderr
[ $? -eq 1 ] || fail "a plug-in that fails at rank 1 is no failure"
grep -q 'error: .*does not feel like it; the run is saved up to there: wann search --resume moody' stderr ||
    fail "what the plug-in says did not come: $(cat stderr)"
[ "$(grep -c 'wann: ' stderr)" -eq 1 ] || fail "more than one error: $(cat stderr)"

# A budget of time.
ranks 2 "$wann" search swingup_hard "${settings[@]}" --population 24 --budget 1s --json -o budget \
    >stdout 2>stderr || fail "a budget fails: $(cat stderr)"
grep -q '"stopped": false' stdout || fail "a budget does not end by itself: $(cat stdout)"

# Signals to mpirun and to rank 0; then on with another number of ranks, and with none.
long=(swingup_hard "${settings[@]}" --population 24 --generations 100000)
started() {
    while [ ! -s "$1/log.jsonl" ]; do
        kill -0 $pid 2>/dev/null || { fail "$1: it did not start: $(cat stderr)" && return 1; }
        sleep 0.02
    done
}
start() {
    exec mpirun --oversubscribe -n "$@"
}
# rank_of FOLDER RANK: the process of that rank of the run in that folder.
rank_of() {
    local process
    for process in $(pgrep -f -- "wann search .* -o $1\$"); do
        grep -zqx "OMPI_COMM_WORLD_RANK=$2" "/proc/$process/environ" 2>/dev/null && echo "$process"
    done
}
check_prefix() {
    "$wann" search --resume "$1" --quiet --generations "$(($(wc -l <"$1/log.jsonl") + 3))" >/dev/null ||
        fail "$1: cannot be resumed"
    head -n 40 "$1/log.jsonl" | sed 's/, "seconds": .*//' >first
    head -n "$(wc -l <first)" lanes/log.jsonl | sed 's/, "seconds": .*//' >second
    cmp first second || fail "$1: the log is another"
}
start 3 "$wann" search "${long[@]}" -o term >stdout 2>stderr &
pid=$!
started term && kill -TERM $pid
wait $pid
[ $? -ne 0 ] || fail "a run that was ended by SIGTERM is a success"
grep -q 'wann search --resume term' stdout || fail "no word on how to go on: $(cat stdout stderr)"
check_prefix term
start 2 "$wann" search "${long[@]}" -o interrupt >stdout 2>stderr &
pid=$!
started interrupt && kill -INT "$(rank_of interrupt 0)"
wait $pid
code=$?
[ $code -eq 130 ] || fail "SIGINT to rank 0 gives exit code $code"
grep -q 'wann search --resume interrupt' stdout || fail "no word on how to go on: $(cat stdout stderr)"
check_prefix interrupt

# kill -9 of a rank at a random moment: the others end with a message and a checkpoint.
RANDOM=3
for ((kill = 0; kill < ${WANN_MPI_KILLS:-3}; kill++)); do
    folder=killed-$kill
    start 3 "$wann" search "${long[@]}" -o $folder >stdout 2>stderr &
    pid=$!
    started $folder || continue
    sleep "0.$((RANDOM % 5))"
    victim=$((kill % 3))
    kill -9 "$(rank_of $folder $victim)"
    wait $pid
    [ $? -ne 0 ] || fail "a run whose rank $victim was killed is a success"
    if [ $victim -gt 0 ]; then
        grep -q "error: rank $victim of 3 has died; the run is saved up to there: wann search --resume $folder" \
            stderr || fail "no word on the death of rank $victim: $(cat stderr)"
    fi
    # With another number of ranks.
    ranks $((1 + kill % 2)) "$wann" search --resume $folder --quiet \
        --generations "$(($(wc -l <$folder/log.jsonl) + 20))" >/dev/null 2>stderr ||
        fail "$folder: cannot be resumed: $(cat stderr)"
    check_prefix $folder
done
finish
