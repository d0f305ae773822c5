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

# What a merge leaves behind where it was not finished; compilers find it elsewhere.
grep -nE '^(<{7}|>{7}) ' ./*.md docs/*.md examples/*/*.md CMakePresets.json && fail "a merge was not finished"

# The README's table of activations is the one of the source.
while IFS='|' read -r number name; do
    grep -qE "^\| *$number *\| *\`$name\` *\|" README.md || fail "README.md lacks $number, $name"
done < <(sed -nE 's/^X\([A-Z]+, ([a-z]+), ([0-9]+),.*/\2|\1/p' include/wann/activations.def)

# Options that --help of a program names are in its manual page, and the other way round.
options_of_help() {
    # The left column; an example further down has options of other programs.
    sed -nE 's/^ +(-.*)/\1/p' | sed 's/  .*//' | grep -oE -- '-[A-Za-z-][a-z0-9-]*' | sort -u
}
options_of_page() {
    sed -nE 's/^\.It (.*Fl .*)/\1/p' "$1" | grep -oE 'Fl [^ ]+' | sed 's/^Fl /-/; s/\\&//' | sort -u
}
help_of_wann() {
    local command
    wann --help
    for command in $(wann --help | sed -nE '/^Commands/,/^$/ s/^  ([a-z]+) .*/\1/p'); do
        wann "$command" --help
    done
}
compare_page() {
    diff <(options_of_help <"$scratch/help") <(options_of_page "docs/man/$1") >"$scratch/diff" ||
        fail "$1 and --help differ (<: only in --help): $(grep '^[<>]' "$scratch/diff" | xargs)"
}
PATH=${WANN_BIN:-none}:$PATH
if [ -x "${WANN_BIN:-none}/wannc" ]; then
    wannc --help >"$scratch/help"
    compare_page wannc.1
    help_of_wann >"$scratch/help"
    compare_page wann.1
else
    echo "the programs are not built: their pages were not compared"
fi

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
