#!/usr/bin/env bash
# scripts/install-deps with a pretended dpkg and apt: what it asks for, and when it asks for nothing.
. "$(dirname "$0")/house.sh"

# The tools that the script itself needs, without the real package manager.
mkdir "$scratch/bin" "$scratch/apt"
for tool in bash cat dirname env; do
    ln -s "$(command -v "$tool")" "$scratch/bin/$tool"
done
stub() {
    printf '#!%s\n%s\n' "$(command -v bash)" "$2" >"$scratch/$1"
    chmod +x "$scratch/$1"
}
stub bin/id 'echo 0'
stub apt/dpkg-query 'case " $MISSING " in *" ${!#} "*) exit 1 ;; esac; echo installed'
stub apt/apt-cache '[ -n "${LISTS:-}" ]'
stub apt/apt-get 'echo "apt-get $* ($DEBIAN_FRONTEND)" >>"$CALLS"; [ "$1" = update ] || [ -z "${FAIL:-}" ]'

# Run the script; status, log and calls tell what it did.
deps() {
    CALLS=$scratch/calls
    : >"$CALLS"
    status=0
    CALLS=$CALLS PATH=$path "$BASH" "$WANN_SOURCE/scripts/install-deps" "$@" >"$scratch/log" 2>&1 ||
        status=$?
    calls=$(cat "$CALLS")
    log=$(cat "$scratch/log")
}
expect() {
    [ "$2" = "$3" ] || fail "$1: got '$2', expected '$3'"
}

path=$scratch/bin:$scratch/apt
get="apt-get install --yes --no-install-recommends"
export MISSING='' LISTS=1

deps demo
expect "nothing is missing" "$status $calls $log" "0  "

MISSING="libpng-dev clang"
deps demo
expect "one is missing" "$status $calls" "0 $get libpng-dev (noninteractive)"
expect "says what it will install" "$log" "install-deps: going to install: libpng-dev"
deps test
expect "two are missing" "$calls" "$get libpng-dev clang (noninteractive)"

LISTS=
deps demo
expect "no package lists yet" "$calls" "apt-get update (noninteractive)
$get libpng-dev (noninteractive)"

export FAIL=1
deps demo
expect "a required package cannot be had" "$status" 1
MISSING=clang
deps test
expect "an optional package cannot be had" "$status" 0
grep -q 'tests that need one of these are skipped' <<<"$log" || fail "it is not said: $log"

path=$scratch/bin
deps demo
expect "no Debian" "$status $calls" "0 "
grep -q 'no Debian system.*libcjson-dev' <<<"$log" || fail "it does not say what to install: $log"
deps nonsense
expect "wrong usage" "$status" 2
finish
