#!/usr/bin/env bash
# A user's own task: the example works, and plug-ins that do not keep to wann/env.h are refused.
. "$(dirname "$0")/cli.sh"
example=$WANN_SOURCE/examples/own-task
cp "$example/swing.json" .

# plugin NAME SED: the example, changed.
plugin() {
    sed -E "$2" "$example/acrobot.c" >"$1.c"
    [ "$2" = "" ] || ! cmp -s "$1.c" "$example/acrobot.c" || fail "$1: nothing was changed"
    "$CC" -std=c99 -O1 -shared -fPIC -fvisibility=hidden -I"$WANN_SOURCE/include" "$1.c" -o "$1.so" -lm 2>log ||
        fail "$1 does not compile: $(cat log)"
}
refused() {
    plugin "$1" "$2"
    expect 1 "$wann" eval swing.json --task "./$1.so" --episodes 2
    one_error "$3"
}

plugin acrobot ''
expect 0 "$wann" tasks ./acrobot.so
says stdout "  outputs: torque (-1 to 1)"
expect 0 "$wann" eval swing.json --task acrobot.so --weights 0,2 --episodes 40 --json --threads 1
cp stdout first
expect 0 "$wann" eval swing.json --task ./acrobot.so --weights 0,2 --episodes 40 --json --threads 3 --engine interpreter
[ "$(sed 's/"task": "[^"]*"//' stdout)" = "$(sed 's/"task": "[^"]*"//' first)" ] || fail "engines differ"
expect 0 "$wann" eval swing.json --task ./acrobot.so --weight 2 --episodes 40
awk '$1 == 2 { exit !($2 > -130 && $2 < -70) }' stdout || fail "acrobot: $(cat stdout)"
expect 2 "$wann" eval swing.json --task ./acrobot.so --option x=1
one_error "unknown option 'x=1'"

refused abi 's/\.abi = WANN_ENV_ABI/.abi = 99/' "it was made for version 99 of wann/env.h"
refused size 's/\.size = sizeof\(wann_env_type\)/.size = 8/' "its table has 8 bytes"
refused step 's/\.step = step,//' "it has no function step"
refused name 's/\.name = "acrobot",//' "it has no name"
refused none 's/wann_env_plugin/another_name/' "it does not export wann_env_plugin"
refused inputs 's/\.observations = OBSERVATIONS/.observations = 0/' "observations is 0; expected 1 to"
refused long 's/\.steps = STEPS/.steps = 0/' "steps is 0"
refused reward 's/terminated \? 0 : -1/terminated ? 0 : (double)NAN/' "step 1 of the episode of seed 0: the reward is nan"
refused seen 's/observe\(a, observation\);/observe(a, observation); if (a->steps == 3) observation[2] = NAN;/' "step 3 of the episode of seed 0: observation 2 is nan"
refused past 's/memcpy\(observation, seen, sizeof seen\);/memcpy(observation, seen, sizeof seen); observation[OBSERVATIONS] = 0;/' "wrote more observations than the 6 it has"
refused other 's/enum \{ STEPS = 500, OBSERVATIONS = 6 \}/enum { STEPS = 500, OBSERVATIONS = 6, N = 5 }/; s/\.observations = OBSERVATIONS/.observations = N/' "the network has 6 inputs; task acrobot gives 5"
echo "no library" >text.so
expect 1 "$wann" eval swing.json --task ./text.so
one_error "./text.so: error: plug-in: cannot be loaded"
finish
