/* A small sans-serif font made of strokes, drawn for this project, and the measuring of text. */
#include "runtime/draw/font.h"

#include <string.h>

/* A glyph is a list of points "xy", digits of base 36. Strokes are separated by a blank. A point
 * after '~' is a control point of a quadratic curve; between two of them, the middle is on the
 * curve, as in TrueType outlines.
 * y: 0 top of capitals, 4 top of small letters, e baseline, i descender. */
static const char *const ascii_glyphs[] = {
    /*   */ "",
    /* ! */ "0009 0e0e",
    /* " */ "0004 3034",
    /* # */ "311d 715d 0585 0989",
    /* $ */ "83~7141~0104~0647~888a~8d4d~1d0b 404f",
    /* % */ "900e 02~00~4042~44~0402 5c~5a~9a9c~9e~5e5c",
    /* & */ "9e13~1040~7073~7537~090b~0e4e~8e98",
    /* ' */ "0004",
    /* ( */ "30~0308~0d3h",
    /* ) */ "00~3338~3d0h",
    /* * */ "3036 0165 6105",
    /* + */ "444c 0888",
    /* , */ "1d1e0g",
    /* - */ "0959",
    /* . */ "0e0e",
    /* / */ "500f",
    /* 0 */ "07~00~8087~8e~0e07",
    /* 1 */ "13404e",
    /* 2 */ "04~0040~8084~87590e8e",
    /* 3 */ "02~1040~7073~7646~868a~8e4e~1e0c",
    /* 4 */ "6e600a8a",
    /* 5 */ "701006~2545~858a~8e4e~1e0c",
    /* 6 */ "71~6050~0009~0e4e~8e8a~8545~050a",
    /* 7 */ "00803e",
    /* 8 */ "46~1613~1040~7073~7646~060a~0e4e~8e8a~8646",
    /* 9 */ "1d~2e3e~8e85~8040~0004~0949~8984",
    /* : */ "0606 0e0e",
    /* ; */ "1616 1d1e0g",
    /* < */ "74087c",
    /* = */ "0686 0a8a",
    /* > */ "04780c",
    /* ? */ "03~0040~8083~86474a 4e4e",
    /* @ */ "9d~7e5e~0e07~0060~c0c7~caaa~8a8884 87~8464~3437~3a6a~8a87",
    /* A */ "0e50ae 2989",
    /* B */ "0e0050~8083~8656 0656~969a~9e5e0e",
    /* C */ "93~8050~0007~0e5e~8e9b",
    /* D */ "0e0040~a0a7~ae4e0e",
    /* E */ "80000e8e 0676",
    /* F */ "80000e 0676",
    /* G */ "93~8050~0007~0e5e~aea9a868",
    /* H */ "000e 909e 0696",
    /* I */ "000e",
    /* J */ "606a~6e3e~0e0a",
    /* K */ "000e 8008 359e",
    /* L */ "000e7e",
    /* M */ "0e005ba0ae",
    /* N */ "0e009e90",
    /* O */ "07~00~a0a7~ae~0e07",
    /* P */ "0e0050~9094~985808",
    /* Q */ "07~00~a0a7~ae~0e07 6aaf",
    /* R */ "0e0050~9094~985808 489e",
    /* S */ "83~7040~0004~0647~989a~9e5e~1e0b",
    /* T */ "00a0 505e",
    /* U */ "0009~0e5e~aea9a0",
    /* V */ "005ea0",
    /* W */ "003e72bee0",
    /* X */ "009e 900e",
    /* Y */ "0057a0 575e",
    /* Z */ "00900e9e",
    /* [ */ "30000h3h",
    /* \ */ "005f",
    /* ] */ "00303h0h",
    /* ^ */ "053065",
    /* _ */ "0f8f",
    /* ` */ "0022",
    /* a */ "06~1434~74777e 7838~080b~0e3e~7e7b",
    /* b */ "000e 09~0444~8489~8e4e~0e09",
    /* c */ "76~6444~0409~0e4e~6e7c",
    /* d */ "808e 89~8444~0409~0e4e~8e89",
    /* e */ "0989~8444~0409~0e4e~7e8c",
    /* f */ "50~20242e 0454",
    /* g */ "848e~8i4i~1i0h 89~8444~0409~0e4e~8e89",
    /* h */ "000e 08~0444~74787e",
    /* i */ "040e 0101",
    /* j */ "242f~2i0i 2121",
    /* k */ "000e 640a 387e",
    /* l */ "000e",
    /* m */ "040e 08~0434~64686e 68~6494~c4c8ce",
    /* n */ "040e 08~0444~74787e",
    /* o */ "09~04~8489~8e~0e09",
    /* p */ "040i 09~0444~8489~8e4e~0e09",
    /* q */ "848i 89~8444~0409~0e4e~8e89",
    /* r */ "040e 08~0444",
    /* s */ "66~5434~0406~0839~797b~7e4e~1e0c",
    /* t */ "212b~2e5e 0454",
    /* u */ "040a~0e4e~7e7a 747e",
    /* v */ "044e84",
    /* w */ "043e669ec4",
    /* x */ "047e 740e",
    /* y */ "044e 843g~2i0i",
    /* z */ "04740e7e",
    /* { */ "40~2024~2808~282c~2h4h",
    /* | */ "000h",
    /* } */ "00~2024~2848~282c~2h0h",
    /* ~ */ "09~1648~7a87",
};
_Static_assert(sizeof ascii_glyphs / sizeof *ascii_glyphs == 95,
               "printable ASCII has 95 characters");

static const char ellipsis_glyph[] = "0e0e 4e4e 8e8e";
static const char plus_minus_glyph[] = "414b 0686 0e8e";
static const char unknown_glyph[] = "00808e0e00";

/* Letters of U+00C0 to U+00FF without their accents. */
static const char latin_letters[] = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYPs"
                                    "aaaaaaaceeeeiiiidnooooo/ouuuuypy";
_Static_assert(sizeof latin_letters == 65, "64 letters");

enum { SIDE_BEARING = 2, BLANK_ADVANCE = 5, REPLACEMENT = 0xfffd };

uint32_t wn_utf8_decode(const char *text, size_t *length) {
    const size_t n = wn_utf8_length(text, strlen(text));
    *length = n > 0 ? n : 1;
    const unsigned char *p = (const unsigned char *)text;
    switch (n) {
    case 1:
        return p[0];
    case 2:
        return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
    case 3:
        return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    case 4:
        return (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
    }
    return REPLACEMENT;
}

static bool is_combining(uint32_t c) {
    return (c >= 0x300 && c < 0x370) || (c >= 0x20d0 && c < 0x2100);
}

/* NULL: no shape. */
static const char *glyph(uint32_t c) {
    if (c >= 0xc0 && c < 0x100)
        c = (unsigned char)latin_letters[c - 0xc0];
    if (c >= 0x20 && c < 0x7f)
        return ascii_glyphs[c - 0x20];
    if (c == 0xb1)
        return plus_minus_glyph;
    if (c == 0x2026)
        return ellipsis_glyph;
    return is_combining(c) || c == 0xa0 ? "" : NULL;
}

bool wn_glyph_known(uint32_t character) {
    return glyph(character) != NULL;
}

static int grid(char digit) {
    return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

double wn_glyph_advance(uint32_t character) {
    const char *p = glyph(character);
    if (is_combining(character))
        return 0;
    if (!p) /* the scripts from Hangul on are mostly as wide as high */
        return character >= 0x1100 ? WN_FONT_EM : 0.6 * WN_FONT_EM;
    if (!*p)
        return BLANK_ADVANCE;
    int right = 0;
    while (*p) {
        p += *p == ' ' || *p == '~';
        if (*p == '~')
            p++;
        if (grid(*p) > right)
            right = grid(*p);
        p += 2;
    }
    return right + 2 * SIDE_BEARING;
}

static wn_point middle(wn_point a, wn_point b) {
    return (wn_point){(a.x + b.x) / 2, (a.y + b.y) / 2};
}

void wn_glyph_strokes(uint32_t character, wn_point origin, double unit,
                      void (*curve)(void *ctx, const wn_point q[3]), void *ctx) {
    const char *p = glyph(character);
    wn_point at = origin, control = origin;
    bool pen_down = false, has_control = false;
    for (p = p ? p : unknown_glyph; *p; p += 2) {
        if (*p == ' ') {
            pen_down = false;
            p++;
        }
        const bool is_control = *p == '~';
        p += is_control;
        const wn_point next = {origin.x + unit * (SIDE_BEARING + grid(p[0])),
                               origin.y + unit * (grid(p[1]) - WN_FONT_ASCENT)};
        if (pen_down && (has_control || !is_control)) {
            const wn_point end = is_control ? middle(control, next) : next;
            const wn_point q[3] = {at, has_control ? control : middle(at, end), end};
            curve(ctx, q);
            at = end;
        } else if (!pen_down) {
            at = next;
        }
        pen_down = true;
        has_control = is_control;
        control = next;
    }
}

double wn_text_width(const char *text, double size) {
    double units = 0;
    for (size_t n; *text; text += n)
        units += wn_glyph_advance(wn_utf8_decode(text, &n));
    return units * size / WN_FONT_EM;
}

/* Controls, line separators, and what is invisible or turns the direction of writing; the last two
 * code points of a plane are no characters and may not stand in XML. */
static bool is_unprintable(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfdd0 && c <= 0xfdef) ||
           (c & 0xfffe) == 0xfffe;
}

void wn_text_fit(wn_buf *out, const char *text, double size, double width) {
    enum { MAX_COMBINING = 4 }; /* on one letter; more of them would pile up over the picture */
    const double room = width * WN_FONT_EM / size, ellipsis = wn_glyph_advance(0x2026);
    const size_t start = out->length;
    size_t cut = start; /* how much of the text leaves room for the ellipsis */
    double units = 0;
    int combining = 0;
    for (size_t n; *text; text += n) {
        const uint32_t c = wn_utf8_decode(text, &n);
        const bool replaced = is_unprintable(c) || (c == REPLACEMENT && n == 1);
        combining = is_combining(c) ? combining + 1 : 0;
        if (combining > MAX_COMBINING)
            continue;
        if (units + ellipsis <= room)
            cut = out->length;
        units += wn_glyph_advance(replaced ? REPLACEMENT : c);
        if (units > room) {
            if (!out->failed)
                out->length = cut;
            wn_buf_text(out, "\xe2\x80\xa6");
            return;
        }
        wn_buf_bytes(out, replaced ? "\xef\xbf\xbd" : text, replaced ? 3 : n);
    }
}
