#!/usr/bin/env bash
# What a system may do to a program: interrupted and short reads and writes, full disks, closed and
# broken outputs, folders that cannot be written.
# WANN_TEST_BIN: where faulty_io.so is.
. "$WANN_SOURCE/tests/cli/cli.sh"

champion=$WANN_SOURCE/examples/champions/cartpole.json
faulty() {
    LD_PRELOAD=$WANN_TEST_BIN/faulty_io.so "$@"
}
if nm -D "$wann" 2>/dev/null | grep -q '__[at]san_init'; then
    skip "sanitizers have a say in read and write themselves"
fi
search=(search swingup_hard --population 8 --generations 12 --seed 5 --quiet --threads 1
    --set alg_nReps=1 --set save_mod=1 --set save_seconds=0)

# Interrupted and short: the same files.
for kind in c h svg dot json; do
    "$wannc" "$champion" --name policy -o whole.$kind || fail "$kind cannot be made"
    faulty "$wannc" "$champion" --name policy -o parts.$kind || fail "$kind fails after EINTR"
    sed 's/whole/parts/g' whole.$kind | cmp - parts.$kind || fail "$kind is another after short writes"
done
faulty "$wann" convert "$champion" -o parts.out || fail "a conversion fails after EINTR"
"$wann" convert "$champion" -o whole.out
cmp whole.out parts.out || fail "a conversion gives another file"
"$wann" "${search[@]}" -o whole >/dev/null
faulty "$wann" "${search[@]}" -o parts >/dev/null || fail "a search fails after EINTR"
for file in log.jsonl best.json fronts.csv; do
    sed 's/, "seconds": .*//' whole/$file >first
    sed 's/, "seconds": .*//' parts/$file | cmp first - || fail "$file is another after short writes"
done
faulty "$wann" search --resume parts --generations 15 --quiet >/dev/null || fail "cannot resume after EINTR"

# No space left: an error, and what was there is whole.
export FAULTY_IO_ROOM=700
cp whole.c before.c
expect 1 faulty "$wannc" "$champion" --name policy -o whole.c
one_error "error: cannot write: No space left on device"
cmp whole.c before.c || fail "a full disk leaves half a file"
expect 1 faulty "$wann" "${search[@]}" -o full
one_error "cannot write: No space left on device"
unset FAULTY_IO_ROOM
[ -z "$(find . -name '*.tmp*' -o -name '.*.??????')" ] || fail "temporary files are left: $(find .)"
if [ -e full/run.json ]; then
    "$wann" search --resume full --quiet >/dev/null || fail "cannot resume after a full disk"
    sed 's/, "seconds": .*//' full/log.jsonl >second
    sed 's/, "seconds": .*//' whole/log.jsonl | cmp - second || fail "another run after a full disk"
fi

# Standard output that is full, closed, or that nobody reads.
for command in "$wann tasks" "$wann --version" "$wannc $champion --stats -o stats.c" \
    "$wann eval $champion --task swingup_hard --weight 1 --episodes 2" "$wannc --help"; do
    $command >/dev/full 2>stderr
    [ $? -eq 1 ] || fail "a full output is no failure: $command"
    one_error "<stdout>: error: cannot write: No space left on device"
    $command >&- 2>stderr
    [ $? -eq 1 ] || fail "a closed output is no failure: $command"
    one_error "<stdout>: error: cannot write: Bad file descriptor"
    $command 2>stderr | true
    code=${PIPESTATUS[0]}
    [ "$code" -eq 0 ] || [ "$code" -eq 141 ] || [ "$code" -eq 1 ] || fail "exit code $code: $command"
done
"$wann" tasks 2>&- >stdout || fail "a closed standard error matters"
"$wann" "${search[@]}" -o no-input <&- >/dev/null || fail "a closed standard input matters"

# Where nothing can be written. Root may write anywhere, so a folder that is none.
touch nothing
expect 1 "$wannc" "$champion" --name policy -o nothing/policy.c
one_error "nothing/policy.h: error: cannot"
expect 1 "$wann" convert "$champion" -o /proc/policy.json
one_error "/proc/policy.json: error: cannot"
expect 1 "$wann" "${search[@]}" -o /proc/run
one_error "/proc/run: error: cannot create"
if [ "$(id -u)" -ne 0 ]; then
    mkdir locked && chmod 500 locked
    expect 1 "$wannc" "$champion" --name policy -o locked/policy.c
    one_error "locked/policy.h: error: cannot"
fi
finish
