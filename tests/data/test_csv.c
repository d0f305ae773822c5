/* Tables: what is read, and where each kind of mistake is said to be. */
#include <math.h>

#include "envs/data/data.h"
#include "support/test.h"

static wann_status parse(const char *text, const wn_csv_options *options, wn_csv *csv,
                         wann_diag *diag) {
    return wn_csv_parse("t.csv", text, strlen(text), options, csv, diag);
}

/* The rows as text: values with spaces, then the label's text. */
static void show(const wn_csv *csv, char *out, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i < csv->rows; i++) {
        for (size_t k = 0; k < csv->columns; k++)
            n += (size_t)snprintf(out + n, size - n, "%g ", csv->value[i * csv->columns + k]);
        n += (size_t)snprintf(out + n, size - n, "-> %u %s|", (unsigned)csv->label[i],
                              csv->label_text[csv->label[i]]);
    }
}

static void expect(const char *text, wn_csv_options options, const char *expected) {
    wn_csv csv;
    wann_diag diag = {0};
    char shown[1000] = "";
    const wann_status status = parse(text, &options, &csv, &diag);
    CHECK_MSG(status == WANN_OK, "%s: %s", text, diag.text);
    if (status == WANN_OK)
        show(&csv, shown, sizeof shown);
    CHECK_TEXT(shown, expected);
    wn_csv_free(&csv);
}

static void expect_error(const char *text, wn_csv_options options, int line, int column,
                         const char *message) {
    wn_csv csv;
    wann_diag diag = {0};
    CHECK(parse(text, &options, &csv, &diag) == WANN_INPUT);
    CHECK_MSG(diag.line == line && diag.column == column, "%s: %d:%d, expected %d:%d", text,
              diag.line, diag.column, line, column);
    CHECK_TEXT(diag.path, "t.csv");
    CHECK_MSG(strstr(diag.text, message), "%s: %s\n   expected %s", text, diag.text, message);
    CHECK(!csv.value && !csv.label && !csv.label_text);
}

static void tables_are_read(void) {
    const wn_csv_options plain = {0};
    expect("1,2,a\n3,4,b\n", plain, "1 2 -> 0 a|3 4 -> 1 b|");
    expect("1,2,a\r\n3,4,b", plain, "1 2 -> 0 a|3 4 -> 1 b|");
    expect("\xef\xbb\xbf# a note\n\n  \n 1.5 , -2e3 , 7 \n0x10,.5,-1\n", plain,
           "1.5 -2000 -> 1 7|16 0.5 -> 0 -1|");
    expect("x,y,kind\n1,2,\"a, \"\"b\"\"\"\n\"3\",4,c\n", plain, "1 2 -> 0 a, \"b\"|3 4 -> 1 c|");
    expect("10,9\n1,9\n1,10\n1,-1\n", plain, "10 -> 1 9|1 -> 1 9|1 -> 2 10|1 -> 0 -1|");
    expect("1,10\n1,9\n1,a\n", plain, "1 -> 0 10|1 -> 1 9|1 -> 2 a|");
    expect("1;2\n", (wn_csv_options){.separator = ';'}, "1 -> 0 2|");
    expect("1\t 2\n", (wn_csv_options){.separator = '\t', .label = "1"}, "2 -> 0 1|");
}

static void labels_are_found(void) {
    const char *const text = "kind,x,7\na,1,2\nb,3,4\n";
    expect(text, (wn_csv_options){.label = "kind"}, "1 2 -> 0 a|3 4 -> 1 b|");
    expect(text, (wn_csv_options){.label = "first"}, "1 2 -> 0 a|3 4 -> 1 b|");
    expect(text, (wn_csv_options){.label = "1"}, "1 2 -> 0 a|3 4 -> 1 b|");
    expect("5,a\n6,b\n", (wn_csv_options){.label = "last", .header = WN_HEADER_NO},
           "5 -> 0 a|6 -> 1 b|");
    expect("5,a\n6,b\n", (wn_csv_options){.header = WN_HEADER_YES}, "6 -> 0 b|");
    wn_csv csv;
    CHECK(parse(text, &(wn_csv_options){.label = "kind"}, &csv, NULL) == WANN_OK);
    CHECK(csv.name && strcmp(csv.name[0], "x") == 0 && strcmp(csv.name[1], "7") == 0);
    wn_csv_free(&csv);
}

static void mistakes_have_places(void) {
    const wn_csv_options plain = {0};
    expect_error("", plain, 1, 1, "no rows");
    expect_error("x,y\n", plain, 2, 1, "no rows");
    expect_error("1\n", plain, 1, 1, "one column alone");
    expect_error("1,2,a\n3,b\n", plain, 2, 4, "has 2 fields; expected 3");
    expect_error("1,2,a\n3,4,5,b\n", plain, 2, 7, "more than 3 fields");
    expect_error("1,2,a\n3,x,b\n", plain, 2, 3, "'x' is no number");
    expect_error("1,2,a\n3,1.5.2,b\n", plain, 2, 3, "'1.5.2' is no number");
    expect_error("1,2,a\n3,,b\n", plain, 2, 3, "empty; expected a number");
    expect_error("1,2,a\n3,4,\n5,6,b\n", plain, 2, 5, "label is empty");
    expect_error("1,2,a\n3,nan,b\n", plain, 2, 3, "not a finite number");
    expect_error("1,2,a\n3,1e999,b\n", plain, 2, 3, "not a finite number");
    expect_error("1,2,a\n3,\"4\nb", plain, 2, 3, "quote that starts here");
    expect_error("1,2,a\n3,\"4\"x,b\n", plain, 2, 6, "expected ','");
    expect_error("x,y,k\n1,2,a\n", (wn_csv_options){.label = "z"}, 1, 0, "no column is called 'z'");
    expect_error("x,y,k\n1,2,a\n", (wn_csv_options){.label = "4"}, 1, 0, "1 to 3");
    expect_error("x,y,k\n1,2,a\n", (wn_csv_options){.header = WN_HEADER_NO}, 1, 1, "no number");
    expect_error("# c\n\n1,2,a\n\n3,4\n", plain, 5, 4, "expected 3");
    const char zero[] = "1,a\n2,b\0c\n";
    wn_csv csv;
    wann_diag diag = {0};
    CHECK(wn_csv_parse("t.csv", zero, sizeof zero - 1, &plain, &csv, &diag) == WANN_INPUT);
    CHECK(diag.line == 2 && diag.column == 3);
}

static void labels_are_limited(void) {
    static char text[20000];
    size_t n = 0;
    for (int i = 0; i <= 1000; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "1,%d\n", i);
    expect_error(text, (wn_csv_options){0}, 1001, 3, "more than 1000 labels");
}

int main(void) {
    RUN(tables_are_read);
    RUN(labels_are_found);
    RUN(mistakes_have_places);
    RUN(labels_are_limited);
    return TEST_RESULT();
}
