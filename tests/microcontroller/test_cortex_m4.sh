#!/usr/bin/env bash
# Generated code on a Cortex-M4F: compiled with arm-none-eabi-gcc, run in qemu on inputs whose outputs
# the interpreter gave; flash, stack and instructions of an inference as a table, held to limits.
cpu="-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16"
machine=mps2-an386
memory=link.ld
. "$(dirname "$0")/cortex.sh"

table
both() { # LABEL NETWORK INPUTS OUTPUTS WEIGHT FLASH INSTRUCTIONS
    run "$1" "$2" "$3" "$4" "$5" -Os -Os 0 "$6" -
    run "$1" "$2" "$3" "$4" "$5" -O1 -O1 0 - -
    run "$1" "$2" "$3" "$4" "$5" -O2 -O2 4e-7 - "$7"
}
both cartpole "$WANN_SOURCE/examples/champions/cartpole.json" 0 0 0.85 - -
if [ -d "$champions" ]; then
    both swing "$champions/swing.out" 5 1 -1.5 788 419
    both biped "$champions/biped.out" 24 4 -1.87 1340 1388
    both racer "$champions/racer.out" 16 3 -0.7 1079 1953
else
    echo "the published champions are missing and were left out"
fi
run_example mps2
[ "$failures" = 0 ]
