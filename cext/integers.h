/* What the sound chips' arithmetic shares: shifts of negatives and saturation, each in one place. */
#ifndef KORGM1_INTEGERS_H
#define KORGM1_INTEGERS_H
#include <stdint.h>

/* v / 2^bits, rounded down. */
static inline int32_t down32(int32_t v, int bits)
{
    return v < 0 ? ~(~v >> bits) : v >> bits;
}

static inline int64_t down64(int64_t v, int bits)
{
    return v < 0 ? ~(~v >> bits) : v >> bits;
}

/* Saturated to a signed number of `bits`, at most 31. */
static inline int32_t clip32(int32_t v, int bits)
{
    const int32_t most = (1 << (bits - 1)) - 1;
    return v > most ? most : v < ~most ? ~most : v;
}

static inline int32_t clip64(int64_t v, int bits)
{
    const int32_t most = (1 << (bits - 1)) - 1;
    return v > most ? most : v < ~most ? ~most : (int32_t)v;
}
#endif
