# shellcheck shell=bash
# Running generated code on an emulated Cortex-M. Before: cpu (flags of the compiler), machine (of qemu),
# memory (a linker script of the example), extra (options of wannc for all networks).
set -u
: "${WANN_SOURCE:?is set by ctest}" "${WANN_BIN:?}" "${WANN_VECTORS:?}" "${cpu:?}" "${machine:?}" "${memory:?}"
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
# shellcheck disable=SC2086
echo '#include <math.h>' | arm-none-eabi-gcc $cpu -E -x c - >/dev/null 2>&1 ||
    skip "no C library for ARM (Debian package: libnewlib-arm-none-eabi)"
command -v qemu-system-arm >/dev/null || skip "no qemu-system-arm"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

emulate() {
    timeout 120 qemu-system-arm -machine "$machine" -nographic -monitor none -serial none \
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

# run LABEL NETWORK INPUTS OUTPUTS WEIGHT LEVEL CC_LEVEL ERROR FLASH INSTRUCTIONS: levels of wannc and of
# the compiler; what vectors.c is given for the error; the last two are limits, or -.
run() {
    local label=$1 network=$2 inputs=$3 outputs=$4 weight=$5 level=$6 cc_level=$7 sizes=() result
    [ "$inputs" = 0 ] || sizes=(--inputs "$inputs" --outputs "$outputs")
    # shellcheck disable=SC2086
    "$WANN_BIN/wannc" --quiet "$network" "${sizes[@]}" ${extra-} "$level" --name policy -o policy.c ||
        fail "$label: wannc"
    "$WANN_VECTORS" "$network" "$inputs" "$outputs" "$weight" "$8" >vectors.h || fail "$label: vectors"
    # shellcheck disable=SC2086
    {
        arm-none-eabi-gcc $cpu "$cc_level" -ffunction-sections -fdata-sections -fstack-usage -Wall -Wextra \
            -Wconversion -Werror -c policy.c -o policy.o || fail "$label: does not compile"
        arm-none-eabi-gcc $cpu -O2 -masm-syntax-unified -Wall -Wextra -Werror -I. -I"$example" -nostartfiles \
            -L "$example" -T "$example/$memory" "$here/measure.c" "$example/startup.c" "$example/semihosting.c" \
            policy.o -o run.elf || fail "$label: does not link"
    }
    result=$(emulate run.elf)
    read -r _ _ _ instructions _ stack <<<"$result"
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
    at_most "$label $level, flash" "$bytes" "$9"
    at_most "$label $level, instructions" "$instructions" "${10}"
    printf '| %s | `%s` | %s | 0 | %s | %s |\n' "$label" "$cc_level" "$bytes" "$stack" "$instructions"
}

table() {
    echo "| network | level | flash, bytes | .data + .bss | stack, bytes | instructions |"
    echo "| --- | --- | ---: | ---: | ---: | ---: |"
}

champions=${WANN_REFERENCE:-$WANN_SOURCE/../shared/reference}/champions

# run_example BOARD: what users copy.
run_example() {
    cp -r "$example" example
    if ! make -C example --no-print-directory BOARD="$1" WANNC="$WANN_BIN/wannc" \
        CHAMPION="$WANN_SOURCE/examples/champions/cartpole.json" cartpole.elf >log 2>&1; then
        fail "the example does not build: $(cat log)"
    fi
    result=$(emulate example/cartpole.elf) || fail "the example: $result"
    grep -q '^upright for the last [5-9][0-9]*0 of 10000 ms$' <<<"$result" || fail "the example says '$result'"
}
