#!/usr/bin/env bash
# --verify: what is right passes, and each of many ways to be wrong does not and leaves no file.
. "$(dirname "$0")/cli.sh"

# Every kind, with every function that it may offer.
for options in "--batch --ensemble" "--weight -1.5 --batch" "--tuned" "-O0 --real double --batch --ensemble" \
    "-O0 --real double --tuned" "--math libm" "--real double" "-O0" \
    "-O2 --batch --ensemble" "-O2 --real double --tuned" \
    "-Os --batch --ensemble" "-Os --tuned" "-Os --real double --weight 1" \
    "--real fixed --batch" "--real fixed -O0 --weight 1" "--real fixed --tuned --input-range=-3:3" "-Os --math libm" "-O1 --real double --math inline --batch" "-Os --real double --math inline"; do
    for file in v.c v.h v.a v.so v; do
        rm -f v.*
        # shellcheck disable=SC2086
        expect 0 "$wannc" small.json -o $file --verify=500 $options
        grep -q "$file: note: verified: [0-9]* inferences" stderr || fail "$file $options: $(cat stderr)"
        [ -s $file ] || fail "$file $options is not there"
    done
done
expect 0 "$wannc" small.json -o v.so --verify=500 -O0 --real double
says stderr 'wannc: v.so: note: verified: 4000 inferences, every bit as the interpreter has it'
expect 0 "$wannc" small.json -o v.so --verify=500 --quiet
[ ! -s stderr ] || fail "--quiet: $(cat stderr)"
expect 0 "$wannc" small.json --verify=500
grep -q 'void small(' stdout || fail "with --verify nothing on standard output"
grep -q 'small.json: note: verified' stderr || fail "no note where nothing is written"
expect 0 "$wannc" small.json --verify -o all.c
grep -q 'verified: 80000 inferences' stderr || fail "the default is not 10000 inputs: $(cat stderr)"

# mutant TEMPLATE PATTERN REPLACEMENT: a template of the user's that is wrong.
mutant() {
    rm -rf mutant
    mkdir -p "mutant/$(dirname "$1")"
    sed "s|$2|$3|" "$WANN_SOURCE/templates/$1" >"mutant/$1"
    ! cmp -s "mutant/$1" "$WANN_SOURCE/templates/$1" || fail "$1 has no '$2'"
}

# caught WORDS OPTIONS...: the mutant is found out in all $files; what was there stays.
caught() {
    local words=$1
    shift
    for file in $files; do
        printf 'as it was' >$file
        expect 1 "$wannc" small.json -o $file --template-dir mutant --verify=2000 "$@"
        one_error 'verification failed for'
        one_error "$words gives"
        one_error '; input '
        printf 'as it was' | cmp -s - $file || fail "a file that failed verification took its place: $file"
    done
}
libm="--math libm --batch --ensemble"
# shellcheck disable=SC2086
{
    mutant activations/tanh.c.in 'tanh@f@(x)' 'tanh@f@(x) * 1.0001@f@'
    files="w.c w.h w.a w.so w" caught w $libm
    files=w.so
    mutant activations/sin.c.in '\* x);' '* -x);'
    caught w $libm
    mutant activations/step.c.in '>' '>='
    caught w -O0 --real double # elsewhere a sum that may be 0 is an edge
    mutant activations/relu.c.in '0.0@f@ > x' '0.001@f@ > x'
    caught w $libm
    mutant activations/gaussian.c.in '2.0@f@' '2.0002@f@'
    caught w $libm
    mutant batch.c.in 'in + i' 'in + 0 * i'
    caught w_batch $libm
    mutant ensemble.c.in 'weights\[k\]' 'weights[0]'
    caught w_ensemble $libm
    mutant softmax.c.in 'sum;' '(sum * 1.001@f@);'
    caught w_act $libm
    mutant activations/tanh.c.in 'tanh@f@(x)' 'tanh(x) * 1.0000000000000002'
    caught w -O0 --real double --tuned # the last bits
    mutant ensemble_lanes.c.in 'l < rows ? y' 'l <= rows ? y'
    caught w_ensemble --ensemble
    mutant kernels/f32/sigmoid.c.in 'return one' 'return 1.00001f * one'
    caught w
    mutant kernels/f32_short/tanh.c.in 'a \* p / q' '1.00001f * a * p / q'
    caught w -O2
    mutant kernels/f32_small/tanh.c.in '2.0f \* @name@' '2.00001f * @name@'
    caught w -Os
    mutant kernels/fixed/exp.c.in 1007409 1000000
    caught w --real fixed
    mutant bytecode.c.in 'sum = 0.0@f@;$' 'sum = 0.00001@f@;'
    caught w -Os
}
# Derivatives: each point alone, and batches.
expect 0 "$wannc" small.json -o v.so --verify=100 --gradient
grep -q '[1-9][0-9][0-9]* derivatives, at most 0[.0-9e-]* of what rounding explains' stderr ||
    fail "derivatives: $(cat stderr)"
for options in "--weight 1" "--tuned" "--real double -O2"; do
    # shellcheck disable=SC2086
    expect 0 "$wannc" small.json -o v.c --verify=100 --gradient $options
    grep -q '[1-9][0-9]* derivatives' stderr || fail "derivatives $options: $(cat stderr)"
done
caught_slope() { # FUNCTION OPTIONS...
    printf 'as it was' >w.so
    expect 1 "$wannc" small.json -o w.so --template-dir mutant --verify=100 --gradient "${@:2}"
    one_error "verification failed: w_$1 gives"
    one_error ' for the derivative with respect to'
    printf 'as it was' | cmp -s - w.so || fail "wrong derivatives took the place of a file"
}
mutant activations/gate.c.in '>' '<'
caught_slope gradient
mutant gradient_batch.c.in 'out_bar + i' 'out_bar + 0 * i'
caught_slope gradient_batch --math libm
mutant gradient_batch_tuned.c.in 'weights_bar);$' 'weights_bar), (void)(weights_bar[0] *= 2);'
caught_slope gradient_batch --math libm --tuned
mutant gradient_sum.c.in '+= bar' '-= bar'
caught_slope gradient_batch
mutant gradient_lanes.c.in 'x\[@inputs@ + i\]\[l\] = l < rows' 'x[@inputs@ + i][l] = l <= rows'
caught_slope gradient_batch # the lanes that are left over
! ls w.*.* w.?????? 2>/dev/null || fail "failures left files behind"

# The C compiler may be what is wrong.
cat >fast-cc <<'EOF'
#!/bin/sh
exec "$REAL_CC" -Dtanh=sin "$@"
EOF
chmod +x fast-cc
REAL_CC=$CC CC=$PWD/fast-cc expect 1 "$wannc" small.json -o w.so --real double --verify=100
one_error 'verification failed'
finish
