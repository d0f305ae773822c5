/* One digit of MNIST, from what was scanned or drawn to what networks are given. */
#ifndef WN_STRAIGHTEN_H
#define WN_STRAIGHTEN_H

enum { WN_MNIST_RAW = 28, WN_MNIST_SMALL = 16 };

/* As wn_mnist_preprocess, for one image: raw[28][28] to out[16][16]. */
void wn_mnist_straighten(const unsigned char *raw, double *out);

#endif
