#!/usr/bin/env bash
# The stack that a generated file says it needs at most is an upper bound, as gcc counts it along the
# deepest chain of calls.
. "$(dirname "$0")/cli.sh"
echo 'int a;' | gcc -fcallgraph-info=su -x c -c - -o probe.o 2>/dev/null || skip "gcc does not write call graphs"

# The most bytes from any function down, of a call graph that gcc wrote. Library functions are not
# in it; their stack is their own.
deepest() {
    awk 'function down(f,    i, d, most, n, to) {
             if (f in memo)
                 return memo[f]
             n = split(calls[f], to, " ")
             for (i = 1; i <= n; i++)
                 if ((d = down(to[i])) > most)
                     most = d
             return memo[f] = own[f] + most
         }
         function field(key) {
             match($0, key ": \"[^\"]*\"")
             return substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 4)
         }
         /^node/ { f = field("title"); if (match($0, /[0-9]+ bytes/)) own[f] = substr($0, RSTART, RLENGTH) + 0 }
         /^edge/ { f = field("sourcename"); calls[f] = calls[f] " " field("targetname") }
         END { for (f in own) if ((d = down(f)) > most) most = d; print most + 0 }' "$1"
}

every=("--ensemble" "--batch --ensemble" "-O2 --batch" "-O0 --batch --ensemble" "--weight 1"
    "--gradient" "-O2 --gradient" "-O0 --gradient" "--math libm --batch --ensemble" "--real double --ensemble"
    "-O0 --real double" "-Os --batch --ensemble")
tried=("${every[@]}")
check() {
    for options in "${tried[@]}"; do
        # shellcheck disable=SC2086
        "$wannc" "$@" $options -o net.c || fail "cannot compile $1 $options"
        stated=$(sed -n 's/^ \* Stack: *at most \([0-9]*\) bytes.*/\1/p' net.c)
        for lanes in $(sed -n 's/^ \* *(net_[a-z_]*: at most \([0-9]*\) bytes)$/\1/p' net.c); do
            [ "$lanes" -le "$stated" ] || stated=$lanes
        done
        for level in -O0 -O2 "-O3 -march=native"; do
            # shellcheck disable=SC2086
            gcc $level -std=c99 -fcallgraph-info=su -c net.c -o net.o || fail "$1 $options does not compile"
            needed=$(deepest net.ci)
            [ "$needed" -gt 0 ] || fail "no stack found for $1 $options"
            [ "$needed" -le "$stated" ] || fail "$1 $options, gcc $level: $needed bytes, but $stated are stated"
        done
    done
}

check small.json
check "$WANN_SOURCE/examples/champions/cartpole.json"
check "$WANN_SOURCE/examples/champions/swingup.json"
# A large one has fewer lanes in some functions; compilers take their time with it.
tried=("-O2 --gradient" "--ensemble" "-O0 --batch")
check "$WANN_SOURCE/examples/champions/digits.json"
tried=("${every[@]}")
reference=${WANN_REFERENCE:-$WANN_SOURCE/../shared/reference}
if [ -d "$reference/champions" ]; then
    check "$reference/champions/swing.out" --inputs 5 --outputs 1
    check "$reference/champions/biped.out" --inputs 24 --outputs 4
    check "$reference/champions/racer.out" --inputs 16 --outputs 3
else
    echo "the published champions are missing and were left out"
fi
finish
