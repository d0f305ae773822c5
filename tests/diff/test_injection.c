/* Hostile names: whatever a file calls its network, inputs and outputs, generated text stays what
 * it is, compiles without a warning, defines nothing else, and gives the names back byte for byte.
 */
#include <dlfcn.h>
#include <unistd.h>

#include "diff/compilers.h"
#include "runtime/base/escape.h"
#include "runtime/base/proc.h"
#include "runtime/net/net.h"
#include "support/test.h"
#include "wann/compile.h"

static const char *const hostile[] = {
    "plain", /* what the others are compared with */
    "*/ int main(){",
    "/* // /*",
    "\"; system(\"x\"); \"",
    "line\nbreak",
    "\r\n#error here\r\n",
    "?"
    "?/",
    "?"
    "?/\n?"
    "?' what?"
    "?!",
    "ends with a backslash\\",
    "\\\n\\",
    "%s%n%d%%",
    "</script><script>alert(1)</script>",
    "]]>--><!-- &lt; &#0; '",
    "@name@",
    "@",
    "@@ @banner@ @no_such_slot@",
    "\xe2\x80\xae"
    "evil"
    "\xe2\x80\xac"
    "\xe2\x81\xa6",
    "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80\xef\xbb\xbf",
    "\xef\xbf\xbe\xef\xbf\xbf\xc2\x85\xe2\x80\xa8",
    "\x01\x02\t\x1b[31m\x7f",
    "#include </etc/passwd>",
    "R\"(x)\" L\"y\" u8'",
    "$(touch owned) `touch owned` ; touch owned",
    "in 12345678901234567890123456789012345678901234567890",
    "1e5",
    "tanh",
    "",
    "\\N\\G\\l",
    "0\\x41\\101",
};
enum { HOSTILE = sizeof hostile / sizeof *hostile };

static void put_string(wn_buf *out, const char *text) {
    wn_buf_char(out, '"');
    wn_escape(out, WN_ESCAPE_JSON, text);
    wn_buf_char(out, '"');
}

/* A network all of whose texts are the same. */
static wn_net *name_all(const char *text) {
    wn_buf json = {0};
    wann_diag diag = {0};
    wn_net *net = NULL;
    wn_buf_text(&json, "{\"format\": \"wann-network\", \"version\": 1, \"name\": ");
    put_string(&json, text);
    wn_buf_text(&json, ", \"inputs\": [");
    put_string(&json, text);
    wn_buf_text(&json, ", \"b\"], \"outputs\": [");
    put_string(&json, text);
    wn_buf_text(&json, ", \"d\"], \"action\": \"softmax\", \"provenance\": {\"task\": ");
    put_string(&json, text);
    wn_buf_text(
        &json,
        "}, \"nodes\": [{\"id\": 0, \"type\": \"bias\"}, {\"id\": 1, \"type\": \"input\"},"
        " {\"id\": 2, \"type\": \"input\"}, {\"id\": -5, \"type\": \"hidden\", \"activation\": "
        "\"tanh\"},"
        " {\"id\": 9007199254740991, \"type\": \"output\", \"activation\": \"sin\"},"
        " {\"id\": -9007199254740991, \"type\": \"output\", \"activation\": \"linear\"}],"
        " \"connections\": [{\"from\": 1, \"to\": -5}, {\"from\": 2, \"to\": -5},"
        " {\"from\": 1, \"to\": 9007199254740991}, {\"from\": -5, \"to\": 9007199254740991},"
        " {\"from\": -5, \"to\": -9007199254740991}, {\"from\": 0, \"to\": -9007199254740991}]}");
    const wann_status status =
        wann_net_read_memory(json.data, json.length, "hostile.json", NULL, &net, NULL, &diag);
    CHECK_MSG(status == WANN_OK, "%d:%d: %s", diag.line, diag.column, diag.text);
    wn_buf_free(&json);
    return net;
}

static char *emit(const wn_net *net, const char *name, const char *text, wann_kind kind,
                  char **header) {
    wann_compile_options options = wann_compile_defaults();
    options.name = name;
    options.source = text;
    options.command = text;
    options.batch = options.ensemble = true;
    char *out = NULL;
    wann_diag diag = {0};
    CHECK_MSG(wann_compile_text(net, &options, kind, &out, header, &diag) == WANN_OK, "%s",
              diag.text);
    return out;
}

static const diff_compiler strict[] = {
    {"gcc",
     {"gcc", "-std=c99", "-O1", "-Wall", "-Wextra", "-Wtrigraphs", "-Wcomment", "-Wconversion",
      "-Wpedantic", "-Werror"},
     1},
    {"clang",
     {"clang", "-std=c99", "-O1", "-Wall", "-Wextra", "-Wtrigraphs", "-Wcomment", "-Wconversion",
      "-Wpedantic", "-Werror"},
     1},
    {"g++",
     {"g++", "-x", "c++", "-O1", "-Wall", "-Wextra", "-Wtrigraphs", "-Wcomment", "-Werror"},
     1},
};

static void compare_names(void *library, const char *prefix, const char *text) {
    char symbol[64];
    const char *const *names = NULL;
    snprintf(symbol, sizeof symbol, "%s_input_names", prefix);
    names = dlsym(library, symbol);
    CHECK_TEXT(names ? names[0] : NULL, text);
    CHECK_TEXT(names ? names[1] : NULL, "b");
    snprintf(symbol, sizeof symbol, "%s_output_names", prefix);
    names = dlsym(library, symbol);
    CHECK_TEXT(names ? names[0] : NULL, text);
    CHECK_TEXT(names ? names[1] : NULL, "d");
}

/* All of them in one file, each as a file and its header and as a single header. */
static void names_are_strings(void) {
    wn_buf all = {0};
    char prefix[32];
    for (size_t i = 0; i < HOSTILE; i++) {
        wn_net *net = name_all(hostile[i]);
        for (int single = 0; net && single < 2; single++) {
            char *header = NULL;
            snprintf(prefix, sizeof prefix, "policy%zu%s", i, single ? "s" : "");
            char *text = emit(net, prefix, hostile[i], single ? WANN_KIND_HEADER : WANN_KIND_C,
                              single ? NULL : &header);
            if (single)
                wn_buf_print(&all, "#define POLICY%zuS_IMPLEMENTATION\n", i);
            wn_buf_print(&all, "%s\n%s\n%s", header ? header : "", text ? text : "",
                         diff_separator);
            wann_free(header);
            wann_free(text);
        }
        wann_net_destroy(net);
    }
    for (size_t c = 0; c < sizeof strict / sizeof *strict; c++) {
        if (!diff_compiler_present(&strict[c]))
            continue;
        void *library = diff_load(&strict[c], "injection", all.data);
        CHECK_MSG(library, "%s refuses it", strict[c].label);
        for (size_t i = 0; library && i < 2 * HOSTILE; i++) {
            snprintf(prefix, sizeof prefix, "policy%zu%s", i / 2, i % 2 ? "s" : "");
            compare_names(library, prefix, hostile[i / 2]);
        }
        if (library)
            dlclose(library);
    }
    wn_buf_free(&all);
}

/* What nm prints of an object: each symbol that it defines has the prefix, and the C library is
 * asked for nothing. */
static void check_symbols(const char *object, const char *of) {
    const char *const argv[] = {"nm", "-g", "-P", object, NULL};
    char *out = NULL;
    int code = 1;
    CHECK(wn_proc_run(argv, NULL, &out, NULL, &code, NULL) == WANN_OK && code == 0);
    size_t defined = 0;
    for (char *line = out, *next; line && *line; line = next) {
        next = line + strcspn(line, "\n");
        next += *next == '\n';
        char name[256], type;
        if (sscanf(line, "%255s %c", name, &type) != 2)
            continue;
        const bool ours = strncmp(name, "policy", 6) == 0;
        const bool linker =
            type == 'U' && (strcmp(name, "_GLOBAL_OFFSET_TABLE_") == 0 ||
                            strncmp(name, "__cpu_", 6) == 0); /* of gcc: which machine */
        CHECK_MSG(ours || linker, "%s: symbol %s (%c)", of, name, type);
        defined += ours;
    }
    CHECK(defined >= 6);
    wann_free(out);
}

static void symbols_are_the_prefix(void) {
    for (size_t i = 0; i < HOSTILE; i++) {
        wn_net *net = name_all(hostile[i]);
        char *text = emit(net, "policy", hostile[i], WANN_KIND_C, NULL);
        FILE *file = fopen("injection-symbols.c", "w");
        CHECK(file && text && fputs(text, file) >= 0);
        CHECK(file && fclose(file) == 0);
        const char *const argv[] = {
            "gcc", "-std=c99", "-O1", "-c", "injection-symbols.c", "-o", "injection-symbols.o",
            NULL};
        int code = 1;
        if (diff_compiler_present(&strict[0])) {
            CHECK(wn_proc_run(argv, NULL, NULL, NULL, &code, NULL) == WANN_OK && code == 0);
            check_symbols("injection-symbols.o", hostile[i]);
        }
        CHECK(access("owned", F_OK) != 0);
        wann_free(text);
        wann_net_destroy(net);
    }
    unlink("injection-symbols.c");
    unlink("injection-symbols.o");
}

/* As RFC 4180 writes a field. */
static void put_field(wn_buf *out, const char *text) {
    if (!text[strcspn(text, "\",\r\n")]) {
        wn_buf_text(out, text);
        return;
    }
    wn_buf_char(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            wn_buf_char(out, '"');
        wn_buf_char(out, *text);
    }
    wn_buf_char(out, '"');
}

static void programs_print_names(void) {
    for (size_t i = 0; i < HOSTILE; i++) {
        wn_net *net = name_all(hostile[i]);
        wann_compile_options options = wann_compile_defaults();
        options.name = "policy";
        options.command = options.source = hostile[i];
        wann_diag diag = {0};
        CHECK_MSG(wann_compile_file(net, &options, WANN_KIND_EXE, "injection-program", false,
                                    &diag) == WANN_OK,
                  "%s: %s", hostile[i], diag.text);
        const char *const argv[] = {"./injection-program", "--header", NULL};
        char *out = NULL, *errors = NULL;
        int code = 1;
        wn_buf expected = {0};
        put_field(&expected, hostile[i]);
        wn_buf_text(&expected, ",d\n");
        CHECK(wn_proc_run(argv, NULL, &out, &errors, &code, NULL) == WANN_OK && code == 0);
        CHECK_TEXT(out, expected.data);
        CHECK_TEXT(errors, "");
        CHECK(access("owned", F_OK) != 0);
        wann_free(out);
        wann_free(errors);
        wn_buf_free(&expected);
        wann_net_destroy(net);
    }
    unlink("injection-program");
}

/* What is not in quotes. */
static char *outside_quotes(const char *text) {
    wn_buf out = {0};
    bool inside = false;
    for (; *text; text++) {
        if (inside && *text == '\\' && text[1])
            text++;
        else if (*text == '"')
            inside = !inside;
        else if (!inside)
            wn_buf_char(&out, *text);
    }
    return wn_buf_take(&out);
}

/* The names of the elements, one after the other; no value and no text holds a '<'. */
static char *elements(const char *text) {
    wn_buf out = {0};
    for (; (text = strchr(text, '<')) != NULL; text++) {
        wn_buf_bytes(&out, text, strcspn(text, " >\n"));
        CHECK(text[1 + strcspn(text + 1, "<>")] == '>');
    }
    return wn_buf_take(&out);
}

static void pictures_keep_their_form(wann_kind kind, char *(*form_of)(const char *text)) {
    char *plain = NULL;
    for (size_t i = 0; i < HOSTILE; i++) {
        wn_net *net = name_all(hostile[i]);
        char *text = emit(net, "policy", hostile[i], kind, NULL);
        char *form = text ? form_of(text) : NULL;
        if (i == 0)
            plain = form;
        else if (hostile[i][0]) /* an empty name has no label */
            CHECK_TEXT(form, plain);
        for (const unsigned char *p = (const unsigned char *)text; p && *p; p++)
            CHECK_MSG(*p >= 0x20 || *p == '\n', "%s: control character %02x", hostile[i], *p);
        if (i > 0)
            wann_free(form);
        wann_free(text);
        wann_net_destroy(net);
    }
    wann_free(plain);
}

static void dot_keeps_its_form(void) {
    pictures_keep_their_form(WANN_KIND_DOT, outside_quotes);
}

static void svg_keeps_its_form(void) {
    pictures_keep_their_form(WANN_KIND_SVG, elements);
}

static void json_gives_names_back(void) {
    for (size_t i = 0; i < HOSTILE; i++) {
        wn_net *net = name_all(hostile[i]), *again = NULL;
        char *text = emit(net, "policy", hostile[i], WANN_KIND_JSON, NULL);
        CHECK(text && wann_net_read_memory(text, strlen(text), "again.json", NULL, &again, NULL,
                                           NULL) == WANN_OK);
        if (again) {
            CHECK_TEXT(wann_net_name(again), hostile[i]);
            CHECK_TEXT(wann_net_input_name(again, 0), hostile[i]);
            CHECK_TEXT(wann_net_output_name(again, 0), hostile[i]);
            CHECK_TEXT(again->provenance, net->provenance);
        }
        wann_free(text);
        wann_net_destroy(net);
        wann_net_destroy(again);
    }
}

/* Slots are filled once: a name that looks like one stays as it is, in strings and in comments. */
static void slots_in_names_stay(void) {
    wn_net *net = name_all("@name@");
    char *text = emit(net, "policy", "@real@", WANN_KIND_C, NULL);
    CHECK(text && strstr(text, "\"@name@\", made into C"));
    CHECK(text && strstr(text, "Source:  @real@\n"));
    CHECK(text && strstr(text, "    \"@name@\",\n"));
    wann_free(text);
    wann_net_destroy(net);
}

/* A local variable must not hide a function that the code calls. */
static void prefixes_and_names_do_not_meet(void) {
    static const char *const prefixes[] = {"in_a", "out_a",      "tanh_m5",
                                           "part", "subtotal_1", "sin_pi"};
    wn_buf all = {0};
    wn_net *net = name_all("a tanh");
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        char *text = emit(net, prefixes[i], "", WANN_KIND_C, NULL);
        wn_buf_print(&all, "%s%s", text ? text : "", diff_separator);
        wann_free(text);
    }
    void *library = diff_load(&strict[0], "injection-prefixes", all.data);
    CHECK(library || !diff_compiler_present(&strict[0]));
    if (library)
        dlclose(library);
    wn_buf_free(&all);
    wann_net_destroy(net);
}

/* Names of the functions of the program template, and of C's, as the name of the network. */
static void programs_may_have_any_name(void) {
    static const char *const names[] = {
        "run", "bench",  "filter", "now",  "usage",   "options", "fail_at", "ROWS", "log",
        "pow", "printf", "time",   "read", "getline", "stdin",   "errno",   "NULL", "main"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        wn_net *net = name_all(names[i]);
        const wann_compile_options options = wann_compile_defaults();
        wann_diag diag = {0};
        CHECK_MSG(wann_compile_file(net, &options, WANN_KIND_EXE, "injection-name", false, &diag) ==
                      WANN_OK,
                  "%s: %s", names[i], diag.text);
        wann_net_destroy(net);
    }
    unlink("injection-name");
}

static void names_may_be_long(void) {
    enum { LONG = 1 << 20 };
    char *text = malloc(LONG + 1);
    CHECK(text);
    memset(text, 'n', LONG);
    text[LONG] = '\0';
    for (size_t i = 0; i < LONG; i += 1000)
        memcpy(text + i, "*/\"\\?", 5);
    wn_net *net = name_all(text);
    static const diff_compiler long_strings = {
        "gcc", {"gcc", "-std=c99", "-Wall", "-Wextra", "-Werror"}, 1};
    char *code = emit(net, "policy", text, WANN_KIND_C, NULL);
    void *library = code ? diff_load(&long_strings, "injection-long", code) : NULL;
    CHECK(library || !diff_compiler_present(&long_strings));
    if (library) {
        const char *const *names = dlsym(library, "policy_input_names");
        CHECK(names && strcmp(names[0], text) == 0);
        dlclose(library);
    }
    static const wann_kind kinds[] = {WANN_KIND_HEADER, WANN_KIND_DOT, WANN_KIND_SVG,
                                      WANN_KIND_JSON};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        char *other = emit(net, "policy", text, kinds[k], NULL);
        CHECK(other);
        wann_free(other);
    }
    wann_free(code);
    wann_net_destroy(net);
    free(text);
}

/* What no text can hold is refused where the file is read. */
static void what_is_no_text_is_refused(void) {
    static const char *const bad[] = {"a\\u0000b",    "\xff",    "\xc0\x80",
                                      "\xed\xa0\x80", "\\ud800", "caf\xe9"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char json[512];
        wann_net *net;
        wann_diag diag = {0};
        const int n = snprintf(
            json, sizeof json,
            "{\"format\": \"wann-network\", \"version\": 1, \"name\": \"n\", \"inputs\": [], "
            "\"outputs\": [\"%s\"], \"action\": \"none\", \"nodes\": [{\"id\": 1, \"type\": "
            "\"output\", \"activation\": \"cos\"}], \"connections\": []}",
            bad[i]);
        CHECK(wann_net_read_memory(json, (size_t)n, "bad.json", NULL, &net, NULL, &diag) ==
              WANN_INPUT);
        CHECK(!net && diag.line == 1 && diag.column > 80);
    }
}

int main(void) {
    setenv("CFLAGS", "-O0", 1); /* of programs; their speed does not matter here */
    RUN(names_are_strings);
    RUN(symbols_are_the_prefix);
    RUN(programs_print_names);
    RUN(dot_keeps_its_form);
    RUN(svg_keeps_its_form);
    RUN(json_gives_names_back);
    RUN(slots_in_names_stay);
    RUN(prefixes_and_names_do_not_meet);
    RUN(programs_may_have_any_name);
    RUN(names_may_be_long);
    RUN(what_is_no_text_is_refused);
    return TEST_RESULT();
}
