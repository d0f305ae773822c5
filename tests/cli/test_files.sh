#!/usr/bin/env bash
# Files that are written, and that are not: whole or not at all, the same bytes each time.
. "$(dirname "$0")/cli.sh"

# A .c file has a header beside it; --no-header leaves it out; --emit overrides the ending.
expect 0 "$wannc" small.json -o one.c
[ -s one.c ] && [ -s one.h ] || fail "one.c and one.h are not both there"
[ ! -s stdout ] && [ ! -s stderr ] || fail "success is not silent"
expect 0 "$wannc" small.json -o two.c --no-header
[ -s two.c ] && [ ! -e two.h ] || fail "--no-header"
expect 0 "$wannc" small.json -o three.h
grep -q 'THREE_IMPLEMENTATION' three.h || fail "three.h is no single-header library"
expect 0 "$wannc" small.json -o four.txt --emit svg
grep -q '<svg' four.txt || fail "--emit svg"
expect 0 "$wannc" small.json -o five.so --emit json
"$wannc" five.so --emit json | cmp -s - five.so || fail "--emit json does not read back as itself"
expect 0 "$wannc" small.json
grep -q 'void small(' stdout || fail "nothing on standard output"
cp stdout plain
expect 0 "$wannc" small.json -o -
sed '/Command:/d' stdout >piped
sed '/Command:/d' plain | cmp -s - piped || fail "-o - is not standard output"
"$wannc" - <small.json | grep -q 'void small(' || fail "a network from standard input"
"$wannc" small.json --emit dot | grep -q '^digraph' || fail "--emit dot"

# Names: from the file that is made, or as asked for.
expect 0 "$wannc" small.json -o while.c
grep -q 'void while_net(' while.c || fail "a file named after a keyword"
expect 0 "$wannc" small.json -o 3-blind.mice.c
grep -q 'void net_3_blind(' 3-blind.mice.c || fail "a file whose name is no identifier"
for name in n i k o member weights usage time printf; do
    expect 0 "$wannc" small.json -o $name.c --batch --ensemble
    $CC -std=c99 -Werror -c $name.c || fail "$name.c does not compile"
    expect 0 "$wannc" small.json -o $name # a program
done
expect 0 "$wannc" small.json -o one.c --name Mine_2
grep -q '#define MINE_2_INPUTS 3' one.c || fail "--name"

# The same command gives the same bytes, whatever it makes.
png=
"$wannc" --version | grep -q '^built with:.*PNG' && png=r.png
for kind in r.c r.h r.a r.so r r.svg r.dot $png r.json; do
    "$wannc" small.json -o "$kind" || fail "cannot make $kind"
    cp "$kind" first
    "$wannc" small.json -o "$kind"
    cmp -s first "$kind" || fail "$kind is not the same twice"
done

# What cannot be written leaves nothing behind, and what was there stays.
mkdir locked target.c
if [ "$(id -u)" -ne 0 ]; then
    chmod a-w locked
    expect 1 "$wannc" small.json -o locked/out.c
    one_error 'locked/out'
    chmod u+w locked
fi
for file in out.c out.h out.a out.so out out.svg; do
    expect 1 "$wannc" small.json -o "missing/$file"
    one_error "missing/out"
done
expect 1 "$wannc" small.json -o target.c
one_error 'target.c'
[ -z "$(ls -A locked)$(ls -A target.c)" ] || fail "something is in the folders: $(ls -A locked target.c)"
printf 'as it was' >kept.so
CC=false expect 1 "$wannc" small.json -o kept.so
one_error "'false' failed with exit code 1"
CC=no-such-compiler expect 1 "$wannc" small.json -o kept.so
one_error "no-such-compiler"
[ "$(cat kept.so)" = 'as it was' ] || fail "a failure changed the file that was there"
AR=false expect 1 "$wannc" small.json -o kept.a
printf '{"format": "wann-network"' >broken.json
expect 1 "$wannc" broken.json -o kept.c
one_error 'broken.json:1:'
! ls kept.a* kept.c* kept.so.* 2>/dev/null || fail "a failure left files behind"
CFLAGS='-DFOO=1 --no-such-flag' expect 1 "$wannc" small.json -o flags.so
one_error 'no-such-flag'

# An output that takes nothing.
"$wannc" small.json >&- 2>stderr
[ $? -eq 1 ] || fail "a closed standard output is no failure"
one_error 'cannot write'
if [ -c /dev/full ]; then
    "$wannc" small.json >/dev/full 2>stderr
    [ $? -eq 1 ] || fail "a full disk is no failure"
    one_error 'cannot write'
    "$wannc" small.json --stats >/dev/full 2>stderr
    [ $? -eq 1 ] || fail "a full disk is no failure of --stats"
    expect 1 "$wannc" small.json -o /dev/full --emit c
    one_error '/dev/full'
fi

# Notes of what was inferred from a matrix, unless they are not wanted.
printf '0,0,1,1\n0,0,1,1\n0,0,0,5\n' >matrix.out
expect 0 "$wannc" matrix.out -o matrix.c
grep -q 'matrix.out: note: inferred' stderr || fail "no note of what was inferred"
expect 0 "$wannc" matrix.out -o matrix.c --quiet
[ ! -s stderr ] || fail "--quiet: $(cat stderr)"
expect 0 "$wannc" matrix.out -o matrix.c --inputs 1 --outputs 1
[ ! -s stderr ] || fail "a note of what was said: $(cat stderr)"
finish
