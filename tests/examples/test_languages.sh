#!/usr/bin/env bash
# examples/languages: the commands of its README, and what the programs print.
. "$WANN_SOURCE/tests/cli/cli.sh"
export PATH=$WANN_BIN:$PATH
mkdir -p work/languages
cp -r "$WANN_SOURCE/examples/champions" work
cp "$WANN_SOURCE"/examples/languages/* work/languages
cd work/languages || exit 1

# The commands under a heading.
commands() {
    awk -v heading="## $1" '$0 == heading { on = 1 } on && /^```$/ { exit } on && code { print } on && /^```sh$/ { code = 1 }' README.md
}
# try LANGUAGE PROGRAM TOOL...: run the commands, then the program with another weight too.
ran=0
try() {
    local language=$1 program=$2 tool
    shift 2
    for tool in "$@"; do
        command -v "$tool" >/dev/null || { echo "$language was not tried: there is no $tool"; return; }
    done
    [ -n "$(commands "$language")" ] || { fail "no commands for $language"; return; }
    commands "$language" >"$language.sh"
    bash -eu "$language.sh" >out 2>log || { fail "$language: $(tail -n 3 log)"; return; }
    $program -0.8 >>out || fail "$language: $program -0.8"
    cat out
    cut -d: -f2 out >"rewards.$ran"
    ran=$((ran + 1))
    # It swings up: a pole that hangs gets next to nothing.
    awk '!($3 > 800) { bad = 1 } END { exit bad || NR != 2 }' out || fail "$language: $(cat out)"
}
try C++ ./cartpole-cpp "$CC" c++
try Rust ./cartpole-rust rustc
if wannc ../../small.json --name small -o probe.wasm 2>/dev/null; then
    try JavaScript "node cartpole.mjs" node
else
    echo "JavaScript was not tried: this build makes no WebAssembly"
fi
[ "$ran" -gt 0 ] || skip "no compiler of another language"
for ((i = 1; i < ran; i++)); do
    paste rewards.0 "rewards.$i" | awk '{ d = $2 - $7; if (d > 0.11 || d < -0.11 || NF != 10) bad = 1 } END { exit bad }' ||
        fail "they do not agree: $(paste rewards.0 "rewards.$i")"
done
finish
