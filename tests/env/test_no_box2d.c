/* A build without Box2D says what the walkers and racing need. */
#include "support/test.h"
#include "wann/env.h"

int main(void) {
    static const char *const tasks[] = {"biped", "bipedmedium", "bipedhard", "racing"};
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        wann_task *task;
        wann_diag diag = {0};
        CHECK(wann_task_open(tasks[i], NULL, &task, &diag) == WANN_UNSUPPORTED);
        CHECK_MSG(strstr(diag.text, "libbox2d-dev"), "%s", diag.text);
    }
    return TEST_RESULT();
}
