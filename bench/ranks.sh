#!/usr/bin/env bash
# How the throughput of a search grows with processes (mpirun) and with threads: steps a second, the
# median of interleaved rounds, beside one process with one thread in the same rounds.
# usage: bench/ranks.sh BUILD [TASK]    (TASK: biped)
# RANKS, THREADS: what to try ("1 2 4", "2"); ROUNDS: 3; SETTINGS: of the search.
set -euo pipefail

wann=$(realpath "$1")/bin/wann
task=${2:-biped}
read -ra ranks <<<"${RANKS:-1 2 4}"
read -ra threads <<<"${THREADS:-2}"
read -ra settings <<<"${SETTINGS:---population 96 --generations 3 --set alg_nReps=2 --set bestReps=1}"
rounds=${ROUNDS:-3}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Steps a second of one run; the same run, bit for bit, whoever does it.
measure() {
    local name=$1
    shift
    "$@" "$wann" search "$task" "${settings[@]}" --seed 1 --quiet --json -o "$scratch/run" "${extra[@]}" |
        sed -n 's/.*"steps": \([0-9]*\).*"seconds": \([0-9.]*\).*/\1 \2/p' |
        awk -v name="$name" '{ print name, $1 / $2 }' >>"$scratch/results"
    rm -rf "$scratch/run"
}

for ((round = 0; round < rounds; round++)); do
    extra=(--threads 1)
    measure "one-process"
    for n in "${ranks[@]}"; do
        measure "$n-ranks" mpirun --oversubscribe -n "$n"
    done
    for n in "${threads[@]}"; do
        extra=(--threads "$n")
        measure "$n-threads"
    done
done

echo "$task, $(nproc) processors: steps a second, median of $rounds"
sort -k1,1 -k2,2g "$scratch/results" | awk -v rounds="$rounds" '
    { value[$1, ++n[$1]] = $2 }
    END {
        for (name in n)
            median[name] = value[name, int((n[name] + 1) / 2)]
        for (name in n)
            printf "%-12s %10.0f  %5.2f\n", name, median[name], median[name] / median["one-process"]
    }' | sort -V
