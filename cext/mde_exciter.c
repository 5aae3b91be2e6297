/* 23 Exciter: what lies above the emphatic point (1 kHz at 0, 8 kHz at 10) is bent (u + u |u|: harmonics) and added by
   `blend` of +-99, with its sign. */
#include "mde_parts.h"

void mde_exciter_begin(mde_slot *s, const uint8_t *p)
{
    int32_t tan_g = (int32_t)((int64_t)6611 * mde_pow2(mde_below(p[1], 10) * 19661) / 65536);   /* 0.3 octaves each */
    s->ramp[0].target = mde_signed(p[0], 99) * 4096 / 99;
    s->ramp[1].target = (int32_t)((int64_t)tan_g * 65536 / (65536 + tan_g));
}

static int32_t excite(int32_t *state, int32_t x, int32_t g, int32_t blend)
{
    int64_t high = mde_clip((x * 256 - mde_lowpass(state, x, g)) / 256);
    int64_t bent = high + high * (high < 0 ? -high : high) / 131072;
    return mde_clip(x + bent * blend / 4096);
}

void mde_exciter_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr)
{
    mde_slot *s = p->slot;
    for (int32_t i = 0; i < p->n; i++) {
        int32_t blend = mde_at(&s->ramp[0], p->from + i), g = s->ramp[1].now;
        wl[i] = excite(&s->state[0], l[i], g, blend);
        wr[i] = excite(&s->state[1], r[i], g, blend);
    }
}
