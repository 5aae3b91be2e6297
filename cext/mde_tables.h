/* Sine, powers of two and LFO speeds in integers. */
#ifndef KORGM1_MDE_TABLES_H
#define KORGM1_MDE_TABLES_H
#include <stdint.h>

enum { MDE_TURN = 3125000 };      /* 1/100 Hz x frames a second: one turn of an LFO */

/* 2^(x / 65536), 65536 = 1; x below 14 * 65536. */
int32_t mde_pow2(int32_t x);

/* Decibels as a gain, 65536 = 1. */
int32_t mde_decibels(int32_t db);

/* The LFO at a phase of MDE_TURN, +-32767: wave 0 sine, 1 triangle; both begin at 0 and rise. */
int32_t mde_lfo(int32_t phase, int wave);

int32_t mde_root(int64_t square);
#endif
