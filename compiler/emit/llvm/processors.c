/* The processors that LLVM 19 knows. Its interface takes any name: of one that it does not know it
 * complains by a line on standard error, to go on with another; with one of 32 bits for a machine
 * of 64 it ends the process. The lists are those of what `llc-19 -mtriple=... -mcpu=help` prints
 * that can be compiled for; a test compares them. */
#include <string.h>

#include "compiler/emit/llvm/llvm.h"
#include "runtime/base/diag.h"
#include "runtime/base/nearest.h"

static const char *const x86_64[] = {"alderlake",
                                     "amdfam10",
                                     "arrowlake",
                                     "arrowlake-s",
                                     "arrowlake_s",
                                     "athlon-fx",
                                     "athlon64",
                                     "athlon64-sse3",
                                     "atom",
                                     "atom_sse4_2",
                                     "atom_sse4_2_movbe",
                                     "barcelona",
                                     "bdver1",
                                     "bdver2",
                                     "bdver3",
                                     "bdver4",
                                     "bonnell",
                                     "broadwell",
                                     "btver1",
                                     "btver2",
                                     "cannonlake",
                                     "cascadelake",
                                     "clearwaterforest",
                                     "cooperlake",
                                     "core-avx-i",
                                     "core-avx2",
                                     "core2",
                                     "core_2_duo_sse4_1",
                                     "core_2_duo_ssse3",
                                     "core_2nd_gen_avx",
                                     "core_3rd_gen_avx",
                                     "core_4th_gen_avx",
                                     "core_4th_gen_avx_tsx",
                                     "core_5th_gen_avx",
                                     "core_5th_gen_avx_tsx",
                                     "core_aes_pclmulqdq",
                                     "core_i7_sse4_2",
                                     "corei7",
                                     "corei7-avx",
                                     "emeraldrapids",
                                     "generic",
                                     "goldmont",
                                     "goldmont-plus",
                                     "goldmont_plus",
                                     "gracemont",
                                     "grandridge",
                                     "graniterapids",
                                     "graniterapids-d",
                                     "graniterapids_d",
                                     "haswell",
                                     "icelake-client",
                                     "icelake-server",
                                     "icelake_client",
                                     "icelake_server",
                                     "ivybridge",
                                     "k8",
                                     "k8-sse3",
                                     "knl",
                                     "knm",
                                     "lunarlake",
                                     "meteorlake",
                                     "mic_avx512",
                                     "nehalem",
                                     "nocona",
                                     "opteron",
                                     "opteron-sse3",
                                     "pantherlake",
                                     "penryn",
                                     "raptorlake",
                                     "rocketlake",
                                     "sandybridge",
                                     "sapphirerapids",
                                     "sierraforest",
                                     "silvermont",
                                     "skx",
                                     "skylake",
                                     "skylake-avx512",
                                     "skylake_avx512",
                                     "slm",
                                     "tigerlake",
                                     "tremont",
                                     "westmere",
                                     "x86-64",
                                     "x86-64-v2",
                                     "x86-64-v3",
                                     "x86-64-v4",
                                     "znver1",
                                     "znver2",
                                     "znver3",
                                     "znver4",
                                     "znver5"};

static const char *const x86_32_only[] = {"athlon",
                                          "athlon-4",
                                          "athlon-mp",
                                          "athlon-tbird",
                                          "athlon-xp",
                                          "c3",
                                          "c3-2",
                                          "geode",
                                          "i386",
                                          "i486",
                                          "i586",
                                          "i686",
                                          "k6",
                                          "k6-2",
                                          "k6-3",
                                          "lakemont",
                                          "pentium",
                                          "pentium-m",
                                          "pentium-mmx",
                                          "pentium2",
                                          "pentium3",
                                          "pentium3m",
                                          "pentium4",
                                          "pentium4m",
                                          "pentium_4",
                                          "pentium_4_sse3",
                                          "pentium_ii",
                                          "pentium_iii",
                                          "pentium_iii_no_xmm_regs",
                                          "pentium_m",
                                          "pentium_mmx",
                                          "pentium_pro",
                                          "pentiumpro",
                                          "prescott",
                                          "winchip-c6",
                                          "winchip2",
                                          "yonah"};

static const char *const aarch64[] = {
    "a64fx",        "ampere1",       "ampere1a",     "ampere1b",        "apple-a10",
    "apple-a11",    "apple-a12",     "apple-a13",    "apple-a14",       "apple-a15",
    "apple-a16",    "apple-a17",     "apple-a7",     "apple-m4",        "carmel",
    "cortex-a34",   "cortex-a35",    "cortex-a510",  "cortex-a520",     "cortex-a520ae",
    "cortex-a53",   "cortex-a55",    "cortex-a57",   "cortex-a65",      "cortex-a65ae",
    "cortex-a710",  "cortex-a715",   "cortex-a72",   "cortex-a720",     "cortex-a720ae",
    "cortex-a725",  "cortex-a73",    "cortex-a75",   "cortex-a76",      "cortex-a76ae",
    "cortex-a77",   "cortex-a78",    "cortex-a78ae", "cortex-a78c",     "cortex-r82",
    "cortex-r82ae", "cortex-x1",     "cortex-x1c",   "cortex-x2",       "cortex-x3",
    "cortex-x4",    "cortex-x925",   "exynos-m3",    "exynos-m4",       "exynos-m5",
    "falkor",       "generic",       "kryo",         "neoverse-512tvb", "neoverse-e1",
    "neoverse-n1",  "neoverse-n2",   "neoverse-n3",  "neoverse-v1",     "neoverse-v2",
    "neoverse-v3",  "neoverse-v3ae", "oryon-1",      "saphira",         "thunderx",
    "thunderx2t99", "thunderx3t110", "thunderxt81",  "thunderxt83",     "thunderxt88",
    "tsv110"};

static const char *const arm[] = {
    "arm1020e",      "arm1020t",       "arm1022e",    "arm10e",       "arm10tdmi",
    "arm1136j-s",    "arm1136jf-s",    "arm1156t2-s", "arm1156t2f-s", "arm1176jz-s",
    "arm1176jzf-s",  "arm710t",        "arm720t",     "arm7tdmi",     "arm7tdmi-s",
    "arm8",          "arm810",         "arm9",        "arm920",       "arm920t",
    "arm922t",       "arm926ej-s",     "arm940t",     "arm946e-s",    "arm966e-s",
    "arm968e-s",     "arm9e",          "arm9tdmi",    "cortex-a12",   "cortex-a15",
    "cortex-a17",    "cortex-a32",     "cortex-a35",  "cortex-a5",    "cortex-a53",
    "cortex-a55",    "cortex-a57",     "cortex-a7",   "cortex-a710",  "cortex-a72",
    "cortex-a73",    "cortex-a75",     "cortex-a76",  "cortex-a76ae", "cortex-a77",
    "cortex-a78",    "cortex-a78ae",   "cortex-a78c", "cortex-a8",    "cortex-a9",
    "cortex-m0",     "cortex-m0plus",  "cortex-m1",   "cortex-m23",   "cortex-m3",
    "cortex-m33",    "cortex-m35p",    "cortex-m4",   "cortex-m52",   "cortex-m55",
    "cortex-m7",     "cortex-m85",     "cortex-r4",   "cortex-r4f",   "cortex-r5",
    "cortex-r52",    "cortex-r52plus", "cortex-r7",   "cortex-r8",    "cortex-x1",
    "cortex-x1c",    "cyclone",        "ep9312",      "exynos-m3",    "exynos-m4",
    "exynos-m5",     "generic",        "iwmmxt",      "krait",        "kryo",
    "mpcore",        "mpcorenovfp",    "neoverse-n1", "neoverse-n2",  "neoverse-v1",
    "sc000",         "sc300",          "strongarm",   "strongarm110", "strongarm1100",
    "strongarm1110", "swift",          "xscale"};

static const char *const riscv64[] = {
    "generic",      "generic-rv64",        "rocket-rv64", "sifive-p450",
    "sifive-p670",  "sifive-s21",          "sifive-s51",  "sifive-s54",
    "sifive-s76",   "sifive-u54",          "sifive-u74",  "sifive-x280",
    "spacemit-x60", "syntacore-scr3-rv64", "veyron-v1",   "xiangshan-nanhu"};

static const char *const riscv32[] = {
    "generic",    "generic-rv32",        "rocket-rv32",        "sifive-e20",
    "sifive-e21", "sifive-e24",          "sifive-e31",         "sifive-e34",
    "sifive-e76", "syntacore-scr1-base", "syntacore-scr1-max", "syntacore-scr3-rv32"};

static const char *const wasm[] = {"bleeding-edge", "generic", "mvp"};

/* Of those for RISC-V with 64 bits: without registers for floating point, which arguments then
 * cannot be in. */
static const char *const riscv64_integer[] = {"generic",    "generic-rv64", "rocket-rv64",
                                              "sifive-s21", "sifive-s51",   "syntacore-scr3-rv64"};

typedef struct machine {
    const char *start; /* of its triples */
    const char *const *names;
    size_t n;
} machine;

static const machine machines[] = {
#define MACHINE(start, list)                                                                       \
    { start, list, sizeof(list) / sizeof *(list) }
    MACHINE("x86_64", x86_64),   MACHINE("i386", x86_64),      MACHINE("i386", x86_32_only),
    MACHINE("i686", x86_64),     MACHINE("i686", x86_32_only), MACHINE("aarch64", aarch64),
    MACHINE("arm64", aarch64),   MACHINE("arm", arm),          MACHINE("thumb", arm),
    MACHINE("riscv64", riscv64), MACHINE("riscv32", riscv32),  MACHINE("wasm", wasm),
#undef MACHINE
};
enum { MACHINES = sizeof machines / sizeof *machines };

/* "arm64" is of aarch64, which has the longer start. */
static bool is_of(const char *triple, const machine *m) {
    const bool other = strncmp(triple, "arm64", 5) == 0 && m->names == arm;
    return !other && strncmp(triple, m->start, strlen(m->start)) == 0;
}

static bool is_one_of(const char *name, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

bool wn_llvm_integer_only(const char *triple, const char *cpu) {
    return strncmp(triple, "riscv64", 7) == 0 &&
           is_one_of(cpu, riscv64_integer, sizeof riscv64_integer / sizeof *riscv64_integer);
}

wann_status wn_llvm_check_processor(const char *triple, const char *cpu, wann_diag *diag) {
    const char *nearest = NULL;
    bool listed = false;
    for (const machine *m = machines; m < machines + MACHINES; m++) {
        if (!is_of(triple, m))
            continue;
        if (is_one_of(cpu, m->names, m->n))
            return WANN_OK;
        const char *near = wn_nearest(cpu, m->names, m->n);
        nearest = near ? near : nearest;
        listed = true;
    }
    if (!listed)
        return WANN_OK;
    return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0, "LLVM knows no processor '%s' of '%s'%s%s%s",
                   cpu, triple, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                   nearest ? "'?" : "");
}
