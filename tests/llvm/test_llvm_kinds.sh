#!/usr/bin/env bash
# Every kind that goes through LLVM, for this machine and others, run and compared with the interpreter.
. "$(dirname "$0")/../cli/cli.sh"
"$wannc" --version | grep -q '^built with:.*LLVM' || skip "this build has no LLVM (Debian package: llvm-19-dev)"
champion=$WANN_SOURCE/examples/champions/cartpole.json

# verified FILE OPTIONS...: it is made, and its results are those of the interpreter.
verified() {
    local file=$1
    shift
    expect 0 "$wannc" "$champion" --name policy --verify=300 "$@" -o "$file"
    grep -q 'verified: ' stderr || fail "$file ($*) was not verified: $(cat stderr)"
}

for file in policy.o policy.s policy.a policy.so policy; do
    verified "$file" --backend llvm --batch
done
for options in "-O0 --real double" "-O2 --cpu native" "-Os" "--ensemble --gradient" "--tuned -g"; do
    # shellcheck disable=SC2086
    verified policy.o $options --batch
done
expect 0 "$wannc" "$champion" --name policy -g -o policy.ll
grep -q 'name: "node [0-9]* (tanh)"' policy.ll || fail "-g names no nodes"

if command -v node >/dev/null && command -v wasm-ld-19 >/dev/null; then
    verified policy.wasm --batch
    [ "$(wc -c <policy.wasm)" -lt 8192 ] || fail "policy.wasm has $(wc -c <policy.wasm) bytes"
else
    echo "no Node.js or no wasm-ld: WebAssembly was not run"
fi
for target in aarch64-linux-gnu riscv64-linux-gnu; do
    if command -v "$target-gcc" >/dev/null && command -v "qemu-${target%%-*}" >/dev/null; then
        for file in foreign.o foreign.s foreign.a foreign.so foreign; do
            verified $file --batch --target "$target"
        done
    else
        echo "no compiler or no QEMU for $target"
    fi
done
# The example of the documentation, as it stands there.
library=$WANN_BIN/../lib/libwann.so
if nm -D "$library" | grep -qE '__(asan|tsan|ubsan)_'; then
    echo "the library has sanitizers: the example was not linked to it"
else
    sed -n '/^```c$/,/^```$/p' "$WANN_SOURCE/docs/llvm.md" | sed '/^```/d' >jit.c
    expect 0 "$CC" -std=c17 -Wall -Wextra -Werror jit.c -I"$WANN_SOURCE/include" "$library" -o jit
    LD_LIBRARY_PATH=$WANN_BIN/../lib expect 0 ./jit "$champion"
    grep -q '^[-0-9.e]*, compiled in [0-9.]* ms$' stdout || fail "the example prints: $(cat stdout)"
fi
finish
