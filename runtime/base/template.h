/* Templates: readable skeletons with named slots.
 *
 * A slot is @name@ (letters, digits and underscores); @@ is a single @. A slot that stands alone on
 * its line takes the line with it where its text is empty, and each line of its text is indented
 * like the slot. A slot that a template names but nobody fills, and one that must be used but is not,
 * are errors. */
#ifndef WN_TEMPLATE_H
#define WN_TEMPLATE_H

#include <stdbool.h>

#include "runtime/base/text.h"
#include "wann/status.h"

typedef struct wn_slot {
    const char *name;
    const char *text;
    bool required; /* a template that does not use it is refused */
} wn_slot;

/* The text of a built-in template such as "policy.c.in"; NULL if there is none. */
const char *wn_template_builtin(const char *name);

/* Fill the slots of template `name` (from folder dir where that has it, else built in). slots ends
 * with a NULL name. */
wann_status wn_template_render(const char *dir, const char *name, const wn_slot *slots, wn_buf *out,
                               wann_diag *diag);

#endif
