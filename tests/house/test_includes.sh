#!/usr/bin/env bash
# The layers hold, and scripts/check-includes would notice if they did not.
. "$(dirname "$0")/house.sh"

check=$WANN_SOURCE/scripts/check-includes
"$check" "$WANN_SOURCE" || fail "the tree has forbidden includes"

# A tree of one file with one include, and whether it must be refused (1) or accepted (0).
expect() {
    local refused=0
    rm -rf "$scratch/tree"
    mkdir -p "$(dirname "$scratch/tree/$2")"
    printf '#include %s\n' "$3" >"$scratch/tree/$2"
    "$check" "$scratch/tree" >"$scratch/log" || refused=1
    [ "$refused" = "$1" ] || fail "$2 with $3: $(cat "$scratch/log")"
}

expect 1 runtime/base/text.c '"runtime/net/net.h"'
expect 1 runtime/net/net.c '<compiler/ir.h>'
expect 1 runtime/draw/svg.c '"runtime/net/net.h"'
expect 1 compiler/pass/fold.c '"compiler/emit/emit.h"'
expect 1 compiler/emit/c99.c '"compiler/pass/pass.h"'
expect 1 search/rank.c '"compiler/ir.h"'
expect 1 envs/swingup.c '"search/genome.h"'
expect 1 envs/swingup.c '<wann/net.h>'
expect 1 compiler/emit/dot.c '<cjson/cJSON.h>'
expect 1 runtime/draw/svg.c '<png.h>'
expect 1 runtime/net/net.c '"net.h"'
expect 1 compiler/driver/policy.c '"runtime/cli/cli.h"'
expect 0 compiler/cli/main.c '"runtime/cli/cli.h"'
expect 0 runtime/draw/png.c '<png.h>'
expect 0 runtime/io/json.c '<cjson/cJSON.h>'
expect 0 compiler/pass/fold.c '"runtime/net/net.h"'
expect 0 search/rank.c '"wann/compile.h"'
expect 0 runtime/net/net.c '<math.h>'
finish
