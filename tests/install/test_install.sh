#!/usr/bin/env bash
# Install into an empty folder, move that folder, and build against it in the ways that users do.
# usage: test_install.sh BUILD CMAKE
. "$WANN_SOURCE/tests/house/house.sh"

build=$1
cmake=$2
network=$WANN_SOURCE/examples/champions/cartpole.json
consumer=$WANN_SOURCE/tests/install/consumer
prefix=$scratch/moved

# Run a step; what it prints is only of interest if it fails.
step() {
    local what=$1
    shift
    "$@" >"$scratch/log" 2>&1 || { fail "$what: $*" && cat "$scratch/log" >&2 && return 1; }
}

# Whether two programs print the same, and anything at all.
same() {
    local first second
    first=$($1) && second=$($2) && [ -n "$first" ] && [ "$first" = "$second" ] ||
        fail "$1 prints '$first', $2 prints '$second'"
}

with_cmake() {
    local out=$scratch/$1
    shift
    step "configure" "$cmake" -S "$consumer" -B "$out" -DCMAKE_PREFIX_PATH="$prefix" \
        -DCMAKE_C_COMPILER="$CC" -DNETWORK="$network" -DPOLICY=cartpole "$@" &&
        step "build" "$cmake" --build "$out" &&
        same "$out/use_library $network" "$out/use_policy"
}

with_pkg_config() {
    local flags
    flags=$(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --cflags --libs "$@" wann) || return 1
    # shellcheck disable=SC2086 # flags are words
    step "pkg-config $*" "$CC" -std=c17 "$consumer/use_library.c" -o "$scratch/by_pc" $flags &&
        LD_LIBRARY_PATH=$lib same "$scratch/by_pc $network" "$scratch/static/use_policy"
}

step "install" "$cmake" --install "$build" --prefix "$scratch/prefix" || finish
mv "$scratch/prefix" "$prefix"
pc=$(find "$prefix" -name wann.pc)
lib=$(dirname "$(dirname "$pc")")
for file in bin/wannc bin/wann include/wann/net.h include/wann/activations.def \
    share/man/man1/wannc.1 share/bash-completion/completions/wannc share/wann/templates/policy.c.in; do
    [ -s "$prefix/$file" ] || fail "$file was not installed"
done
step "installed wannc" "$prefix/bin/wannc" --version || true
step "installed wann" "$prefix/bin/wann" --version || true

with_cmake static || true
with_cmake shared -DBUILD_SHARED_LIBS=ON || true
with_cmake elsewhere -DWANNC="$prefix/bin/wannc" || true
if command -v pkg-config >/dev/null; then
    with_pkg_config || true
    with_pkg_config --static || true
else
    echo "no pkg-config: wann.pc was not tried"
fi

# The example for embedders must work with nothing but the installed files.
cp -r "$WANN_SOURCE/examples" "$scratch/examples"
step "configure the example" "$cmake" -S "$scratch/examples/embed" -B "$scratch/embed" \
    -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$CC" &&
    step "build the example" "$cmake" --build "$scratch/embed" &&
    step "run the example" "$(find "$scratch/embed" -maxdepth 1 -type f -executable)" || true

# So must the example of a user's own task.
step "configure the task" "$cmake" -S "$scratch/examples/own-task" -B "$scratch/own-task" \
    -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$CC" &&
    step "build the task" "$cmake" --build "$scratch/own-task" &&
    step "evaluate on the task" "$prefix/bin/wann" eval "$scratch/examples/own-task/swing.json" \
        --task "$scratch/own-task/acrobot.so" --weight 2 --episodes 10 &&
    step "render the task" "$prefix/bin/wann" render "$scratch/examples/own-task/swing.json" \
        --task "$scratch/own-task/acrobot.so" --weight 2 --max-steps 20 -o "$scratch/film.png" || true

# A project that contains this one gets neither its tests nor its benchmarks.
mkdir "$scratch/parent"
cat >"$scratch/parent/CMakeLists.txt" <<TEXT
cmake_minimum_required(VERSION 3.22)
project(parent LANGUAGES C)
add_subdirectory("$WANN_SOURCE" wann)
wann_add_policy(policy "$network")
if(WANN_TESTS OR WANN_BENCH OR NOT TARGET wann::wann OR NOT TARGET policy)
  message(FATAL_ERROR "a sub-project gets tests, or misses targets")
endif()
TEXT
step "sub-project" "$cmake" -S "$scratch/parent" -B "$scratch/parent/build" -DCMAKE_C_COMPILER="$CC" || true
finish
