/* 12, 13 Stereo Chorus, 14 Stereo Flanger, 15 Cross Flanger; second half of 30 Delay/Chorus, 31 Delay/Flanger.

   A line a side, read between two words at a delay that the LFO moves: delay + span x depth x (1 + LFO) / 2.
   The span is 8 ms (chorus) or 6 ms (flanger). Phase 180 turns the right side's LFO over. Shape 1 squares the
   sweep, so that it stays longer where the delay is short. The flanger feeds back (cross: to the other side).
   I and II of a kind are the same but for the phase they start with.
   Silence: reading between two words never gives more than the larger, the feedback is at most 0.99, rounded
   towards zero. */
#include "mde_parts.h"

enum { RIGHT = 8192, CHORUS_SPAN = 250, FLANGER_SPAN = 188 /* frames */ };

static int flanger(const mde_slot *s)
{
    return s->type == 13 || s->type == 14 || s->type == 30;
}

void mde_chorus_begin(mde_slot *s, const uint8_t *p)
{
    int dual = mde_dual(s);
    s->ramp[0].target = mde_below(dual ? p[4] : p[0], 99) * 4096 / 99;
    s->ramp[1].target = flanger(s) ? mde_feedback(dual ? p[7] : p[3]) : 0;
    s->speed[0] = mde_speed(dual ? p[5] : p[1]);
    s->time[1].wanted = dual ? 0 : mde_ms(mde_below(p[4], flanger(s) ? 50 : 200));
}

void mde_chorus_step(mde_slot *s, const uint8_t *p)
{
    int bits = mde_dual(s) ? p[6] : p[2];
    int32_t span = flanger(s) ? FLANGER_SPAN : CHORUS_SPAN;
    for (int k = 0; k < 2; k++) {
        int32_t v = mde_lfo(s->phase[0], bits & 1);
        int32_t up = 32767 + (k && bits & 2 ? -v : v);                      /* 0-65534 */
        if (bits & 4)
            up = (int32_t)((int64_t)up * up / 65534);
        s->sweep[2 * k + 1] = (int32_t)((int64_t)up * span * s->ramp[0].next / 4096 / 256);   /* 1/256 frames */
    }
}

static int32_t turn(mde_part *p, int32_t i, int32_t base, int side, int32_t x)
{
    mde_slot *s = p->slot;
    int32_t f = p->from + i, back = s->time[1].now * 256 + mde_swept(s, side, f);
    *mde_word(p, i, base) = x;
    return (int32_t)((int64_t)mde_between(p, i, base, back) * mde_opening(&s->time[1], f) / 1024);
}

/* As turn, but read before the word of this frame is there: at least one frame. */
static int32_t behind(mde_part *p, int32_t i, int32_t base, int side)
{
    mde_slot *s = p->slot;
    int32_t f = p->from + i, back = s->time[1].now * 256 + mde_swept(s, side, f);
    return (int32_t)((int64_t)mde_between(p, i, base, back < 256 ? 256 : back) * mde_opening(&s->time[1], f) / 1024);
}

static int32_t fed_back(const mde_slot *s, int32_t y, int32_t f)
{
    return (int32_t)((int64_t)y * mde_at(&s->ramp[1], f) / 4096);
}

void mde_chorus_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr)
{
    mde_slot *s = p->slot;
    int dual = mde_dual(s), feeds = flanger(s), cross = s->type == 14;
    int32_t right = dual ? MDE_HEAD : RIGHT;
    for (int32_t i = 0; i < p->n; i++) {
        int32_t f = p->from + i;
        if (!feeds) {
            if (!dual)
                wl[i] = turn(p, i, 0, 0, l[i]);
            wr[i] = turn(p, i, right, 1, r[i]);
            continue;
        }
        int32_t yr = behind(p, i, right, 1), yl = dual ? 0 : behind(p, i, 0, 0);
        if (!dual) {
            *mde_word(p, i, 0) = mde_clip32(l[i] + fed_back(s, cross ? yr : yl, f));
            wl[i] = yl;
        }
        *mde_word(p, i, right) = mde_clip32(r[i] + fed_back(s, cross ? yl : yr, f));
        wr[i] = yr;
    }
    mde_count(p, (dual ? 3 : 6) * p->n);
}
