/* 21 Over Drive: mono in, up to 36 dB into a soft curve 1.5 u - 0.5 u^3, mid band and shelves.
   22 Distortion: mono in, up to 48 dB into hard clipping with a lower ceiling on one side (even harmonics), low shelf.
   Without anti-aliasing: the harmonics above half the frame rate fold, as they would in any such chip at 31,250 Hz. */
#include "mde_parts.h"

void mde_drive_begin(mde_slot *s, const uint8_t *p)
{
    int hard = s->type == 21;
    /* log2 of the gain: 6 or 8 at 100 */
    s->ramp[0].target = mde_pow2(mde_below(p[2], 100) * (hard ? 5243 : 3932)) / 16;    /* 4096 = 1 */
    s->ramp[1].target = mde_below(p[3], 99) * 4096 / 99;
    if (!hard)
        mde_mid_begin(s, p);
}

void mde_drive_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr)
{
    mde_slot *s = p->slot;
    int hard = s->type == 21;
    for (int32_t i = 0; i < p->n; i++) {
        int32_t f = p->from + i, mono = (l[i] + r[i]) / 2;
        int64_t u = (int64_t)mono * mde_at(&s->ramp[0], f) / 4096;
        if (hard)
            u = u > MDE_MAX ? MDE_MAX : u < MDE_MIN * 3 / 4 ? MDE_MIN * 3 / 4 : u;
        else {
            u = mde_clip(u);
            u = (3 * u - u * u / 524288 * u / 524288) / 2;
        }
        wl[i] = wr[i] = mde_clip(u * mde_at(&s->ramp[1], f) / 4096);
    }
    if (!hard)
        mde_mid(p, wl, wr, s->ramp[8].now, 0);
}
