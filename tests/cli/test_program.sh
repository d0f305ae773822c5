#!/usr/bin/env bash
# Generated programs: CSV in, CSV out, errors with their line, options, timing.
. "$(dirname "$0")/cli.sh"

expect 0 "$wannc" small.json -o policy --real double -O0
printf '%s\n' 'speed,angle,other' '0.25,-1.5,2' '' ' 1 , 0 , 0 ' '1e-3,-0.5,3' >inputs.csv
./policy <inputs.csv >outputs.csv || fail "exit code $?"
[ "$(wc -l <outputs.csv)" -eq 3 ] || fail "not a line for each inference: $(cat outputs.csv)"
./policy --header <inputs.csv | head -n 1 >stdout
says stdout 'left,right'
./policy --act <inputs.csv | awk -F, '{ s = $1 + $2; if (s < 0.999999 || s > 1.000001) exit 1 }' ||
    fail "--act is no softmax"
./policy --weight -1.5 <inputs.csv | cmp -s - outputs.csv || fail "the default weight is not the recommended one"
./policy --weight 0.5 <inputs.csv | cmp -s - outputs.csv && fail "--weight changes nothing"
./policy </dev/null >stdout || fail "no input is an error"
[ ! -s stdout ] || fail "outputs of no input"
printf '0.25,-1.5,2' | ./policy | cmp -s - <(head -n 1 outputs.csv) || fail "a last line without an end"
printf '0.25,-1.5,2\r\n' | ./policy | cmp -s - <(head -n 1 outputs.csv) || fail "lines that end in CR LF"

# The default weight is part of the network; a baked one takes no option.
expect 0 "$wannc" small.json -o baked --real double -O0 --weight -1.5
./baked <inputs.csv | cmp -s - outputs.csv || fail "a baked weight is not the same as the parameter"
./baked --weight 1 <inputs.csv >stdout 2>stderr
[ $? -eq 2 ] || fail "a baked weight as an option is no error of usage"

bad() {
    printf '%s\n' "$@" | ./policy >stdout 2>stderr
    [ "${PIPESTATUS[1]}" -eq 1 ] || fail "no error for: $*"
}
bad '1,2,3' '1,2'
one_error 'policy: <stdin>:2: error: too few numbers; expected 3'
bad '1,2,3' '1,2,3,4'
one_error '<stdin>:2: error: text after the last number'
bad '1,2,3' '' 'a,b,c'
one_error '<stdin>:3: error: a field that is no number'
bad '1,2,3x'
one_error '<stdin>:1: error: text after the last number'

expect 0 ./policy --bench=2000
grep -qE '^[0-9]+\.[0-9] ns an inference \(median of [0-9]+ runs' stdout || fail "--bench: $(cat stdout)"
expect 0 ./policy --help
grep -q -e '--bench' stdout && grep -q 'default -1.5' stdout || fail "--help: $(cat stdout)"
for options in --nonsense --bench=x --bench=0 '--weight x' '--weight'; do
    # shellcheck disable=SC2086
    expect 2 ./policy $options
    [ ! -s stdout ] || fail "$options prints on standard output"
done
if [ -c /dev/full ]; then
    ./policy <inputs.csv >/dev/full 2>stderr
    [ $? -eq 1 ] || fail "a full disk is no failure"
    one_error 'cannot'
fi
finish
