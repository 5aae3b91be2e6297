/* 16, 17 Phaser, second half of 32 Delay/Phaser: six first-order all-passes a side, fed back by a frame.

   Manual 0-99 puts the corner at 80 Hz x 2^(manual / 16.5), six octaves; the LFO moves it by up to 1.5 octaves.
   States have 12 bits of fraction.
   Silence: all-passes with feedback below one die out but for their rounding, which stays far below one unit of
   the 20-bit word; when nothing came in for a tick and every state is below a unit, all are set to 0. */
#include "mde_parts.h"

enum { STAGES = 6, UNIT = 4096, CORNER = 527 /* tan(pi 80 / 31250), 65536 = 1 */ };

void mde_phaser_begin(mde_slot *s, const uint8_t *p)
{
    int dual = mde_dual(s);
    s->ramp[0].target = mde_below(dual ? p[4] : p[0], 99) * 4096 / 99;
    s->ramp[1].target = mde_feedback(dual ? p[6] : p[3]);
    s->ramp[2].target = dual ? 50 * 4096 : mde_below(p[4], 99) * 4096;
    s->speed[0] = mde_speed(dual ? p[5] : p[1]);
}

void mde_phaser_step(mde_slot *s, const uint8_t *p)
{
    int bits = mde_dual(s) ? 0 : p[2];
    for (int k = 0; k < 2; k++) {
        int32_t v = mde_lfo(s->phase[0], bits & 1);
        if (k && bits & 2)
            v = -v;
        if (bits & 4)
            v = (int32_t)((int64_t)(32767 + v) * (32767 + v) / 65534) - 32767;
        int32_t octaves = (int32_t)((int64_t)s->ramp[2].next * 65536 * 2 / (33 * 4096));        /* 65536 = 1 */
        octaves += (int32_t)((int64_t)v * 3 * s->ramp[0].next / 4096);
        int32_t g = (int32_t)((int64_t)CORNER * mde_pow2(octaves) / 65536);
        s->sweep[2 * k + 1] = (int32_t)((int64_t)g * 65536 / (65536 + g));
    }
}

static int32_t phase(mde_slot *s, int side, int32_t x, int32_t f)
{
    int64_t *state = &s->wide[8 * side];
    int64_t g = mde_swept(s, side, f);
    int64_t y = (int64_t)mde_clip(x + state[STAGES] * mde_at(&s->ramp[1], f) / 4096 / UNIT) * UNIT;
    for (int k = 0; k < STAGES; k++) {
        int64_t v = (y - state[k]) * g / 65536, low = v + state[k];
        state[k] = low + v;
        y = 2 * low - y;
    }
    state[STAGES] = y;
    return mde_clip(y / UNIT);
}

void mde_phaser_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr)
{
    mde_slot *s = p->slot;
    int dual = mde_dual(s);
    if (p->from == 0 && !s->sounding) {
        int64_t largest = 0;
        for (int k = 0; k < MDE_WIDES; k++)
            largest |= s->wide[k] < 0 ? -s->wide[k] : s->wide[k];
        for (int k = 0; k < MDE_WIDES && largest < UNIT; k++)
            s->wide[k] = 0;
    }
    for (int32_t i = 0; i < p->n; i++) {
        if (!dual)
            wl[i] = phase(s, 0, l[i], p->from + i);
        wr[i] = phase(s, 1, r[i], p->from + i);
    }
}
