#!/usr/bin/env bash
# A locale in which one half is 0,5 changes nothing.
. "$(dirname "$0")/cli.sh"
command -v localedef >/dev/null || skip "no localedef"
mkdir locales
localedef -i de_DE -f UTF-8 locales/de_DE.UTF-8 >/dev/null 2>&1 || skip "no German locale (Debian package: locales)"
german() { LOCPATH=$scratch/locales LC_ALL=de_DE.UTF-8 "$@"; }
[ "$(german locale decimal_point)" = , ] || skip "the German locale does not work"

for made in c h svg dot json; do
    "$wannc" small.json -o plain.$made --name policy --weight 0.5
    cp plain.$made here.$made
    german "$wannc" small.json -o plain.$made --name policy --weight 0.5
    cmp -s plain.$made here.$made || fail "a German locale changes .$made"
done
for inspect in --stats --dump-ir; do
    "$wannc" small.json $inspect >here
    german "$wannc" small.json $inspect | cmp -s - here || fail "a German locale changes $inspect"
done
german "$wannc" small.json -o policy --verify=200 2>stderr || fail "--verify: $(cat stderr)"
echo '0.5,-1.5,2' | ./policy >here
echo '0.5,-1.5,2' | german ./policy | cmp -s - here || fail "a German locale changes a program"
finish
