/* A build without libpng refuses PNG pictures and says what is missing. */
#include "compiler/emit/picture.h"
#include "draw/pictures.h"
#include "support/test.h"

static void png_is_refused(void) {
    wn_net *net = test_small_net("pole");
    wn_buf png = {0};
    wann_diag diag = {0};
    CHECK(wn_emit_png(net, &png, &diag) == WANN_UNSUPPORTED);
    CHECK(strstr(diag.text, "libpng-dev"));
    CHECK(png.length == 0);
    wn_buf_free(&png);
    wann_net_destroy(net);
}

int main(void) {
    RUN(png_is_refused);
    return TEST_RESULT();
}
