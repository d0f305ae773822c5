#!/usr/bin/env bash
# Templates of the user's: they are honoured, and their mistakes are named with their place.
. "$(dirname "$0")/cli.sh"
mkdir mine

# What is there takes the place of what is built in; the rest stays.
{ echo '/* Made by us. */' && cat "$WANN_SOURCE/templates/policy.c.in"; } >mine/policy.c.in
expect 0 "$wannc" small.json -o p.c --template-dir mine
[ "$(head -n 1 p.c)" = '/* Made by us. */' ] || fail "a template of the user's is not used"
$CC -std=c99 -c p.c || fail "what it gives does not compile"
rm mine/policy.c.in
expect 0 "$wannc" small.json --template-dir mine
cp stdout with
expect 0 "$wannc" small.json
sed '/Command:/d' with >a
sed '/Command:/d' stdout | cmp -s - a || fail "an empty folder of templates changes something"

printf 'first line\n  a @@ is one, a @nonsense@ is not\n' >mine/policy.c.in
expect 1 "$wannc" small.json -o q.c --template-dir mine
one_error "mine/policy.c.in:2:18: error: unknown slot 'nonsense'"
printf 'x\ny\n@name\n' >mine/policy.c.in
expect 1 "$wannc" small.json -o q.c --template-dir mine
one_error "mine/policy.c.in:3:1: error: a slot that does not end with '@'"
printf 'a\0b' >mine/policy.c.in
expect 1 "$wannc" small.json -o q.c --template-dir mine
one_error "mine/policy.c.in: error: the template has a NUL byte"
rm mine/policy.c.in
mkdir mine/policy.c.in
expect 1 "$wannc" small.json -o q.c --template-dir mine
one_error "mine/policy.c.in: error: cannot read: Is a directory"
! ls q.* 2>/dev/null || fail "a bad template left a file"
finish
