#!/usr/bin/env bash
# ONNX models from outside: the checker of ONNX accepts them, ONNX Runtime computes what the interpreter
# does, models by another writer come in, and the programs refuse what they should.
# Given besides WANN_SOURCE, WANN_BIN: WANN_NPM, the folder of onnxruntime-node.
. "$WANN_SOURCE/tests/cli/cli.sh"
"$wann" --version | grep -q '^built with.*ONNX' || skip "this build has no ONNX"
reference=${WANN_REFERENCE:-$WANN_SOURCE/../shared/reference}

cp "$WANN_SOURCE"/examples/champions/{cartpole,swingup,digits}.json .
if [ -e "$reference/champions/swing.out" ]; then
    expect 0 "$wann" convert "$reference/champions/swing.out" --inputs 5 --outputs 1 -o swing.json
    expect 0 "$wann" convert "$reference/champions/biped.out" --inputs 24 --outputs 4 -o biped.json
    expect 0 "$wann" convert "$reference/champions/racer.out" --inputs 16 --outputs 3 -o racer.json
else
    echo "the golden data is missing: the published champions were not run"
fi

python=
for candidate in python3 /usr/bin/python3; do
    [ -n "$python" ] || ! "$candidate" -c 'import onnx' 2>/dev/null || python=$candidate
done
[ -n "$python" ] || echo "python3-onnx is missing: the checker of ONNX was not asked"
runtime=
if [ -d "${WANN_NPM:-none}/node_modules/onnxruntime-node" ] && command -v node >/dev/null; then
    runtime=1
else
    echo "onnxruntime-node is missing: models were not run in ONNX Runtime"
fi

# rows WIDTH: 500 rows of ordinary numbers, the same ones each time.
rows() {
    awk -v n="$1" 'BEGIN { srand(7); for (i = 0; i < 500; i++) { for (k = 0; k < n; k++) {
        printf "%s%.5f", k ? "," : "", (rand() + rand() + rand() - 1.5) * 2 } print "" } }'
}

# compare MODEL NAME WEIGHT [OPTION of wannc]...: note that MODEL.onnx is to do what the interpreter does.
compare() {
    local model=$1 name=$2 weight=$3 action=none words=()
    shift 3
    expect 0 "$wannc" "$name.json" -O0 --real double --math libm "$@" -o exact
    [ "$weight" = none ] || words=(--weight "$weight")
    ./exact "${words[@]}" <"$name.csv" >"$model.raw$weight" || fail "$name: exact"
    if grep -q '"action": "softmax"' "$name.json"; then
        action=$model.act$weight
        ./exact "${words[@]}" --act <"$name.csv" >"$action" || fail "$name: exact --act"
    fi
    echo "$model.onnx $name.csv $weight $model.raw$weight $action" >>jobs
}

for file in *.json; do
    name=${file%.json}
    expect 0 "$wann" convert "$file" -o "$name.onnx"
    rows "$(grep -o '"type": "input"' "$file" | wc -l)" >"$name.csv"
    compare "$name" "$name" -1.5
    compare "$name" "$name" 0.8
    # There and back: the same network.
    expect 0 "$wann" convert "$name.onnx" -o back --to json --json
    grep -oE '"connections": [0-9]+' stdout >said
    expect 0 "$wann" convert "$file" -o back --to json --json
    grep -oE '"connections": [0-9]+' stdout | cmp -s said - || fail "$name came back with $(cat said)"
done
for name in small swing cartpole; do
    [ -e "$name.json" ] || continue
    expect 0 "$wannc" "$name.json" --weight -0.7 -o "$name-baked.onnx"
    compare "$name-baked" "$name" none --weight -0.7
    expect 0 "$wannc" "$name.json" --tuned -o "$name-tuned.onnx"
    compare "$name-tuned" "$name" none --tuned
done

if [ -n "$python" ]; then
    "$python" - ./*.onnx 2>log <<'END' || fail "the checker of ONNX: $(tail -n 1 log)"
import sys, onnx
for name in sys.argv[1:]:
    onnx.checker.check_model(onnx.load(name), full_check=True)
END
    echo "the checker of ONNX accepts $(echo ./*.onnx | wc -w) models"
fi
if [ -n "$runtime" ]; then
    node "$WANN_SOURCE/tests/io/run_onnx.cjs" "$WANN_NPM" jobs >results 2>log || fail "ONNX Runtime: $(tail -n 1 log)"
    cat results
    [ "$(wc -l <results)" = "$(wc -l <jobs)" ] || fail "$(wc -l <results) results of $(wc -l <jobs)"
    # Where a step or a sine of a large number sits on an edge, float itself goes elsewhere.
    awk '$3 < 500 || $4 * 50 > $3 { exit 1 }' results || fail "ONNX Runtime computes something else"
fi

# What another program writes: the models that the benchmarks run, the weight in them.
if command -v python3 >/dev/null; then
    for form in by_layers by_nodes; do
        PYTHONPATH=$WANN_SOURCE/bench python3 - "$form" <<'END' || fail "bench/onnx_model.py, $form"
import sys, onnx_model, networks
network = networks.Network("small.json")
network.weight = 0.6
open(sys.argv[1] + ".onnx", "wb").write(getattr(onnx_model, sys.argv[1])(network))
END
        expect 0 "$wann" convert "$form.onnx" -o "$form.json"
        expect 0 "$wannc" "$form.json" -O0 --real double --math libm --tuned -o theirs
        expect 0 "$wannc" small.json -O0 --real double --math libm --weight 0.6 -o ours
        ./theirs <small.csv >theirs.csv
        ./ours <small.csv >ours.csv
        paste -d, theirs.csv ours.csv | awk -F, '{ for (i = 1; i <= NF / 2; i++) { d = $i - $(i + NF / 2)
            if (d > 1e-6 || d < -1e-6) far++ } } END { exit !(NR == 500 && far * 100 < NR) }' || fail "$form computes something else"
    done
fi

# The programs.
expect 0 "$wann" convert small.json --to onnx -o model
cat model | "$wann" convert - -o stdin.json || fail "a model on standard input"
expect 2 "$wann" convert small.json --to onnx -o -
one_error "onnx is no text for standard output"
expect 2 "$wannc" small.json --real double -o small.onnx
one_error "ONNX models are made in float"
head -c 100 model >half.onnx
expect 1 "$wannc" half.onnx -o half.c
one_error "half.onnx: error: not an ONNX model"
expect 0 "$wannc" model -o model.c --verify
[ ! -e half.c ] || fail "a model that is none left a file"
finish
