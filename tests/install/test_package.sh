#!/usr/bin/env bash
# The archives that are handed on: the Debian package by CPack, looked at by lintian, unpacked and used;
# the source archive of `make dist`.
# usage: test_package.sh BUILD
. "$WANN_SOURCE/tests/house/house.sh"

build=$1
command -v dpkg-deb >/dev/null && command -v dpkg-shlibdeps >/dev/null || {
    echo "skipped: no dpkg-dev" >&2
    exit 77
}
(cd "$build" && cpack -G DEB -B "$scratch" >"$scratch/log" 2>&1) || { fail "cpack" && cat "$scratch/log" >&2; }
deb=$(find "$scratch" -maxdepth 1 -name 'wann_*.deb')
[ -s "$deb" ] || { fail "there is no package" && finish; }
dpkg-deb -x "$deb" "$scratch/root"
usr=$scratch/root/usr
for file in bin/wannc bin/wann include/wann/search.h share/man/man1/wann.1.gz share/doc/wann/copyright \
    share/doc/wann/changelog.gz; do
    [ -s "$usr/$file" ] || fail "the package has no $file"
done
dpkg-deb -f "$deb" Depends | grep -q 'libc6 (>= 2' || fail "it does not say what it depends on"
[ -z "$(find "$scratch/root" -type f -newermt 1970-01-01 -perm /022)" ] || fail "files that all may write"
"$usr/bin/wannc" "$WANN_SOURCE/examples/champions/cartpole.json" --name policy -o "$scratch/policy.c" ||
    fail "the packaged wannc does not work"
if command -v lintian >/dev/null; then
    lintian --allow-root --fail-on error "$deb" >"$scratch/lintian" 2>&1 || {
        fail "lintian" && grep '^E' "$scratch/lintian" >&2
    }
else
    echo "no lintian: the package was not looked at"
fi

# The sources as they are committed; a tree that is none of git has no archive to make.
if git -C "$WANN_SOURCE" rev-parse HEAD >/dev/null 2>&1; then
    make -s -C "$WANN_SOURCE" dist DIST="$scratch/dist" >"$scratch/log" 2>&1 ||
        { fail "make dist" && cat "$scratch/log" >&2; }
    archive=$(find "$scratch/dist" -name 'wann-*.tar.gz')
    tar -tzf "$archive" >"$scratch/list" || fail "no archive"
    grep -q '^wann-[0-9.]*/CMakeLists.txt$' "$scratch/list" || fail "it has no folder of its own"
    tar -xzf "$archive" -C "$scratch"
    cmake -S "$scratch"/wann-*/ -B "$scratch/from-dist" -DCMAKE_C_COMPILER="$CC" >"$scratch/log" 2>&1 ||
        { fail "the archive cannot be configured" && cat "$scratch/log" >&2; }
fi
finish
