/* wann vae in a build without Box2D, which has no races to see. */
#include "runtime/cli/cli.h"
#include "search/cli/commands.h"
#include "wann/status.h"

int wn_cmd_vae(int argc, char **argv) {
    (void)argc, (void)argv;
    return wn_cli_fail(&(wann_diag){.text = "this build has no task racing, and so no wann vae; it "
                                            "needs Box2D and a C++ compiler (Debian packages: "
                                            "libbox2d-dev g++)"},
                       NULL);
}
