#!/usr/bin/env bash
# The libraries define wann_ names for users and, in the archive, wn_ names between files: no other.
# usage: test_exports.sh libwann.so libwann.a
. "$(dirname "$0")/house.sh"
command -v nm >/dev/null || skip "no nm (Debian package: binutils)"

# Names that `nm OPTIONS FILE` shows as defined and that a sanitizer or a profiler did not add. Weak
# ones in an archive are copies of what C++ headers define: inline functions and tables of virtual ones.
defined() {
    nm --defined-only "$@" | awk -v how="$1" 'NF == 3 && !(how == "-g" && ($2 == "W" || $2 == "V")) { print $3 }' |
        grep -vE '^(__|_init$|_fini$|\.)' | sort -u
}

shared=$(defined -D "$1")
archive=$(defined -g "$2")
grep -qx wann_net_read <<<"$shared" || fail "wann_net_read is not exported"
grep -vE '^wann_' <<<"$shared" >"$scratch/odd" && fail "libwann.so exports $(xargs <"$scratch/odd")"
grep -vE '^(wann|wn)_' <<<"$archive" >"$scratch/odd" && fail "libwann.a defines $(xargs <"$scratch/odd")"

# Every function that a public header declares is there.
for name in $(grep -hoE '\bwann_[a-z0-9_]+\(' "$WANN_SOURCE"/include/wann/*.h | tr -d '(' | sort -u); do
    grep -qx "$name" <<<"$shared" || fail "$name is declared but not exported"
done
echo "$(wc -l <<<"$shared") exported names"
finish
