/* MB87405, the effects: two slots, their routing and 65,536 words of 20 bits of delay memory. Integers only, no
   globals, no ports. One frame = 256 CPU clocks. The parameters are the 25 bytes of an effect block; what the
   algorithms do with them is this project's (H-FXALG). The caller allocates and clears the struct, then calls
   mde_init. */
#ifndef KORGM1_MDE_MB87405_H
#define KORGM1_MDE_MB87405_H
#include <stdint.h>

enum {
    MDE_WORDS = 1 << 16, MDE_HALF = MDE_WORDS / 2,
    MDE_TICK = 32,            /* frames; what moves slowly takes a step each tick and goes straight between two */
    MDE_ACCESSES = 168,       /* delay memory accesses that fit in a frame */
    MDE_BLOCK = 25, MDE_THROUGH = 33,
    MDE_RAMPS = 14, MDE_TIMES = 3, MDE_SWEEPS = 4, MDE_STATES = 24, MDE_WIDES = 16
};
/* How what nobody knows is wired: the two halves of a dual effect one behind the other instead of left and right
   (H-MDE-DUAL); buses C and D do not leave at 3 and 4 in serial (H-MDE-OUT34). */
enum { MDE_SERIES = 1, MDE_NO_34 = 2 };
enum { MDE_OK, MDE_NO_TYPE, MDE_NO_PAIR, MDE_NO_BYTE };

typedef struct mde_ramp {     /* a value on its way: now at the tick's beginning, next at its end */
    int32_t now, next, target;
} mde_ramp;

typedef struct mde_time {     /* a delay in frames; a new one is taken while its tap is closed */
    int32_t now, wanted;
    int32_t open, opening;    /* 0-1024 at the tick's beginning and end */
} mde_time;

typedef struct mde_slot {
    int64_t wide[MDE_WIDES];          /* filter states with a fraction */
    mde_ramp balance[2];              /* left, right; 4096 = effect alone */
    mde_ramp shelf[3];                /* low, high, mid: gain less one, 4096 = 1 */
    mde_ramp ramp[MDE_RAMPS];         /* the family's own */
    mde_time time[MDE_TIMES];
    int32_t sweep[2 * MDE_SWEEPS];    /* modulators at the tick's beginning and end, */
    int32_t off[MDE_SWEEPS];          /* and how far they still are from where their LFO would have them */
    int32_t state[MDE_STATES];        /* filter states of at most 29 bits; the family's own */
    int32_t speed[2], phase[2];       /* LFOs in 1/100 Hz, and 1/3,125,000 of a turn */
    int32_t sounding;                 /* the input had something in this tick */
    int32_t type;                     /* effect number less one, 33 = through */
} mde_slot;

typedef struct mde {
    mde_slot slot[2];
    mde_ramp pan[4];                  /* output 3 to L, to R, 4 to L, to R; 32768 = 1 */
    mde_ramp serial;                  /* 32768 = serial, 0 = parallel */
    int32_t memory[MDE_WORDS];        /* a half for each slot */
    uint32_t frame;                   /* counts up; where the ring is */
    uint32_t accesses;                /* of the delay memory, in the part of a tick being made; 0 between two calls */
    uint32_t most;                    /* accesses of the busiest frame since mde_init */
    uint8_t block[MDE_BLOCK];         /* as written */
    uint8_t wiring;                   /* MDE_SERIES, MDE_NO_34 */
    uint8_t unused[2];
} mde;

/* Silence: both slots through, everything 0 but the wiring. */
void mde_init(mde *m, uint8_t wiring);

/* Take all 25 bytes. MDE_NO_TYPE or MDE_NO_PAIR (24 or 25 beside a modulation effect): nothing changes.
   A new type clears its slot; the same type with other parameters moves there, at once before the first frame. */
int mde_load(mde *m, const uint8_t *block);

/* One byte of the block. */
int mde_set(mde *m, uint32_t byte, uint8_t value);

/* n frames: in = A B C D of each, out = 1/L 2/R 3 4 of each; 20 bits, saturated on both sides. */
void mde_frames(mde *m, const int32_t *in, int32_t *out, uint32_t n);

/* Behind a frame that was silent in and out: 1 if every such frame will be, until parameters or sound come in.
   before: the two slots in front of that frame. */
int mde_still(const mde *m, const mde_slot *before);

/* n frames of silence once mde_still: what mde_frames would leave, but `most`, at next to no cost. */
void mde_skip(mde *m, uint64_t n);

/* 1 if the struct, filled from outside, can go on: every value within its width. */
int mde_valid(const mde *m);

/* The LFO's speed of a rate byte in 1/100 Hz. */
int32_t mde_speed(int32_t rate);
#endif
