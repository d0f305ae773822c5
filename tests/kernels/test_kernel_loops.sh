#!/usr/bin/env bash
# A loop over each kernel is vectorised by gcc and by clang with -O3 alone, at each x86-64 width.
# usage: test_kernel_loops.sh FOLDER-OF-GENERATED-HEADERS
set -euo pipefail
generated=$1
case $(uname -m) in
x86_64) ;;
*) echo "skipped: not an x86-64 machine" && exit 77 ;;
esac
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
names=(exp tanh sigmoid gaussian sin_pi cos_pi)

# One function a line, so that a compiler's remark tells which one it means.
emit() { # header prefix real
    echo "#include \"$1\""
    local name
    for name in "${names[@]}"; do
        echo "void v_$name($3 *restrict y, const $3 *restrict x, int n) { for (int i = 0; i < n; i++) y[i] = $2$name(x[i]); }"
    done
}

check() { # source compiler flags...
    local source=$1 line=2 name remarks
    shift
    local names=("${names[@]}")
    [ "$(basename "$source")" != lanes.c ] || names=("${names[@]:1}") # there is no exponential
    remarks=$("$@" -O3 -c "$source" -o "$scratch/out.o" 2>&1)
    for name in "${names[@]}"; do
        grep -qE "$(basename "$source"):$line:.*(loop vectorized|vectorized loop)" <<<"$remarks" || {
            echo "failed: $name is not vectorised: $*" >&2
            failures=$((failures + 1))
        }
        line=$((line + 1))
    done
}

emit "$generated/wn_kernels_f32.h" wn_ float >"$scratch/f32.c"
emit "$generated/wn_kernels_f64.h" wn_f64_ double >"$scratch/f64.c"
emit "$generated/lanes_kernels_f32.h" lanes_ float | grep -v lanes_exp >"$scratch/lanes.c"
ran=0
for march in x86-64 x86-64-v3 x86-64-v4; do
    for source in "$scratch/f32.c" "$scratch/f64.c" "$scratch/lanes.c"; do
        for contract in off fast; do
            flags=("-march=$march" "-ffp-contract=$contract")
            if command -v gcc >/dev/null; then
                check "$source" gcc "${flags[@]}" -fopt-info-vec-optimized && ran=1
            fi
            if command -v clang >/dev/null; then
                check "$source" clang "${flags[@]}" -Rpass=loop-vectorize && ran=1
            fi
        done
    done
done
[ "$ran" = 1 ] || { echo "skipped: neither gcc nor clang" && exit 77; }
[ "$failures" = 0 ]
