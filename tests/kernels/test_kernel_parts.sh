#!/usr/bin/env bash
# Each kernel with the parts it needs, and no others, is strict C99 and C++17 without a warning. Those
# of f32 and f64 need no header, builtin or library.
set -euo pipefail
cd "${WANN_SOURCE:?is set by ctest}/templates/kernels"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

warnings=(-Wall -Wextra -Wconversion -Wpedantic -Wdouble-promotion -Werror -O2)
compile() { # compiler language standard file
    command -v "$1" >/dev/null || return 0
    "$1" -x "$2" "-std=$3" "${warnings[@]}" -c "$4" -o "$scratch/out.o" || {
        echo "failed: $1 -std=$3: $4" >&2
        failures=$((failures + 1))
    }
}

# A file with one kernel and a function that calls it; clang warns of a part that is not used.
emit() { # folder file needs real
    local part
    for part in $3 "$2"; do
        sed 's/@name@/policy/g; s/@inline@/static inline/' "$1/$part.c.in"
    done
    if [ "$2" = sincos_pi ]; then
        echo "void policy_call($4 x, $4 *s, $4 *c); void policy_call($4 x, $4 *s, $4 *c) {
            policy_$2(x, s, c); }"
    else
        local second='' argument=''
        case $2 in *_of) second=", $4 w" argument=', w' ;; esac
        echo "$4 policy_call($4 x$second); $4 policy_call($4 x$second) { return policy_$2(x$argument); }"
    fi
}

compile_all() { # file
    local compiler
    for compiler in gcc clang; do
        compile "$compiler" c c99 "$1"
    done
    for compiler in g++ clang++; do
        compile "$compiler" c++ c++17 "$1"
    done
}

list() {
    sed -nE 's/^X\([A-Z0-9_]+, ([a-z0-9_]+), "(.*)"\)$/\1 \2/p' "$1"
}

count=0
while read -r file needs; do
    case $file in common | abs | clamp | expm1 | reduce_pi) continue ;; esac
    for folder in f32 f64; do
        real=$([ $folder = f32 ] && echo float || echo double)
        out=$scratch/$folder-$file.c
        emit "$folder" "$file" "$needs" "$real" >"$out"
        compile_all "$out"
        if grep -nE '^ *#|__builtin|__asm' "$out" || [ -n "$(nm -u "$scratch/out.o")" ]; then
            echo "failed: $folder/$file.c.in has a directive, a builtin or a call of its own" >&2
            failures=$((failures + 1))
        fi
        count=$((count + 1))
    done
done < <(list kernels.def)
while read -r file needs; do
    case $file in common | abs | polynomial | exponential | nearest | sine) continue ;; esac
    emit f32_small "$file" "$needs" float >"$scratch/small-$file.c"
    compile_all "$scratch/small-$file.c"
    count=$((count + 1))
done < <(list small.def)
while read -r file needs; do
    case $file in common | fma | size | exp2 | sine) continue ;; esac
    emit f32_lanes "$file" "$needs" float >"$scratch/lanes-$file.c"
    compile_all "$scratch/lanes-$file.c"
    count=$((count + 1))
done < <(list lanes.def)
while read -r file needs; do
    case $file in common | fma | abs | least | copysign) continue ;; esac
    argument=''
    case $file in *_of) argument=', x' ;; esac
    for part in $needs "$file"; do
        sed 's/@name@/policy/g; s/@inline@/static inline/' "f32_pack/$part.c.in"
    done >"$scratch/pack-$file.c"
    echo "float policy_call(float x); float policy_call(float x) {
        return policy_$file(policy_of(x, x, x, x)$argument)[0]; }" >>"$scratch/pack-$file.c"
    compile_all "$scratch/pack-$file.c"
    count=$((count + 1))
done < <(list pack.def)
[ "$count" -ge 26 ] || { echo "failed: only $count kernels" >&2 && exit 1; }
[ "$failures" = 0 ]
