#!/usr/bin/env bash
# The command line: help, every usage error, and what --stats and --dump-ir print, as a transcript.
. "$(dirname "$0")/cli.sh"
PATH=$WANN_BIN:$PATH

usage() {
    transcribe wannc
    transcribe wannc small.json second.json
    transcribe wannc --nonsense small.json
    transcribe wannc --tunned small.json
    transcribe wannc -x small.json
    transcribe wannc --quiet=1 small.json
    transcribe wannc small.json -o
    transcribe wannc small.json --name
    transcribe wannc small.json --real half
    transcribe wannc small.json --input-range=-1:1
    transcribe wannc small.json --real fixed --input-range=1:-1
    transcribe wannc small.json --real fixed --input-range=1:2,
    transcribe wannc small.json --real fixed --input-range=0:1,0:1,0:1,0:1,0:1,0:1,0:1
    transcribe wannc small.json --real fixed --weight-range 2
    transcribe wannc small.json --real fixed --weight-range 0:nan
    transcribe wannc small.json --real fixed --input-range=-3000000:3000000
    transcribe wannc small.json --real fixed --emit obj -o x.o
    transcribe wannc small.json --real fixed -Os
    transcribe wannc small.json --real fixed --gradient
    transcribe wannc small.json --real fixed --ensemble
    transcribe wannc small.json --real fixed --math libm
    transcribe wannc small.json --math fast
    transcribe wannc small.json --emit sgv
    transcribe wannc small.json -o policy.txt
    transcribe wannc small.json --weight x
    transcribe wannc small.json --weight nan
    transcribe wannc small.json --weight 1e999
    transcribe wannc small.json --weight 1 --tuned
    transcribe wannc small.json --tuned --tuned-from w.json
    transcribe wannc small.json --weight-bias 1
    transcribe wannc small.json --weight 1 --ensemble
    transcribe wannc small.json --ensemble=1,x
    transcribe wannc small.json --inputs 0
    transcribe wannc small.json --outputs -1
    transcribe wannc small.json --verify=0
    transcribe wannc small.json --verify -o small.svg
    transcribe wannc small.json --verify --emit dot
    transcribe wannc small.json --dump-ir=nosuchpass
    for kind in static shared exe; do
        transcribe wannc small.json --emit "$kind"
    done
    for name in while double class 2fast a-b '' _x weight; do
        transcribe wannc small.json --name "$name"
    done
    transcribe wannc missing.json
    transcribe wannc .
    transcribe wann
    transcribe wann benhc
    transcribe wann --nonsense
    transcribe wann bench
    transcribe wann bench small.json other.json
    transcribe wann bench small.json --weight x
    transcribe wann bench small.json --batch-size 0
    transcribe wann bench small.json --jsno
    transcribe wann bench missing.json
    transcribe wann bench --help
    transcribe wann convert
    transcribe wann eval
    transcribe wann eval small.json
    transcribe wann eval small.json --task swingup
    transcribe wann eval small.json other.json --task swingup
    transcribe wann eval small.json --task swingup --weight x
    transcribe wann eval small.json --task swingup --weights 1,,2
    transcribe wann eval small.json --task swingup --weight 1 --random
    transcribe wann eval small.json --task swingup --weight-bias 1
    transcribe wann eval small.json --task swingup --option portable
    transcribe wann eval small.json --task swingup --option portabel=1
    transcribe wann eval small.json --task ./none.so
    transcribe wann eval small.json --engine fast
    transcribe wann eval small.json --real half
    transcribe wann eval small.json --episodes 0
    transcribe wann eval small.json --seed -1
    transcribe wann tasks --jsn
}
# A part of a pipe counts for itself: what fails in it has to be said here.
usage | check_transcript usage.txt || fail "the transcript"
[ "$(ls)" = "$(printf '%s\n' small.json stderr stdout transcript)" ] || fail "a usage error left files: $(ls)"

# Every error of usage is one line, starts with the program, and exits with 2.
awk '/^\$/ { n = 0 } /^!/ { if (++n > 1 || $2 !~ /^wannc?:?$/) bad = 1 } END { exit bad }' transcript ||
    fail "an error of usage that is not one line of the program"

# Help names every option, and every option that it names is one.
wannc --help >help || fail "--help fails"
for option in $(grep -oE '^  --[a-z-]+' help | sort -u); do
    wannc "$option" 2>&1 | grep -q 'unknown option' && fail "$option is in the help but unknown"
done
for option in emit name no-header batch ensemble template-dir weight tuned tuned-from weight-bias real input-range weight-range math \
    inputs outputs backend target cpu verify stats dump-ir list-passes quiet help version; do
    grep -q -e "--$option" help || fail "--$option is not in the help"
done
expect 2 wannc small.json -O7
one_error '-O7: expected -O0'

[ "$(wannc --version | head -n 1)" = "$(wann --version | head -n 1 | sed 's/wann/wannc/')" ] ||
    fail "the versions of the programs differ"
wannc --list-passes | grep -q '^factor  *[a-z]' || fail "--list-passes"

# Kinds that need LLVM: they are there, or the error names what is missing and who brings it.
if wannc --version | grep -q '^built with:.*ONNX'; then
    expect 2 wannc small.json --emit onnx
    one_error 'this kind is no text; expected -o FILE'
else
    expect 2 wannc small.json --emit onnx
    one_error 'this needs protobuf-c, which this build lacks (Debian packages: libprotobuf-c-dev'
fi
if wannc --version | grep -q '^built with:.*LLVM'; then
    for kind in llvm asm; do
        expect 0 wannc small.json --name small --emit "$kind"
        grep -q small_act stdout || fail "--emit $kind prints no $kind"
    done
    for kind in bitcode obj wasm; do
        expect 2 wannc small.json --emit "$kind"
        one_error 'this kind is no text; expected -o FILE'
    done
    expect 2 wannc small.json -o small.o --target pdp11-none-elf
    one_error "LLVM knows no target 'pdp11-none-elf'"
    expect 2 wannc small.json -o small.o --cpu znver44
    one_error "LLVM knows no processor 'znver44' of "
    expect 2 wannc small.json -o small.o --target aarch64-linux-gnu --cpu cortex-a54
    one_error "LLVM knows no processor 'cortex-a54' of 'aarch64-linux-gnu'; did you mean 'cortex-a34'?"
    expect 1 wannc small.json --real double --math libm -o small.wasm
    one_error 'WebAssembly has no C library; use --math inline'
else
    for kind in llvm bitcode asm obj wasm; do
        expect 2 wannc small.json --emit "$kind"
        one_error 'this needs the LLVM backend, which this build lacks (Debian package: llvm-19-dev)'
    done
fi
expect 2 wannc small.json -o small.c --target riscv64
one_error '--target, --cpu and -g are for machine code through LLVM'
expect 2 wannc small.json --backend gcc
one_error '--backend gcc: expected c or llvm'
rm -f small.o

# Inspection.
expect 0 wannc small.json --stats
awk 'NR == 1 { columns = NF } NF != columns { exit 1 } END { exit NR < 4 }' stdout || fail "--stats is no table"
expect 0 wannc small.json -O2 --batch --stats
awk 'NR == 1 { columns = NF } NF != columns { exit 1 } $1 == "batch" || $1 == "scale_many" { n++ }
     END { exit n != 2 }' stdout || fail "--stats does not show the passes of a batch"
expect 0 wannc small.json --dump-ir=lower
grep -q '^; after lower$' stdout || fail "--dump-ir=lower"
[ "$(grep -c '^; after' stdout)" -eq 1 ] || fail "--dump-ir=lower prints more than that"
expect 0 wannc small.json --dump-ir
[ "$(grep -c '^; after' stdout)" -gt 2 ] || fail "--dump-ir prints no more than one"
expect 0 wannc small.json --dump-ir -o dumped.c
[ -s dumped.c ] && [ -s dumped.h ] || fail "--dump-ir with -o writes no file"
finish
