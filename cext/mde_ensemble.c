/* 24 Symphonic Ensemble: mono in, one line, three taps around 10 ms. Each is moved by a slow sine (0.60 Hz, up to
   2.4 ms) and a fast one (6.00 Hz, up to 0.3 ms), a third of a turn apart. Left = taps 1 and 2, right = taps 2
   and 3. */
#include "mde_parts.h"

enum { TAPS = 3, MIDDLE = 312 * 256, SLOW = 75 * 256, FAST = 9 * 256 /* 1/256 frames */ };

void mde_ensemble_begin(mde_slot *s, const uint8_t *p)
{
    s->ramp[0].target = mde_below(p[0], 99) * 4096 / 99;
    s->speed[0] = 60;
    s->speed[1] = 600;
}

void mde_ensemble_step(mde_slot *s, const uint8_t *p)
{
    (void)p;
    for (int k = 0; k < TAPS; k++) {
        int64_t slow = mde_lfo((s->phase[0] + k * (MDE_TURN / 3)) % MDE_TURN, 0);
        int64_t fast = mde_lfo((s->phase[1] + k * (MDE_TURN / 3)) % MDE_TURN, 0);
        s->sweep[2 * k + 1] = MIDDLE + (int32_t)((slow * SLOW + fast * FAST) / 32768 * s->ramp[0].next / 4096);
    }
}

void mde_ensemble_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr)
{
    mde_slot *s = p->slot;
    for (int32_t i = 0; i < p->n; i++) {
        int32_t tap[TAPS];
        *mde_word(p, i, 0) = (l[i] + r[i]) / 2;
        for (int k = 0; k < TAPS; k++)
            tap[k] = mde_between(p, i, 0, mde_swept(s, k, p->from + i));
        wl[i] = (tap[0] + tap[1]) * 3 / 4;
        wr[i] = (tap[1] + tap[2]) * 3 / 4;
    }
    mde_count(p, (1 + 2 * TAPS) * p->n);
}
