#!/usr/bin/env bash
# Completion in bash offers the commands, options and words that the programs know.
. "$(dirname "$0")/house.sh"
[ -x "$WANN_BIN/wannc" ] && [ -x "$WANN_BIN/wann" ] || skip "the programs are not built"
PATH=$WANN_BIN:$PATH
compopt() { :; } # it only works while a shell really completes
. "$WANN_SOURCE/scripts/completion/wannc"
. "$WANN_SOURCE/scripts/completion/wann"

# What is offered for a command line, of which the last word is being typed.
expect() {
    local expected=$1
    shift
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    "_$1" "$1"
    [ "${COMPREPLY[*]}" = "$expected" ] || fail "$*: got '${COMPREPLY[*]}', expected '$expected'"
}

expect "--tuned --tuned-from" wannc --tun
expect "--weight --weight-bias --weight-range" wannc --wei
expect "double" wannc --real d
expect "static shared svg" wannc --emit s
expect "convert" wann conv
expect "--help" wann --h
expect "--inputs" wann convert --inp
expect "" wannc network
finish
