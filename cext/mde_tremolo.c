/* 18, 19 Stereo Tremolo, second half of 33 Delay/Tremolo: gain = 1 - depth x (1 - wave) / 2; shape +-99 bends the wave
   (wave + shape x (1 - wave^2) / 2) so that it stays longer up or down. Phase 180 turns the right side over. MG shape 1
   squares the wave first, as for the others. */
#include "mde_parts.h"

void mde_tremolo_begin(mde_slot *s, const uint8_t *p)
{
    int dual = mde_dual(s);
    s->ramp[0].target = mde_below(dual ? p[4] : p[0], 99) * 4096 / 99;
    s->ramp[1].target = mde_signed(dual ? p[7] : p[3], 99) * 4096 / 99;
    s->speed[0] = mde_speed(dual ? p[5] : p[1]);
}

void mde_tremolo_step(mde_slot *s, const uint8_t *p)
{
    int bits = mde_dual(s) ? p[6] : p[2];
    for (int k = 0; k < 2; k++) {
        int32_t v = mde_lfo(s->phase[0], bits & 1);
        if (k && bits & 2)
            v = -v;
        if (bits & 4)
            v = (int32_t)((int64_t)(32767 + v) * (32767 + v) / 65534 - 32767);
        int32_t bend = (int32_t)(((int64_t)32767 * 32767 - (int64_t)v * v) / 65534);
        v += (int32_t)((int64_t)bend * s->ramp[1].next / 4096);
        s->sweep[2 * k + 1] = 32768 - (int32_t)((int64_t)(32767 - v) * s->ramp[0].next / 8192);
    }
}

void mde_tremolo_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr)
{
    mde_slot *s = p->slot;
    int dual = mde_dual(s);
    for (int32_t i = 0; i < p->n; i++) {
        if (!dual)
            wl[i] = (int32_t)((int64_t)l[i] * mde_swept(s, 0, p->from + i) / 32768);
        wr[i] = (int32_t)((int64_t)r[i] * mde_swept(s, 1, p->from + i) / 32768);
    }
}
