#!/usr/bin/env bash
# Generated libraries in programs of C and C++: what they compute, what they export, side by side.
. "$(dirname "$0")/cli.sh"
command -v nm >/dev/null || skip "no nm (Debian package: binutils)"
strict="-std=c99 -Wall -Wextra -Wconversion -Wpedantic -Werror"

# Uses every function of the policy "left"; prints what must hold and does not.
cat >use.h <<'EOF'
#include <math.h>
#include <stdio.h>

static int off(const char *what, double got, double expected) {
    if (got == expected || fabs(got - expected) <= 1e-5)
        return 0;
    printf("%s: %g instead of %g\n", what, got, expected);
    return 1;
}

/* The outputs of one input must agree however they are asked for. */
static int use(const float *in) {
    const float weights[3] = {-1.5f, 0.5f, 2.0f};
    float out[LEFT_OUTPUTS], act[LEFT_OUTPUTS], mean[LEFT_OUTPUTS], rows[2 * LEFT_INPUTS], two[2 * LEFT_OUTPUTS];
    double e[LEFT_OUTPUTS], sum, expected[LEFT_OUTPUTS] = {0};
    int k, o, bad = 0;
    for (k = 0; k < 3; k++) {
        left(in, weights[k], out);
        left_act(in, weights[k], act);
        for (sum = 0, o = 0; o < LEFT_OUTPUTS; o++)
            sum += e[o] = exp((double)out[o]);
        for (o = 0; o < LEFT_OUTPUTS; o++) {
            expected[o] += e[o] / sum / 3;
            bad += off("left_act", (double)act[o], e[o] / sum);
        }
    }
    left_ensemble(in, weights, 3, mean);
    for (o = 0; o < LEFT_OUTPUTS; o++)
        bad += off("left_ensemble", (double)mean[o], expected[o]);
    bad += LEFT_ENSEMBLE_WEIGHTS != 3;
    left_ensemble(in, left_ensemble_weights, LEFT_ENSEMBLE_WEIGHTS, mean);
    for (o = 0; o < LEFT_OUTPUTS; o++)
        bad += off("left_ensemble_weights", (double)mean[o], expected[o]);
    for (k = 0; k < 2 * LEFT_INPUTS; k++)
        rows[k] = k < LEFT_INPUTS ? 0.0f : in[k - LEFT_INPUTS];
    left_batch(2, rows, 2.0f, two);
    for (o = 0; o < LEFT_OUTPUTS; o++)
        bad += off("left_batch", (double)two[LEFT_OUTPUTS + o], (double)out[o]);
    return bad;
}
EOF
cat >main.c <<'EOF'
#include "left.h"
#include "right.h"
#include "use.h"

int main(void) {
    const float in[LEFT_INPUTS] = {0.25f, -1.5f, 2.0f};
    float out[RIGHT_OUTPUTS];
    int bad = use(in);
    right(in, out); /* the weight is baked in */
    printf("%s %s %s\n", left_input_names[0], right_output_names[1], left_input_names[2]);
    return bad;
}
EOF
cp main.c main.cpp

for kind in c a so; do
    rm -f left* right*
    expect 0 "$wannc" small.json -o "left.$kind" --batch --ensemble=-1.5,0.5,2
    expect 0 "$wannc" small.json -o "right.$kind" --weight 0.5
    [ $kind = c ] || for name in left right; do # libraries are used through the header of the .c file
        options="--batch --ensemble=-1.5,0.5,2"
        [ $name = left ] || options="--weight 0.5"
        # shellcheck disable=SC2086
        "$wannc" small.json -o $name.c $options && rm $name.c
    done
    # shellcheck disable=SC2086
    $CC $strict main.c left.$kind right.$kind -Wl,-rpath,. -lm -o use_c || fail "no C program with .$kind"
    ./use_c >printed || fail "C with .$kind: $(cat printed)"
    grep -qxF 'speed right */ "; ??/' printed || fail "names are $(cat printed)"
    [ -n "${CXX:-}" ] || continue
    if [ $kind = c ]; then # as C++ throughout
        $CXX -Wall -Wextra -Wpedantic -Werror -x c++ main.cpp left.c right.c -lm -o use_cpp
    else
        $CXX -Wall -Wextra -Wpedantic -Werror main.cpp left.$kind right.$kind -Wl,-rpath,. -lm -o use_cpp
    fi || fail "no C++ program with .$kind"
    ./use_cpp >printed || fail "C++ with .$kind: $(cat printed)"
done

# Only the user's prefix is exported.
for options in "" "--math libm" "--real double" "--weight 1" "--tuned -O0"; do
    for kind in a so; do
        # shellcheck disable=SC2086
        expect 0 "$wannc" small.json -o mine.$kind --batch $options
        dynamic=$([ $kind = so ] && echo -D)
        # shellcheck disable=SC2086
        nm $dynamic --defined-only -g mine.$kind | awk 'NF == 3 { print $3 }' |
            grep -vE '^(_init|_fini|__.*|mine_batch.resolver)$' >names # which width of vectors
        grep -vE '^mine(_|$)' names && fail "foreign names in mine.$kind $options"
        [ "$(sort names | xargs)" = "mine mine_act mine_batch mine_input_names mine_output_names" ] ||
            fail "mine.$kind $options exports $(xargs <names)"
        nm mine.$kind | grep -E ' [bBdD] ' | grep -vE ' (_|completed|mine_(in|out)put_names)' &&
            fail "mine.$kind $options has variables"
    done
done

# A single-header library, in two files of one program.
expect 0 "$wannc" small.json -o left.h --batch --ensemble=-1.5,0.5,2
cat >first.c <<'EOF'
#define LEFT_IMPLEMENTATION
#include "left.h"
#include "left.h"
EOF
cat >second.c <<'EOF'
#include "left.h"
#include "use.h"

int main(void) {
    const float in[LEFT_INPUTS] = {0.25f, -1.5f, 2.0f};
    return use(in);
}
EOF
# shellcheck disable=SC2086
$CC $strict first.c second.c -lm -o twice && ./twice || fail "a single-header library in two files"
finish
