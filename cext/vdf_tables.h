/* How far a pole goes towards its input in a frame, by the frequency a code names. */
#ifndef KORGM1_VDF_TABLES_H
#define KORGM1_VDF_TABLES_H
#include <stdint.h>

enum { VDF_OPEN = 134, VDF_ONE = 1 << 24 };

/* k for the frequencies of keys 0 to 134 (69 = 440 Hz), VDF_ONE = 1, of filters of 1, 2 and 4 poles. A pole
   y += k (x - y)
   has |H|^2 = k^2 / (k^2 + 4 (1 - k) s^2), s = sin(pi f / 31250); n of them are at -3.01 dB together where each has
   |H|^2 = a = 2^(-1/n), which is k = (sqrt(c^2 + 4c) - c) / 2 with c = 4 s^2 a / (1 - a). Key 130 is the last below half
   the frame rate; from there k goes straight to 1 at key 134. */
extern const int32_t vdf_shares[3][VDF_OPEN + 1];
#endif
