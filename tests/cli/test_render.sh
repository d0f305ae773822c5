#!/usr/bin/env bash
# wann render: films of episodes, files of their frames, and sheets of samples.
. "$(dirname "$0")/cli.sh"
cp "$WANN_SOURCE/examples/champions/cartpole.json" champion.json
"$wann" --version | grep -q '^built with:.*PNG' || skip "this build has no PNG"

# render: a frame every four steps and the last, each chunk of which is whole.
expect 0 "$wann" render champion.json --max-steps 42 -o film.png
says stdout "film.png: 12 frames, 42 steps, reward $(sed -E 's/.*reward //' stdout)"
expect 0 "$wann" render champion.json --max-steps 42 -o again.png --json
cmp -s film.png again.png || fail "two films of the same episode differ"
if command -v python3 >/dev/null; then
    python3 - film.png <<'END' || fail "film.png is no animated PNG"
import struct, sys, zlib
data, at, frames, order, pixels = open(sys.argv[1], "rb").read(), 8, 0, [], [b""]
while at < len(data):
    length, kind = struct.unpack(">I4s", data[at:at + 8])
    body = data[at + 8:at + 8 + length]
    assert struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(kind + body)
    if kind == b"IHDR":
        width, height = struct.unpack(">II", body[:8])
    if kind == b"acTL":
        frames = struct.unpack(">I", body[:4])[0]
    if kind in (b"fcTL", b"fdAT"):
        order.append(struct.unpack(">I", body[:4])[0])
    if kind == b"fcTL":
        pixels.append(b"")
    if kind in (b"IDAT", b"fdAT"):
        pixels[-1] += body[4 if kind == b"fdAT" else 0:]
    at += 12 + length
assert kind == b"IEND" and frames == 12 == len(pixels) - 1 and order == list(range(len(order)))
pictures = [zlib.decompress(p) for p in pixels[1:]]
assert all(len(p) == height * (1 + 4 * width) for p in pictures) and len(set(pictures)) == 12
END
fi
expect 2 "$wann" render champion.json -o film.gif
one_error "expected -o FILE.png"
expect 1 "$wann" render champion.json --weight 1e300 -o bad.png
one_error "action 0 is nan"
[ ! -e bad.png ] || fail "a failure left bad.png"

# Files of the frames: numbered from 1, each a picture, the last one as the film's.
expect 0 "$wann" render champion.json --max-steps 42 -o 'frame-%03d.png'
says stdout "frame-%03d.png: 12 frames, 42 steps, reward $(sed -E 's/.*reward //' stdout)"
[ "$(echo frame-*.png)" = "$(printf 'frame-%03d.png ' $(seq 12) | sed 's/ $//')" ] || fail "frames: $(ls)"
expect 0 "$wann" render champion.json --max-steps 1 -o '100%-%d.png' --quiet
[ -e 100%-1.png ] && [ -e 100%-2.png ] || fail "frames of a name with a % in it: $(ls)"
expect 1 "$wann" render champion.json --weight 1e300 -o 'wrong-%d.png'
[ ! -e wrong-1.png ] || fail "an episode that goes wrong left frames"
expect 1 "$wann" render champion.json --max-steps 8 -o 'missing/%d.png'
one_error "missing/1.png: error: cannot"

# Sheets: four pictures of four pixels, one of which the network takes for another.
cat >squares.c <<'END'
#include "wann/env.h"
#ifndef WIDTH
#define WIDTH 2
#endif
static const double input[16] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0.75, 0.5};
static const uint32_t label[4] = {0, 1, 2, 3};
static const char *const names[4] = {"nw", "ne", "sw", "se"};
static int world;
static int create(const char *const *options, void **made, wann_env_error *error) {
    (void)options, (void)error;
    *made = &world;
    return 0;
}
static void destroy(void *made) {
    (void)made;
}
static int samples(void *made, wann_split split, wann_samples *s, wann_env_error *error) {
    (void)made, (void)split, (void)error;
    *s = (wann_samples){4, 4, 4, input, label, WIDTH, WIDTH};
    return 0;
}
WANN_API const wann_env_type wann_env_plugin = {
    .abi = WANN_ENV_ABI, .size = sizeof(wann_env_type), .name = "squares", .summary = "four pixels",
    .observations = 4, .actions = 4, .action_names = names, .create = create, .destroy = destroy,
    .samples = samples};
END
cat >squares.json <<'END'
{"format": "wann-network", "version": 1, "name": "<eye> of the beholder",
 "nodes": [{"id": 0, "type": "input"}, {"id": 1, "type": "input"}, {"id": 2, "type": "input"}, {"id": 3, "type": "input"},
  {"id": 4, "type": "output", "activation": "linear"}, {"id": 5, "type": "output", "activation": "linear"},
  {"id": 6, "type": "output", "activation": "linear"}, {"id": 7, "type": "output", "activation": "linear"}],
 "connections": [{"from": 0, "to": 4, "weight": 1}, {"from": 1, "to": 5, "weight": 1}, {"from": 2, "to": 6, "weight": 1}, {"from": 3, "to": 7, "weight": 2}]}
END
plugin() {
    "$CC" -std=c99 -O1 -shared -fPIC "$@" -I"$WANN_SOURCE/include" squares.c 2>log ||
        fail "squares.c does not compile: $(cat log)"
}
plugin -o squares.so
expect 0 "$wann" render squares.json --task ./squares.so --weight 3 -o wrong.png --json
[ "$(sed -E 's/, "loss".*//' stdout)" = '{"output": "wrong.png", "samples": 4, "right": 3, "accuracy": 0.75' ] ||
    fail "sheet: $(cat stdout)"
expect 0 "$wann" render squares.json --task ./squares.so --tuned -o right.png
says stdout "right.png: 4 samples, 4 right; of all 100.00 %"
expect 0 "$wann" render squares.json --task ./squares.so --weight 3 --width 1288 --samples 3 --seed 1 -o wide.png --quiet
[ ! -s stdout ] || fail "--quiet says $(cat stdout)"
if command -v python3 >/dev/null; then
    python3 - <<'END' || fail "the sheets do not show what they should"
import struct, zlib

def pixels(name):
    """The rows of a PNG of 8-bit RGB: lists of bytes, filters undone (PNG, section 9)."""
    data, at, packed = open(name, "rb").read(), 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height = struct.unpack(">II", body[:8])
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    raw, before, rows = zlib.decompress(packed), [0] * 3 * width, []
    for y in range(height):
        method, row = raw[y * (3 * width + 1)], list(raw[y * (3 * width + 1) + 1:(y + 1) * (3 * width + 1)])
        for i in range(3 * width):
            a, b, c = row[i - 3] if i > 2 else 0, before[i], before[i - 3] if i > 2 else 0
            paeth = min((a, b, c), key=lambda v: abs(a + b - c - v))
            row[i] = (row[i] + (0, a, b, (a + b) // 2, paeth)[method]) & 255
        rows.append(row)
        before = row
    return width, [[tuple(row[3 * x:3 * x + 3]) for x in range(width)] for row in rows]

RED, INK, BLANK = (0xc6, 0x28, 0x28), (0x15, 0x18, 0x1d), (0xee, 0xf1, 0xf4)
def count(rows, colour):
    return sum(row.count(colour) for row in rows)

width, wrong = pixels("wrong.png")
_, right = pixels("right.png")
assert count(wrong, RED) > 2 * 4 * 72 * 0.9 and count(right, RED) == 0
# Cells of 72 by 72; each of the first three samples has one dark quarter and three blank ones.
for rows in (wrong, right):
    assert 3 * 36 * 36 < count(rows, INK) < 4 * 36 * 36, count(rows, INK)
assert abs(count(right, BLANK) - (3 * 3 + 2) * 36 * 36) < 100, count(right, BLANK)
wide, rows = pixels("wide.png")
assert wide == 1288 and count(rows, BLANK) > 6 * 80 * 80
END
fi
plugin -DWIDTH=0 -o rows.so
expect 1 "$wann" render squares.json --task ./rows.so --weight 3 -o rows.png
one_error "the samples of task squares are no pictures"
plugin -DWIDTH=3 -o odd.so
expect 1 "$wann" render squares.json --task ./odd.so --weight 3 -o odd.png
one_error "pictures of 3 x 3 pixels do not have 4 inputs"
expect 1 "$wann" render squares.json --task ./squares.so --tuned-from missing -o odd.png
expect 2 "$wann" render squares.json --task ./squares.so --samples 0 -o odd.png
one_error "--samples 0: expected a number from 1 to 1000"
[ ! -e odd.png ] && [ ! -e rows.png ] || fail "a failure left a picture"
finish
