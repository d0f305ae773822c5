#!/usr/bin/env bash
# Every header compiles by itself: ours as C17, the public ones as C++17 too.
# usage: test_headers.sh BUILD [FOLDER OF LLVM'S HEADERS]
. "$(dirname "$0")/house.sh"
cd "$WANN_SOURCE"

warnings=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only)
folders=(-I. -Iinclude -Itests "-I$1" "-I$1/generated" -D_POSIX_C_SOURCE=200809L)
llvm=${2:-}
[ ! -d "$llvm" ] || folders+=(-isystem "$llvm")

# Compile a file that includes nothing but the header.
alone() {
    local header=$1
    shift
    printf '#include "%s"\n' "${header#include/}" >"$scratch/$source"
    "$@" "${warnings[@]}" "${folders[@]}" "$scratch/$source" 2>"$scratch/log" ||
        fail "$header: $(cat "$scratch/log")"
    count=$((count + 1))
}

count=0
source=alone.c
while read -r header; do
    [ -d "$llvm" ] || ! grep -q 'llvm/api.h\|llvm-c/\|llvm/unit.h\|llvm/read.h' "$header" || continue
    alone "$header" "${CC:-cc}" -std=c17 -Wno-unused-function
done < <(find include runtime compiler search envs tests bench -name '*.h' 2>/dev/null | sort)
echo "$count headers as C17"
[ "$count" -gt 10 ] || fail "only $count headers were found"

if command -v g++ >/dev/null; then
    count=0
    source=alone.cpp
    for header in include/wann/*.h; do
        alone "$header" g++ -std=c++17
    done
    echo "$count headers as C++17"
else
    echo "no g++: the public headers were not tried as C++"
fi
finish
