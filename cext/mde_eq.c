/* 20 Equalizer, and the shelves and the mid band of the other effects.

   A shelf adds (gain - 1) times the low-passed, or what is above it, to the signal; the mid band likewise a
   band-pass of quality 1 (a cut uses a wider one: quality times gain, the mirror of the boost). Bilinear filters,
   so the high shelf is whole at the top.
   Corners of the other effects' shelves: 250 Hz and 4 kHz (guessed).
   Silence: a low-pass falls towards 0 until the step is below its fraction, and what is added is rounded towards
   zero. A shelf at 0 dB adds nothing and forgets. */
#include "mde_parts.h"

static const int32_t LOW_G[3] = {1607, 3139, 6005};             /* 250, 500, 1000 Hz: tan / (1 + tan), 65536 = 1 */
static const int32_t HIGH_G[3] = {6005, 11096, 19555};          /* 1, 2, 4 kHz */

static inline int32_t shelved(int32_t *state, int32_t x, int32_t low_g, int32_t high_g, int64_t kl, int64_t kh)
{
    int32_t low = mde_lowpass(&state[0], x, low_g), high = x * 256 - mde_lowpass(&state[1], x, high_g);
    return mde_clip(x + (low * kl + high * kh) / (256 * 4096));
}

void mde_shelves(mde_part *p, int32_t *l, int32_t *r, int32_t low_g, int32_t high_g)
{
    mde_slot *s = p->slot;
    const mde_ramp *low = &s->shelf[0], *high = &s->shelf[1];
    int lows = low->now || low->next, highs = high->now || high->next, moving = low->next != low->now
                                                                               || high->next != high->now;
    int32_t state[4], kl = low->now, kh = high->now;
    for (int k = 0; k < 4; k++)
        state[k] = (k & 1 ? highs : lows) ? s->state[10 + k] : 0;
    if (lows || highs)
        for (int32_t i = 0; i < p->n; i++) {
            if (moving) {
                kl = mde_at(low, p->from + i);
                kh = mde_at(high, p->from + i);
            }
            l[i] = shelved(&state[0], l[i], low_g, high_g, kl, kh);
            r[i] = shelved(&state[2], r[i], low_g, high_g, kl, kh);
        }
    for (int k = 0; k < 4; k++)
        s->state[10 + k] = (k & 1 ? highs : lows) ? state[k] : 0;
}

static int64_t band(int64_t *state, int64_t x, int64_t g, int64_t damping)
{
    /* trapezoidal state variable filter; g and damping 65536 = 1, signals with 16 bits of fraction */
    int64_t scale = 65536 + g * (g + damping) / 65536;
    int64_t high = (x - state[0] * (g + damping) / 65536 - state[1]) * 65536 / scale;
    int64_t v1 = high * g / 65536, mid = v1 + state[0], v2 = mid * g / 65536;
    state[0] = mid + v1;
    state[1] += 2 * v2;
    return mid * damping / 65536;
}

void mde_mid(mde_part *p, int32_t *l, int32_t *r, int32_t tan_g, int base)
{
    mde_slot *s = p->slot;
    const mde_ramp *gain = &s->shelf[2];
    if (!gain->now && !gain->next) {
        for (int k = 0; k < 4; k++)
            s->wide[base + k] = 0;
        return;
    }
    for (int32_t i = 0; i < p->n; i++) {
        int64_t k = mde_at(gain, p->from + i);
        int64_t damping = k < 0 ? 65536 * 4096 / (4096 + k) : 65536;
        l[i] = mde_clip(l[i] + band(&s->wide[base], (int64_t)l[i] * 65536, tan_g, damping) * k / 4096 / 65536);
        r[i] = mde_clip(r[i] + band(&s->wide[base + 2], (int64_t)r[i] * 65536, tan_g, damping) * k / 4096 / 65536);
    }
}

static const int32_t MID_TAN[3] = {3297, 6611, 13357};          /* 500 Hz, 1, 2 kHz: tan, 65536 = 1 */

void mde_mid_begin(mde_slot *s, const uint8_t *p)
{
    s->ramp[8].target = MID_TAN[mde_below(p[0], 2)];
    s->shelf[2].target = mde_decibels(mde_signed(p[1], 12)) / 16 - 4096;
}

void mde_eq_begin(mde_slot *s, const uint8_t *p)
{
    mde_mid_begin(s, p);
    s->ramp[0].target = LOW_G[mde_below(p[4], 2)];
    s->ramp[1].target = HIGH_G[mde_below(p[5], 2)];
}

void mde_eq_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr)
{
    mde_slot *s = p->slot;
    for (int32_t i = 0; i < p->n; i++) {
        wl[i] = l[i];
        wr[i] = r[i];
    }
    mde_shelves(p, wl, wr, s->ramp[0].now, s->ramp[1].now);
    mde_mid(p, wl, wr, s->ramp[8].now, 0);
}
