/* 10 Stereo Delay, 11 Cross Delay, the second half of 29 Delay/Delay, and the delay that is the first of 26-33.

   A line: out = what went in `time` ago; back into it goes out, low-passed (high damp), times the feedback. Cross: into
   the other line. Silence: the low-pass is a weighted mean and the feedback at most 0.99, both rounded towards zero, so
   the loudest word in the lines gets smaller with each turn until it is 0. */
#include "mde_parts.h"

enum { RIGHT = 16384 };

static void line_begin(mde_slot *s, int k, int32_t ms, uint8_t feedback, uint8_t damp)
{
    s->time[k].wanted = mde_ms(ms);
    s->ramp[2 * k].target = mde_feedback(feedback);
    s->ramp[2 * k + 1].target = mde_damp(damp);
}

void mde_head_begin(mde_slot *s, const uint8_t *p)
{
    /* the ramps of a head lie behind the family's own twelve */
    s->time[0].wanted = mde_ms(mde_two(p, 500));
    s->ramp[12].target = mde_feedback(p[2]);
    s->ramp[13].target = mde_damp(p[3]);
}

void mde_delay_begin(mde_slot *s, const uint8_t *p)
{
    int dual = mde_dual(s);
    if (!dual)
        line_begin(s, 0, mde_two(p, 500), p[2], p[3]);
    line_begin(s, 1, mde_two(p + 4, 500), dual ? p[6] : p[2], dual ? p[7] : p[3]);
}

/* One frame's turn: what comes out at the tap, low-passed and fed back. A delay of 0 still needs a frame to return. */
static int32_t returned(mde_part *p, int32_t i, int32_t base, const mde_time *t, int32_t open, int32_t feedback,
                        int32_t pole, int32_t *low, int32_t *out)
{
    int32_t x = *mde_word(p, i, base + (t->now ? t->now : 1));
    x = x * open / 1024;
    *out = x;
    *low = (int32_t)(((int64_t)x * (8192 - pole) + (int64_t)*low * pole) / 8192);
    return (int32_t)((int64_t)*low * feedback / 4096);
}

/* A line with its feedback into itself. */
static void line(mde_part *p, int32_t base, const mde_time *t, const mde_ramp *feedback, const mde_ramp *damp,
                 int32_t *low, const int32_t *x, int32_t *y)
{
    for (int32_t i = 0; i < p->n; i++) {
        int32_t f = p->from + i, open = mde_opening(t, f), out;
        int32_t back = returned(p, i, base, t, open, mde_at(feedback, f), damp->now, low, &out);
        int32_t in = mde_clip32(x[i] + back);
        *mde_word(p, i, base) = in;
        y[i] = t->now ? out : in * open / 1024;
    }
    mde_count(p, 2 * p->n);
}

void mde_head_run(mde_part *p, const int32_t *x, int32_t *y)
{
    mde_slot *s = p->slot;
    line(p, 0, &s->time[0], &s->ramp[12], &s->ramp[13], &s->state[MDE_STATES - 1], x, y);
}

void mde_delay_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr)
{
    mde_slot *s = p->slot;
    const mde_time *tl = &s->time[0], *tr = &s->time[1];
    if (mde_dual(s)) {
        line(p, RIGHT, tr, &s->ramp[2], &s->ramp[3], &s->state[5], r, wr);
        return;
    }
    if (s->type == 9) {
        line(p, 0, tl, &s->ramp[0], &s->ramp[1], &s->state[4], l, wl);
        line(p, RIGHT, tr, &s->ramp[2], &s->ramp[3], &s->state[5], r, wr);
        return;
    }
    for (int32_t i = 0; i < p->n; i++) {
        int32_t f = p->from + i, ol = mde_opening(tl, f), or = mde_opening(tr, f), yl, yr;
        int32_t bl = returned(p, i, 0, tl, ol, mde_at(&s->ramp[0], f), s->ramp[1].now, &s->state[4], &yl);
        int32_t br = returned(p, i, RIGHT, tr, or, mde_at(&s->ramp[2], f), s->ramp[3].now, &s->state[5], &yr);
        int32_t il = mde_clip32(l[i] + br), ir = mde_clip32(r[i] + bl);
        *mde_word(p, i, 0) = il;
        *mde_word(p, i, RIGHT) = ir;
        wl[i] = tl->now ? yl : il * ol / 1024;
        wr[i] = tr->now ? yr : ir * or / 1024;
    }
    mde_count(p, 4 * p->n);
}
