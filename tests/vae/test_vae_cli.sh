#!/usr/bin/env bash
# shellcheck disable=SC1091,SC2154
# wann vae from the first picture to a network that is scored with the encoder that came of it.
. "$(dirname "$0")/../cli/cli.sh"

expect 0 "$wann" vae collect -o frames --frames 96 --seed 3 --json
says stdout '{"output": "frames", "frames": 96}'
expect 2 "$wann" vae collect -o frames --frames 5
one_error "--frames 5: expected a number from 64 to 80000"
expect 2 "$wann" vae colect
one_error "did you mean 'collect'?"
expect 2 "$wann" vae train frames
one_error "nowhere to write to; expected -o RUNDIR"
expect 2 "$wann" vae train frames -o run --batch 20
one_error "--batch 20: expected a multiple of 16 up to 1024"
expect 1 "$wann" vae train small.json -o run
one_error "is no file of pictures; make one by: wann vae collect"
expect 1 "$wann" vae export nowhere --frames frames -o e
one_error "nowhere/checkpoint: error: cannot open"

"$wann" --version | grep -q 'built with: .*oneDNN' || {
    rm -rf run
    expect 1 "$wann" vae train frames -o run --size small --steps 1
    one_error "libdnnl-dev"
    finish
    skip "no training without oneDNN"
}
rm -rf run
expect 0 "$wann" vae train frames -o run --size small --steps 12 --batch 16 --threads 2 --quiet --json
grep -q '"step": 12, "steps": 12, .*"stopped": false' stdout || fail "train says $(cat stdout)"
for file in checkpoint log.jsonl loss.png sheet.png; do
    [ -s "run/$file" ] || fail "run/$file is missing"
done
expect 1 "$wann" vae train frames -o run --size small --steps 12
one_error "holds a training already; go on with --resume"
expect 0 "$wann" vae export run --frames frames -o my.encoder --json
grep -q '"size": "small", "multiplications": 1835392, "typical_error": 0\.' stdout || fail "export says $(cat stdout)"
[ "$(wc -c <my.encoder)" -lt 100000 ] || fail "the encoder has $(wc -c <my.encoder) bytes"
expect 0 "$wann" vae sheet run run --frames frames -o sheet.png
[ "$(head -c 4 sheet.png | tail -c 3)" = PNG ] || fail "sheet.png is no PNG"

# A network of no hidden node drives by it, as by the encoder that is built in.
cat >drive.json <<'TEXT'
{"format": "wann-network", "version": 1, "name": "drive", "outputs": ["steer", "gas", "brake"],
 "inputs": ["z0","z1","z2","z3","z4","z5","z6","z7","z8","z9","z10","z11","z12","z13","z14","z15"],
 "nodes": [{"id": 0, "type": "bias"}, {"id": 1, "type": "input"}, {"id": 2, "type": "input"},
  {"id": 3, "type": "input"}, {"id": 4, "type": "input"}, {"id": 5, "type": "input"}, {"id": 6, "type": "input"},
  {"id": 7, "type": "input"}, {"id": 8, "type": "input"}, {"id": 9, "type": "input"}, {"id": 10, "type": "input"},
  {"id": 11, "type": "input"}, {"id": 12, "type": "input"}, {"id": 13, "type": "input"}, {"id": 14, "type": "input"},
  {"id": 15, "type": "input"}, {"id": 16, "type": "input"},
  {"id": 17, "type": "output", "activation": "linear"}, {"id": 18, "type": "output", "activation": "linear"},
  {"id": 19, "type": "output", "activation": "linear"}],
 "connections": [{"from": 1, "to": 17}, {"from": 2, "to": 17}, {"from": 3, "to": 18}]}
TEXT
for option in "--quiet" "--option encoder=my.encoder" "--option encoder=small"; do
    # shellcheck disable=SC2086
    expect 0 "$wann" eval drive.json --task racing --weight 0.5 --episodes 2 --max-steps 60 --json $option
    mv stdout "$(echo "$option" | tr -cd '[:lower:]')"
done
cmp -s quiet optionencodersmall || fail "the built-in encoder is not small"
cmp -s quiet optionencodermyencoder && fail "the encoder makes no difference"
head -c 5000 my.encoder >cut.encoder
expect 1 "$wann" eval drive.json --task racing --option encoder=cut.encoder
one_error "encoder cut.encoder: has 5000 bytes; expected"

# The published racer is not scored, as it would be through another encoder than its own.
"$wann" convert drive.json -o drive.out >/dev/null 2>&1 || fail "drive.json cannot become a matrix"
expect 1 "$wann" eval drive.out --task racing
one_error "the published racer cannot be scored"
expect 1 "$wann" table drive.out --task racing

# A search ends hopeless episodes early, which nobody else does.
search() {
    expect 0 "$wann" search racing --population 2 --generations 1 --set alg_nReps=1 --set bestReps=0 --threads 1 \
        -o "found$1" --json --quiet --option "patience=$1"
    sed 's/.*"steps": \([0-9]*\).*/\1/' stdout
}
early=$(search 30)
late=$(search 200)
[ "$early" -lt "$late" ] || fail "$early steps with little patience, $late with much"
expect 0 "$wann" search racing --population 2 --generations 1 --set alg_nReps=1 --set bestReps=0 --threads 1 \
    -o found --json --quiet
usual=$(sed 's/.*"steps": \([0-9]*\).*/\1/' stdout)
{ [ "$usual" -gt "$early" ] && [ "$usual" -lt "$late" ]; } || fail "$usual steps with the usual patience"
grep -q patience found/run.json && fail "the run's own options name what searches do by themselves"
finish
