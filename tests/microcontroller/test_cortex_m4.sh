#!/usr/bin/env bash
# Generated code on a Cortex-M4F: compiled with arm-none-eabi-gcc, run in qemu on inputs whose outputs
# the interpreter gave; flash, stack and instructions of an inference as a table, held to limits.
set -u
: "${WANN_SOURCE:?is set by ctest}" "${WANN_BIN:?}" "${WANN_VECTORS:?}"
cpu="-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16"
example=$WANN_SOURCE/examples/microcontroller
here=$WANN_SOURCE/tests/microcontroller
failures=0

fail() {
    echo "failed: $*" >&2
    failures=$((failures + 1))
}

skip() {
    echo "skipped: $*"
    exit 77
}

command -v arm-none-eabi-gcc >/dev/null || skip "no arm-none-eabi-gcc (Debian package: gcc-arm-none-eabi)"
echo '#include <math.h>' | arm-none-eabi-gcc $cpu -E -x c - >/dev/null 2>&1 ||
    skip "no C library for ARM (Debian package: libnewlib-arm-none-eabi)"
command -v qemu-system-arm >/dev/null || skip "no qemu-system-arm"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

emulate() {
    timeout 120 qemu-system-arm -machine mps2-an386 -nographic -monitor none -serial none \
        -semihosting-config enable=on,target=native -icount shift=0 -kernel "$1" 2>&1
}

# Bytes of a section of an object file.
section() {
    arm-none-eabi-size -A policy.o | awk -v name="$1" 'index($1, name) == 1 { n += $2 } END { print n + 0 }'
}

# What the function needs in flash, with all that it calls.
flash() {
    # shellcheck disable=SC2086
    arm-none-eabi-gcc $cpu -nostartfiles -Wl,--gc-sections,-e,policy policy.o -lm -o alone.elf 2>/dev/null ||
        fail "$1: does not link"
    arm-none-eabi-size alone.elf | awk 'NR == 2 { print $1 + $2 }'
}

at_most() { # WHAT GOT LIMIT
    [ "$3" = - ] || [ "$2" -le "$3" ] || fail "$1: $2, but at most $3 is promised"
}

# run LABEL NETWORK INPUTS OUTPUTS WEIGHT LEVEL FLASH INSTRUCTIONS: the last two are limits, or -.
run() {
    local label=$1 network=$2 inputs=$3 outputs=$4 weight=$5 level=$6 sizes=() result error=0
    [ "$inputs" = 0 ] || sizes=(--inputs "$inputs" --outputs "$outputs")
    [ "$level" = -O2 ] && error=4e-7
    "$WANN_BIN/wannc" --quiet "$network" "${sizes[@]}" "$level" --name policy -o policy.c || fail "$label: wannc"
    "$WANN_VECTORS" "$network" "$inputs" "$outputs" "$weight" $error >vectors.h || fail "$label: vectors"
    # shellcheck disable=SC2086
    {
        arm-none-eabi-gcc $cpu "$level" -ffunction-sections -fdata-sections -fstack-usage -Wall -Wextra \
            -Wconversion -Werror -c policy.c -o policy.o || fail "$label: does not compile"
        arm-none-eabi-gcc $cpu -O2 -Wall -Wextra -Werror -I. -I"$example" -nostartfiles -T "$example/link.ld" \
            "$here/measure.c" "$example/startup.c" "$example/semihosting.c" policy.o -o run.elf ||
            fail "$label: does not link"
    }
    result=$(emulate run.elf)
    read -r _ failed _ instructions _ stack <<<"$result"
    case $result in
    "failures 0 instructions "*) ;;
    *) fail "$label $level: $result" && return ;;
    esac
    [ "$(section .data)" = 0 ] && [ "$(section .bss)" = 0 ] || fail "$label $level: it has variables"
    [ -z "$(arm-none-eabi-nm -u policy.o)" ] || fail "$label $level: it calls $(arm-none-eabi-nm -u policy.o)"
    local bytes stated
    bytes=$(flash "$label")
    stated=$(sed -n 's/^ \* Stack: *at most \([0-9]*\) bytes.*/\1/p' policy.c)
    at_most "$label $level, stack" "$stack" "$stated"
    at_most "$label $level, flash" "$bytes" "$7"
    at_most "$label $level, instructions" "$instructions" "$8"
    printf '| %s | `%s` | %s | 0 | %s | %s |\n' "$label" "$level" "$bytes" "$stack" "$instructions"
}

echo "| network | level | flash, bytes | .data + .bss | stack, bytes | instructions |"
echo "| --- | --- | ---: | ---: | ---: | ---: |"
both() { # LABEL NETWORK INPUTS OUTPUTS WEIGHT FLASH INSTRUCTIONS
    run "$1" "$2" "$3" "$4" "$5" -Os "$6" -
    run "$1" "$2" "$3" "$4" "$5" -O1 - -
    run "$1" "$2" "$3" "$4" "$5" -O2 - "$7"
}
both cartpole "$WANN_SOURCE/examples/champions/cartpole.json" 0 0 0.85 - -
champions=${WANN_REFERENCE:-$WANN_SOURCE/../shared/reference}/champions
if [ -d "$champions" ]; then
    both swing "$champions/swing.out" 5 1 -1.5 788 419
    both biped "$champions/biped.out" 24 4 -1.87 1340 1388
    both racer "$champions/racer.out" 16 3 -0.7 1079 1953
else
    echo "the published champions are missing and were left out"
fi

# The example that users copy.
cp -r "$example" example
if ! make -C example --no-print-directory WANNC="$WANN_BIN/wannc" \
    CHAMPION="$WANN_SOURCE/examples/champions/cartpole.json" cartpole.elf >log 2>&1; then
    fail "the example does not build: $(cat log)"
fi
result=$(emulate example/cartpole.elf) || fail "the example: $result"
grep -q '^upright for the last [5-9][0-9]*0 of 10000 ms$' <<<"$result" || fail "the example says '$result'"
[ "$failures" = 0 ]
