/* What the families of the MDE share: widths, ramps, the ring, the one-pole filter. */
#ifndef KORGM1_MDE_PARTS_H
#define KORGM1_MDE_PARTS_H
#include "integers.h"
#include "mde_mb87405.h"
#include "mde_tables.h"

enum { MDE_BITS = 20 /* of a sample and of a word */, MDE_MAX = (1 << (MDE_BITS - 1)) - 1, MDE_MIN = ~MDE_MAX,
       MDE_OPEN = 1024 /* a tap, wholly */,
       MDE_ONE = 32768 /* of the routing */, MDE_WET = 4096 /* of a balance */ };

/* The stretch of a tick being made: frames from .. from + n - 1 of its 32. */
typedef struct mde_part {
    mde *chip;
    mde_slot *slot;
    int32_t *half;            /* the slot's 32,768 words */
    uint32_t at;              /* ring position of the first frame */
    int32_t from, n;
} mde_part;

static inline int32_t mde_clip(int64_t v)
{
    return clip64(v, MDE_BITS);
}

static inline int32_t mde_clip32(int32_t v)
{
    return clip32(v, MDE_BITS);
}

static inline int32_t mde_limit(int32_t v, int32_t low, int32_t high)
{
    return v < low ? low : v > high ? high : v;
}

static inline int32_t mde_at(const mde_ramp *r, int32_t frame)
{
    return r->now + (int32_t)((int64_t)(r->next - r->now) * frame / MDE_TICK);
}

static inline int32_t mde_opening(const mde_time *t, int32_t frame)
{
    return t->open + (t->opening - t->open) * frame / MDE_TICK;
}

static inline int32_t mde_swept(const mde_slot *s, int sweep, int32_t frame)
{
    int32_t a = s->sweep[2 * sweep], b = s->sweep[2 * sweep + 1];
    return a + (int32_t)((int64_t)(b - a) * frame / MDE_TICK);
}

static inline void mde_count(mde_part *p, int32_t accesses)
{
    p->chip->accesses += (uint32_t)accesses;
}

/* What moves slowly takes its step: in front of the first frame of each tick. */
void mde_begin_tick(mde *m);

/* One word, `back` frames behind what frame i writes at 0. */
static inline int32_t *mde_word(const mde_part *p, int32_t i, int32_t back)
{
    return &p->half[(p->at + (uint32_t)i - (uint32_t)back) & (MDE_HALF - 1)];
}

/* The part's n words `back` frames behind: in the ring where they lie in one piece, else copied to `room`. */
const int32_t *mde_read(mde_part *p, int32_t back, int32_t *room);
void mde_write(mde_part *p, int32_t back, const int32_t *from);

/* A word between two, `back` in 1/256 frames. Two accesses, counted by the caller. */
static inline int32_t mde_between(const mde_part *p, int32_t i, int32_t base, int32_t back)
{
    int32_t whole = base + (back >> 8), part = back & 255;
    int32_t a = *mde_word(p, i, whole), b = *mde_word(p, i, whole + 1);
    return (a * (256 - part) + b * part) / 256;
}

/* A one-pole low-pass (bilinear); g = tan(pi f / fs) / (1 + tan), 65536 = 1; the state has 8 bits of fraction.
   Returns the low-passed value with 8 bits of fraction. */
static inline int32_t mde_lowpass(int32_t *state, int32_t x, int32_t g)
{
    int32_t v = (int32_t)down64((int64_t)(x * 256 - *state) * g, 16), low = *state + v;
    *state = low + v;
    return low;
}

/* The families. `begin` takes the parameters, with the ramps' targets; `step` the modulators' values at a tick's end;
   `run` makes wet from dry. */
typedef struct mde_family {
    void (*begin)(mde_slot *s, const uint8_t *p);
    void (*step)(mde_slot *s, const uint8_t *p);
    void (*run)(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr);
    uint8_t modulates;        /* may not stand beside 24 and 25 */
    uint8_t shelves;          /* 1 low EQ at byte 7, 2 high EQ at byte 6; run behind the effect */
} mde_family;

/* The type, 0-33, is a modulation effect. */
int mde_modulates(int type);
/* MDE_OK, or why these two types cannot stand together. */
int mde_refused(uint8_t a, uint8_t b);

void mde_reverb_begin(mde_slot *s, const uint8_t *p);
void mde_reverb_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr);
void mde_early_begin(mde_slot *s, const uint8_t *p);
void mde_early_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr);
void mde_delay_begin(mde_slot *s, const uint8_t *p);
void mde_delay_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr);
void mde_chorus_begin(mde_slot *s, const uint8_t *p);
void mde_chorus_step(mde_slot *s, const uint8_t *p);
void mde_chorus_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr);
void mde_phaser_begin(mde_slot *s, const uint8_t *p);
void mde_phaser_step(mde_slot *s, const uint8_t *p);
void mde_phaser_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr);
void mde_tremolo_begin(mde_slot *s, const uint8_t *p);
void mde_tremolo_step(mde_slot *s, const uint8_t *p);
void mde_tremolo_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr);
void mde_eq_begin(mde_slot *s, const uint8_t *p);
void mde_eq_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr);
void mde_drive_begin(mde_slot *s, const uint8_t *p);
void mde_drive_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr);
void mde_exciter_begin(mde_slot *s, const uint8_t *p);
void mde_exciter_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr);
void mde_ensemble_begin(mde_slot *s, const uint8_t *p);
void mde_ensemble_step(mde_slot *s, const uint8_t *p);
void mde_ensemble_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr);
void mde_rotary_begin(mde_slot *s, const uint8_t *p);
void mde_rotary_step(mde_slot *s, const uint8_t *p);
void mde_rotary_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr);

/* Shelves of any family, in place; low_g and high_g as mde_lowpass has them. */
void mde_shelves(mde_part *p, int32_t *l, int32_t *r, int32_t low_g, int32_t high_g);
/* Bytes 0 and 1: corner into ramp[8], gain. */
void mde_mid_begin(mde_slot *s, const uint8_t *p);
/* The mid band, 4096 = 1 in shelf[2]; states wide[base .. base + 3]. */
void mde_mid(mde_part *p, int32_t *l, int32_t *r, int32_t tan_g, int base);

/* The head of a dual effect: bytes 0-3 (delay, feedback, high damp), time[0], ramp[12] and [13], the last
   state. */
void mde_head_begin(mde_slot *s, const uint8_t *p);
void mde_head_run(mde_part *p, const int32_t *x, int32_t *y);
enum { MDE_HEAD = 15628 };    /* words it owns: 500 ms and what a part writes ahead */

static inline int mde_dual(const mde_slot *s)
{
    return s->type >= 25 && s->type <= 32;
}
static inline int mde_phases(int type)
{
    return type == 15 || type == 16 || type == 31;
}
static inline int32_t mde_signed(uint8_t byte, int32_t limit)
{
    int32_t v = byte < 128 ? byte : byte - 256;
    return mde_limit(v, -limit, limit);
}
static inline int32_t mde_below(int32_t byte, int32_t limit)
{
    return byte > limit ? limit : byte;
}
/* Milliseconds in frames, to the nearest. */
static inline int32_t mde_ms(int32_t ms)
{
    return (ms * 125 + 2) / 4;
}
static inline int32_t mde_two(const uint8_t *p, int32_t limit)
{
    return mde_below(p[0] + 256 * p[1], limit);
}
/* 0-99 of a high damp as the pole of a loop's low-pass, 8192 = 1. */
static inline int32_t mde_damp(uint8_t byte)
{
    return mde_below(byte, 99) * 60;
}
/* +-99 of a feedback, 4096 = 1. */
static inline int32_t mde_feedback(uint8_t byte)
{
    return mde_signed(byte, 99) * 4096 / 100;
}
#endif
