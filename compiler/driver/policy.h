/* Loaded networks: what the two ways of loading them share. */
#ifndef WN_POLICY_H
#define WN_POLICY_H

#include "compiler/driver/driver.h"

/* Append functions of one shape, whether or not the weight is a parameter: wn_load_run and, as far
 * as the options ask for them, wn_load_batch and wn_load_gradient. */
void wn_put_entries(const wn_compilation *c, wn_buf *out);

/* Code that was compiled into this process, shared by all who compiled the same (just_in_time.c).
 */
typedef struct wn_jit_code wn_jit_code;
wann_status wn_jit_acquire(const wn_net *net, const wann_compile_options *options,
                           wann_effort effort, wn_jit_code **code, wann_policy_functions *functions,
                           wann_diag *diag);
void wn_jit_release(wn_jit_code *code); /* NULL is allowed */

#endif
