#!/usr/bin/env bash
# wann tasks, eval, sweep and table: what they print, write and refuse.
. "$(dirname "$0")/cli.sh"
champion=$WANN_SOURCE/examples/champions/cartpole.json
cp "$champion" champion.json

# number KEY: the value of a key of the JSON in ./stdout, the first of that name.
number() {
    grep -oE "\"$1\": -?[0-9.e+-]+" stdout | head -n 1 | sed 's/.*: //'
}
# within VALUE LOW HIGH
within() {
    awk -v x="$1" -v l="$2" -v h="$3" 'BEGIN { exit !(x != "" && x >= l && x <= h) }' || fail "$1 is not within $2 and $3"
}

expect 0 "$wann" tasks
grep -qE '^swingup +5 +1 +1000 ' stdout || fail "tasks: no swingup: $(cat stdout)"
expect 0 "$wann" tasks swingup
says stdout "  inputs: x, x_dot, cos_theta, sin_theta, theta_dot"
says stdout "  outputs: force (-1 to 1)"
expect 2 "$wann" tasks swing
one_error "unknown task 'swing'; did you mean 'swingup'?"
if command -v python3 >/dev/null; then
    for words in "tasks" "eval champion.json --task swingup --episodes 3 --weights -1,1" "eval champion.json --task swingup --episodes 3 --random" \
        "sweep champion.json --task swingup --episodes 3 --steps 3" "table champion.json --task swingup --episodes 3"; do
        # shellcheck disable=SC2086
        expect 0 "$wann" $words --json
        python3 -m json.tool stdout >/dev/null || fail "$words --json is no JSON"
    done
fi

# eval: the conditions, and the same bits from every engine and number of threads.
expect 0 "$wann" eval champion.json --task swingup --json --threads 1 --engine interpreter
cp stdout first
within "$(number mean)" 890 915
within "$(number weight)" 0.85 0.85
within "$(number episodes)" 100 100
[ "$(grep -oE '"steps": \[[^]]*\]' stdout | tr ',' '\n' | wc -l)" = 100 ] || fail "not 100 steps"
engines="lanes compiled"
"$wann" --version | grep -q '^built with:.*LLVM' && engines="$engines jit"
for engine in $engines; do
    expect 0 "$wann" eval champion.json --task swingup --json --threads 2 --engine $engine
    cmp -s stdout first || fail "--engine $engine gives other numbers"
    # Within the bound of a level, not bit for bit: float leads elsewhere, but not in the mean.
    expect 0 "$wann" eval champion.json --task swingup --json --engine $engine --real float
    within "$(number mean)" 885 920
done
expect 2 "$wann" eval champion.json --task swingup --engine quick
one_error "--engine quick: expected interpreter, lanes, compiled or jit"

# On the other tasks too, with networks that one generation finds.
others=
"$wann" tasks | grep -q '^biped ' && others=biped
for task in $others swingup_hard; do
    expect 0 "$wann" search $task --population 4 --generations 2 --seed 3 --quiet -o "$task"
    words="eval $task/best.json --task $task --weights -1,1 --episodes 6 --max-steps 300 --json"
    # shellcheck disable=SC2086
    expect 0 "$wann" $words --engine interpreter
    cp stdout first
    for engine in $engines; do
        # shellcheck disable=SC2086
        expect 0 "$wann" $words --engine $engine --threads 3
        cmp -s stdout first || fail "$task: --engine $engine gives other numbers"
    done
done
expect 0 "$wann" eval champion.json --task swingup --json --weight 0
within "$(number max)" 0 300
expect 0 "$wann" eval champion.json --task swingup --json --random-shared --episodes 300
within "$(number mean)" 500 850
expect 0 "$wann" eval champion.json --task swingup --json --random
within "$(number mean)" 5 120
expect 0 "$wann" eval champion.json --task swingup --json --tuned
within "$(number mean)" 900 950
expect 0 "$wann" eval champion.json --task swingup --json --portable
within "$(number mean)" 890 915
expect 0 "$wann" eval champion.json --task swingup_hard --json --episodes 2
grep -qF '"steps": [200, 200]' stdout || fail "swingup_hard: $(cat stdout)"
expect 0 "$wann" eval champion.json --task swingup --max-steps 7 --episodes 2 --json
grep -qF '"steps": [7, 7]' stdout || fail "--max-steps: $(cat stdout)"
expect 2 "$wann" eval champion.json --task swingup --random --engine compiled
one_error "cannot be compiled in"
expect 1 "$wann" eval champion.json --task swingup --weight 1e300
one_error "champion.json: error: task swingup: step 1 of the episode of seed 0: action 0 is nan"

# The task that a file names, unless it would load code.
expect 0 "$wann" eval champion.json --episodes 2 --quiet
grep -q '^swingup, ' stdout || fail "the task of the file: $(cat stdout)"
sed 's/"task": "swingup"/"task": ".\/evil.so"/' champion.json >evil.json
expect 2 "$wann" eval evil.json
one_error "no task; expected --task TASK"

# sweep
expect 0 "$wann" sweep champion.json --task swingup --episodes 4 --from -1 --to 1 --steps 5
[ "$(cut -d, -f1 stdout | xargs)" = "weight -1 -0.5 0 0.5 1" ] || fail "sweep: $(cat stdout)"
kinds="csv svg"
"$wann" --version | grep -q '^built with:.*PNG' && kinds="$kinds png"
for kind in $kinds; do
    expect 0 "$wann" sweep champion.json --task swingup --episodes 2 --steps 5 -o "p.$kind"
    [ -s "p.$kind" ] || fail "no p.$kind"
    grep -q "best at " stdout || fail "sweep -o: $(cat stdout)"
done
[ "$kinds" = "csv svg" ] || head -c 8 p.png | grep -q PNG || fail "p.png is no PNG"
grep -q '^<svg ' p.svg || fail "p.svg is no SVG"
sed 's/"name": "cartpole"/"name": "<script>alert(1)<\/script>"/' champion.json >script.json
expect 0 "$wann" sweep script.json --task swingup --episodes 1 --steps 2 -o script.svg
grep -q '<script' script.svg && fail "a name became a script"
expect 2 "$wann" sweep champion.json --task swingup -o p.txt
one_error "expected a name that ends with .csv, .png or .svg"
expect 1 "$wann" sweep champion.json --task swingup --episodes 1 --steps 2 -o missing/p.csv
one_error "missing/p.csv"
expect 2 "$wann" sweep champion.json --task swingup --from 1 --to 0
one_error "--from is larger than --to"

# table
expect 0 "$wann" table champion.json champion.json --episodes 8
[ "$(grep -c '±' stdout)" = 2 ] || fail "table: $(cat stdout)"
grep -qF 'episodes from seed 0; `wann table champion.json champion.json --episodes 8`' stdout || fail "table: command"
[ "$(grep '^|' stdout | awk -F'|' '{ print NF }' | sort -u)" = 8 ] || fail "table: cells: $(cat stdout)"
expect 0 "$wann" table champion.json+name=ours dense:4,3+task=swingup --episodes 4 --json
grep -qF '"network": "ours", "random"' stdout || fail "table: name: $(cat stdout)"
grep -qF '"network": "dense:4,3", "random"' stdout || fail "table: dense: $(cat stdout)"
expect 2 "$wann" table champion.json+nam=ours
one_error "+nam=ours: expected +task="
expect 2 "$wann" eval dense:4,x --task swingup
one_error "dense:4,x: expected the sizes of hidden layers"
expect 2 "$wann" table champion.json champion.json --tuned-from w.json
one_error "--tuned-from is for one network"

# The published champion, on episodes of its own: 932 ± 6 with its tuned weights.
reference=${WANN_REFERENCE:-$WANN_SOURCE/../shared/reference}
if [ -e "$reference/champions/swing.out" ]; then
    expect 0 "$wann" eval "$reference/champions/swing.out" --task swingup --json --episodes 400 \
        --tuned-from "$reference/champions/zoo/cartpole_swingup.wann.json" --weight-bias -1.5
    within "$(number median)" 928 936
    within "$(number mean)" 924 936
    expect 0 "$wann" eval "$reference/champions/swing.out" --task swingup --json --weight 1
    within "$(number mean)" 698 704
else
    echo "the golden data is missing: the published champion was not run"
fi
# eval --trace: the first episode, whose rewards add up to the one reported.
expect 0 "$wann" eval champion.json --task swingup --weight 0.85 --episodes 2 --seed 7 --trace trace.csv --json
[ "$(head -n 1 trace.csv)" = step,x,x_dot,cos_theta,sin_theta,theta_dot,force,reward,over ] || fail "trace: $(head -n 1 trace.csv)"
[ "$(wc -l <trace.csv)" = 1001 ] && [ "$(tail -n 1 trace.csv | sed 's/.*,//')" = 1 ] || fail "trace: $(tail -n 1 trace.csv)"
sum=$(awk -F, 'NR > 1 { sum += $8 } END { printf "%.9f", sum }' trace.csv)
first=$(grep -oE '"rewards": \[[0-9.]+' stdout | grep -oE '[0-9.]+$')
within "$sum" "$(awk -v x="$first" 'BEGIN { printf "%.9f", x - 1e-6 }')" "$(awk -v x="$first" 'BEGIN { printf "%.9f", x + 1e-6 }')"
expect 0 "$wann" eval champion.json --task swingup --tuned --episodes 1 --max-steps 5 --trace tuned.csv --quiet
[ "$(wc -l <tuned.csv)" = 6 ] || fail "trace of tuned weights: $(cat tuned.csv)"
expect 2 "$wann" eval champion.json --task swingup --random --episodes 1 --trace no.csv
one_error '--trace: a trace needs given weights'
[ ! -e no.csv ] || fail "what cannot be traced left a file"
expect 1 "$wann" eval champion.json --task swingup --episodes 1 --trace missing/no.csv
one_error 'missing/no.csv: error: cannot'

finish
