/* 25 Rotary Speaker: mono in, split at 800 Hz. The horn (6.00 Hz x 2^(speed ratio / 10)) moves towards and away
   from two microphones: delay up to 1 ms, level; the drum below turns at 5/6 of 6.00 Hz and changes its level
   only. */
#include "mde_parts.h"

enum { SPLIT = 4888 /* tan / (1 + tan) of 800 Hz, 65536 = 1 */, SWING = 16 * 256 /* 1/256 frames */, DRUM_SPEED = 500 };

void mde_rotary_begin(mde_slot *s, const uint8_t *p)
{
    s->ramp[0].target = mde_below(p[0], 99) * 4096 / 99;
    s->speed[0] = (int32_t)((int64_t)600 * mde_pow2(mde_signed(p[2], 10) * 6554) / 65536);
    s->speed[1] = DRUM_SPEED;
}

void mde_rotary_step(mde_slot *s, const uint8_t *p)
{
    (void)p;
    int32_t depth = s->ramp[0].next;
    int32_t horn = (int32_t)((int64_t)mde_lfo(s->phase[0], 0) * depth / 4096);
    int32_t across = (int32_t)((int64_t)mde_lfo((s->phase[0] + MDE_TURN / 4) % MDE_TURN, 0) * depth / 4096);
    s->sweep[1] = SWING + (int32_t)((int64_t)horn * SWING / 32768);
    s->sweep[3] = across;
    s->sweep[5] = (int32_t)((int64_t)mde_lfo(s->phase[1], 0) * depth / 4096);
}

void mde_rotary_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr)
{
    mde_slot *s = p->slot;
    for (int32_t i = 0; i < p->n; i++) {
        int32_t f = p->from + i, mono = (l[i] + r[i]) / 2;
        int32_t low = mde_lowpass(&s->state[0], mono, SPLIT) / 256;
        int32_t back = mde_swept(s, 0, f), across = mde_swept(s, 1, f), drum = mde_swept(s, 2, f);
        *mde_word(p, i, 0) = mde_clip32(mono - low);
        int64_t hl = mde_between(p, i, 0, back), hr = mde_between(p, i, 0, 2 * SWING - back);
        wl[i] = mde_clip(hl * (65536 + across) / 65536 + (int64_t)low * (65536 + drum) / 65536);
        wr[i] = mde_clip(hr * (65536 - across) / 65536 + (int64_t)low * (65536 - drum) / 65536);
    }
    mde_count(p, 5 * p->n);
}
