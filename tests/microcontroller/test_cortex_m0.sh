#!/usr/bin/env bash
# Generated code in fixed point on a Cortex-M0, which has neither an FPU nor a long product, as
# test_cortex_m4.sh. It may call nothing, the compiler's own library included.
cpu="-mcpu=cortex-m0 -mthumb"
machine=microbit
memory=microbit.ld
extra="--real fixed"
. "$(dirname "$0")/cortex.sh"

table
both() { # LABEL NETWORK INPUTS OUTPUTS WEIGHT FLASH INSTRUCTIONS
    run "$1" "$2" "$3" "$4" "$5" -O1 -Os fixed "$6" -
    run "$1" "$2" "$3" "$4" "$5" -O1 -O2 fixed - "$7"
}
both cartpole "$WANN_SOURCE/examples/champions/cartpole.json" 0 0 0.85 750 1000
if [ -d "$champions" ]; then
    both swing "$champions/swing.out" 5 1 -1.5 1300 4100
    both biped "$champions/biped.out" 24 4 -1.87 3200 13000
    both racer "$champions/racer.out" 16 3 -0.7 3400 18500
else
    echo "the published champions are missing and were left out"
fi
run_example microbit
[ "$failures" = 0 ]
