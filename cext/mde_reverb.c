/* 1-6 Hall, Ensemble Hall, Concert Hall, Room, Large Room, Live Stage; second half of 26 Delay/Hall, 27
   Delay/Room.

   Mono in -> pre-delay line -> four diffusers -> eight delay lines, each through a low-pass and a gain, mixed
   by an 8 x 8 Hadamard matrix and fed back. Early reflections are taps of the pre-delay line.
   Reverb time: a line of m frames loses 60 dB x m / (31,250 x time) a pass, so all lines decay alike.
   Silence: the matrix loses nothing and is exact (its 1/sqrt 8 is part of the lines' gain); everything else in the
   loop is a weighted mean times less than one, rounded towards zero. So the energy in the lines falls with every
   pass until all are 0: no limit cycles. The lines are longer than a tick, so a part's frames are read before any
   is written. */
#include "mde_parts.h"

enum { LINES = 8, TAPS = 4, DAMP = LINES, LEVEL, INPUT, POLE = 1024, FINE = 8 /* parts of a unit in the low-passes */,
       DIFFUSERS = 4 };

typedef struct mde_room {
    int32_t line[LINES];      /* frames */
    int32_t tap_scale;        /* early reflections' times, 64 = 1 */
} mde_room;

static const mde_room ROOMS[6] = {
    {{557, 701, 877, 1031, 1213, 1409, 1607, 1801}, 64},
    {{601, 769, 941, 1109, 1301, 1493, 1693, 1889}, 72},
    {{653, 853, 1061, 1277, 1487, 1693, 1901, 2113}, 96},
    {{331, 389, 449, 521, 587, 661, 739, 821}, 24},
    {{421, 521, 617, 719, 821, 929, 1049, 1163}, 36},
    {{509, 631, 757, 881, 1009, 1151, 1289, 1427}, 48},
};
static const int32_t TAP[2][TAPS] = {{233, 521, 883, 1409}, {307, 641, 1013, 1601}};
static const int32_t TAP_GAIN[TAPS] = {10, 9, 7, 6};   /* 32 = 1 */
static const int32_t DIFFUSER[DIFFUSERS] = {61, 103, 163, 229};
enum { PRE = 8704, PRE_DUAL = 4724 };   /* words: 200 ms + the longest tap; 150 ms */

static const mde_room *room_of(const mde_slot *s)
{
    return &ROOMS[s->type == 25 ? 0 : s->type == 26 ? 3 : s->type];
}

void mde_reverb_begin(mde_slot *s, const uint8_t *p)
{
    int dual = mde_dual(s);
    const mde_room *shape = room_of(s);
    int32_t most = s->type == 3 || s->type == 4 || s->type == 26 ? 47 : 97;
    int32_t tenths = 2 + mde_below(dual ? p[4] : p[0], most), mean = 0;
    for (int k = 0; k < LINES; k++) {
        /* log2(10^-3) x 65536 = -653118; gain 65536 = 1, / sqrt 8 with 8192 = 1: x 46341 / 16 / 65536 */
        int32_t gain = mde_pow2((int32_t)(-(int64_t)653118 * shape->line[k] / (3125 * tenths)));
        s->ramp[k].target = (int32_t)((int64_t)gain * 46341 / (16 * 65536));
        mean += gain / LINES;
    }
    s->ramp[DAMP].target = mde_damp(dual ? p[6] : p[2]);
    s->ramp[LEVEL].target = dual ? 0 : mde_below(p[4], 100) * 2048 / 100;
    /* as loud whatever the time: sqrt(1 - gain^2), and a half for headroom; 4096 = 1 */
    s->ramp[INPUT].target = mde_root(((int64_t)1 << 32) - (int64_t)mean * mean) / 32;
    s->time[1].wanted = mde_ms(dual ? mde_below(p[7], 150) : mde_below(p[3], 200));
}

/* A Schroeder all-pass of 5/8 over n frames, in place. */
static void diffuse(mde_part *p, int32_t base, int32_t length, int32_t *x)
{
    int32_t room[MDE_TICK], fresh[MDE_TICK];
    const int32_t *old = mde_read(p, base + length, room);
    for (int32_t i = 0; i < p->n; i++) {
        fresh[i] = mde_clip32(x[i] + old[i] * 5 / 8);
        x[i] = mde_clip32(old[i] - down32(fresh[i] * 5, 3));
    }
    mde_write(p, base, fresh);
}

static void hadamard(int32_t x[LINES][MDE_TICK], int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        int32_t a0 = x[0][i] + x[1][i], a1 = x[0][i] - x[1][i], a2 = x[2][i] + x[3][i], a3 = x[2][i] - x[3][i];
        int32_t a4 = x[4][i] + x[5][i], a5 = x[4][i] - x[5][i], a6 = x[6][i] + x[7][i], a7 = x[6][i] - x[7][i];
        int32_t b0 = a0 + a2, b1 = a1 + a3, b2 = a0 - a2, b3 = a1 - a3;
        int32_t b4 = a4 + a6, b5 = a5 + a7, b6 = a4 - a6, b7 = a5 - a7;
        x[0][i] = b0 + b4, x[1][i] = b1 + b5, x[2][i] = b2 + b6, x[3][i] = b3 + b7;
        x[4][i] = b0 - b4, x[5][i] = b1 - b5, x[6][i] = b2 - b6, x[7][i] = b3 - b7;
    }
}

static int steady(const mde_time *t, const mde_ramp *r)
{
    return t->open == t->opening && r->now == r->next;
}

static void reverb(mde_part *p, int32_t base, int32_t pre, const int32_t *mono, int32_t *wl, int32_t *wr)
{
    mde_slot *s = p->slot;
    const mde_room *shape = room_of(s);
    const mde_time *time = &s->time[1];
    const mde_ramp *level = &s->ramp[INPUT];
    int32_t x[MDE_TICK], copy[MDE_TICK], in[LINES][MDE_TICK];
    int32_t gain[LINES], low[LINES], pole = s->ramp[DAMP].now / 8, n = p->n;
    for (int k = 0; k < LINES; k++) {
        gain[k] = s->ramp[k].now * (POLE - pole) / POLE;     /* 8192 = 1 */
        low[k] = s->state[k];
    }

    mde_write(p, base, mono);
    const int32_t *late = mde_read(p, base + time->now, copy);
    int32_t g = time->open * level->now / 1024;
    for (int32_t i = 0; i < n; i++) {
        if (!steady(time, level))
            g = mde_opening(time, p->from + i) * mde_at(level, p->from + i) / 1024;
        x[i] = late[i] * g / 4096;
    }
    base += pre;
    for (int k = 0; k < DIFFUSERS; k++) {
        diffuse(p, base, DIFFUSER[k], x);
        base += DIFFUSER[k] + 1;
    }
    const int32_t *line[LINES];
    int32_t at = base;
    for (int k = 0; k < LINES; k++) {
        line[k] = mde_read(p, at + shape->line[k], in[k]);
        at += shape->line[k] + 1;
    }
    for (int32_t i = 0; i < n; i++) {
        wl[i] = down32(line[0][i] - line[2][i] + line[4][i] - line[6][i], 1);
        wr[i] = down32(line[1][i] - line[3][i] + line[5][i] - line[7][i], 1);
    }
    for (int32_t i = 0; i < n; i++)
        for (int k = 0; k < LINES; k++)
            in[k][i] = low[k] = (line[k][i] * gain[k] + low[k] * pole) / POLE;   /* below 0.36 x 2^19 x 2^13 */
    for (int k = 0; k < LINES; k++)
        s->state[k] = low[k];
    hadamard(in, n);
    at = base;
    for (int k = 0; k < LINES; k++) {
        for (int32_t i = 0; i < n; i++)
            in[k][i] = mde_clip32(in[k][i] / FINE + (k & 2 ? -x[i] : x[i]));
        mde_write(p, at, in[k]);
        at += shape->line[k] + 1;
    }
}

static void reflections(mde_part *p, const mde_room *shape, int32_t *wl, int32_t *wr)
{
    const mde_time *time = &p->slot->time[1];
    const mde_ramp *level = &p->slot->ramp[LEVEL];
    for (int side = 0; side < 2; side++) {
        int32_t room[MDE_TICK], sum[MDE_TICK] = {0}, *wet = side ? wr : wl;
        for (int k = 0; k < TAPS; k++) {
            const int32_t *x = mde_read(p, time->now + TAP[side][k] * shape->tap_scale / 64, room);
            for (int32_t i = 0; i < p->n; i++)
                sum[i] += x[i] * TAP_GAIN[k];
        }
        int32_t g = time->open * level->now / 1024;
        for (int32_t i = 0; i < p->n; i++) {
            if (!steady(time, level))
                g = mde_opening(time, p->from + i) * mde_at(level, p->from + i) / 1024;
            wet[i] += down32(down32(sum[i], 5) * g, 10);
        }
    }
}

void mde_reverb_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr)
{
    if (mde_dual(p->slot)) {
        int32_t left[MDE_TICK];
        reverb(p, MDE_HEAD, PRE_DUAL, r, left, wr);
        return;
    }
    int32_t mono[MDE_TICK];
    for (int32_t i = 0; i < p->n; i++)
        mono[i] = (l[i] + r[i]) / 2;
    reverb(p, 0, PRE, mono, wl, wr);
    reflections(p, room_of(p->slot), wl, wr);
}
