/* The same network twice: with the weight as a parameter in float, with it baked in in double. */
#include <stdio.h>

#include "fixed_weight.h"

#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)
#include TEXT(POLICY.h)

int main(void) {
    float in[FIXED_WEIGHT_INPUTS], out[FIXED_WEIGHT_OUTPUTS];
    double in_fixed[FIXED_WEIGHT_INPUTS], out_fixed[FIXED_WEIGHT_OUTPUTS];
    double out_batch[FIXED_WEIGHT_OUTPUTS];
    for (int i = 0; i < FIXED_WEIGHT_INPUTS; i++) {
        in[i] = 0.5f;
        in_fixed[i] = 0.5;
    }
    POLICY(in, -1.5f, out);
    fixed_weight(in_fixed, out_fixed);
    fixed_weight_batch(1, in_fixed, out_batch);
    int differ = 0;
    for (int o = 0; o < FIXED_WEIGHT_OUTPUTS; o++) {
        const double error = (double)out[o] - out_fixed[o];
        differ |= !(error < 1e-4 && error > -1e-4) || out_batch[o] != out_fixed[o];
        printf("%.6f\n", out_fixed[o]);
    }
    return differ;
}
