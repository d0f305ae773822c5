#!/usr/bin/env bash
# What the documents say of the tree is true: links, make targets, activations, options, presets.
. "$(dirname "$0")/house.sh"
cd "$WANN_SOURCE"

# Links to files of the tree, from the folder of the document.
check_links() {
    local document=$1 link
    while read -r link; do
        case $link in
        http* | '#'*) continue ;;
        esac
        [ -e "$(dirname "$document")/${link%%#*}" ] || fail "$document links to $link"
    done < <(grep -oE '\]\([^)]+\)' "$document" | sed 's/^](//; s/)$//')
}

check_targets() {
    local target
    for target in $(grep -ohE '(^|`)make [a-z-]+' "$1" | sed 's/.*make //' | sort -u); do
        grep -qE "^([a-z-]+ )*$target( [a-z-]+)*:" Makefile || fail "$1 names 'make $target'"
    done
}

documents=0
while read -r document; do
    check_links "$document"
    check_targets "$document"
    documents=$((documents + 1))
done < <(find . -name '*.md' -not -path './build/*' | sort)
[ "$documents" -ge 5 ] || fail "only $documents documents were found"
echo "$documents documents"

# The README's table of activations is the one of the source.
while IFS='|' read -r number name; do
    grep -qE "^\| *$number *\| *\`$name\` *\|" README.md || fail "README.md lacks $number, $name"
done < <(sed -nE 's/^X\([A-Z]+, ([a-z]+), ([0-9]+),.*/\2|\1/p' include/wann/activations.def)

# Options that --help of a program names are in its manual page, and the other way round.
options_of_help() {
    # The left column; an example further down has options of other programs.
    "$@" --help | sed -nE 's/^ +(-.*)/\1/p' | sed 's/  .*//' | grep -oE -- '-[A-Za-z-][a-z0-9-]*' |
        sort -u
}
options_of_page() {
    sed -nE 's/^\.(It|Op) (.*Fl .*)/\2/p' "$1" | grep -oE 'Fl [^ ]+' | sed 's/^Fl /-/' | sort -u
}
check_page() {
    local page=$1
    shift
    [ -x "$1" ] || { echo "$1 is not built: its page was not compared" && return; }
    diff <(options_of_help "$@") <(options_of_page "$page") >"$scratch/diff" ||
        fail "$page and --help differ (<: only in --help): $(grep '^[<>]' "$scratch/diff" | xargs)"
}
check_page docs/man/wannc.1 "${WANN_BIN:-none}/wannc"

if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning docs/man/*.1 >"$scratch/log" || fail "$(cat "$scratch/log")"
else
    echo "no mandoc: the manual pages were not linted"
fi

# The presets that the Makefile names exist.
for preset in release asan tsan fuzz; do
    grep -q "\"name\": \"$preset\"" CMakePresets.json || fail "no preset $preset"
done
cmake --list-presets=all >/dev/null || fail "CMakePresets.json is refused"
finish
