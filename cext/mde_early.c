/* 7-9 Early Reflections 1-3, second half of 28 Delay/Early Reflections: twelve taps a side of one line, spread unevenly
   over the E/R time. The first comes right behind the pre-delay, the last exactly an E/R time later on both sides.
   1 fades out, 2 stays as loud and is cut (a gate), 3 grows. No feedback: nothing can go on by itself.
   28 keeps its two halves in the slot's 32,768 words; 500 + 150 + 400 ms at 31,250 Hz would need 32,813 and a tick, so
   a tap beyond the memory moves to its end (up to 2.6 ms early, only where E/R time and pre-delay exceed 547 ms). A
   chip that halves its RAM and reaches these times has at most 31,207 frames a second. */
#include "mde_parts.h"

enum { TAPS = 12, LAST = MDE_HALF - MDE_TICK };

/* Time of each tap, 1024 = the E/R time. */
static const int32_t PLACE[2][TAPS] = {
    {0, 71, 154, 262, 331, 437, 541, 613, 727, 808, 929, 1024},
    {0, 97, 181, 233, 367, 461, 509, 661, 701, 853, 907, 1024},
};
static const int32_t GAIN[3][TAPS] = {        /* 2048 = 1 */
    {900, 800, 715, 640, 570, 510, 455, 405, 360, 320, 285, 255},
    {550, 550, 550, 550, 550, 550, 550, 550, 550, 550, 550, 550},
    {255, 285, 320, 360, 405, 455, 510, 570, 640, 715, 800, 900},
};

void mde_early_begin(mde_slot *s, const uint8_t *p)
{
    if (mde_dual(s)) {
        s->time[2].wanted = mde_ms(100 + 10 * mde_below(p[4], 30));
        s->time[1].wanted = mde_ms(mde_below(p[5], 150));
    } else {
        s->time[2].wanted = mde_ms(100 + 10 * mde_below(p[0], 70));
        s->time[1].wanted = mde_ms(mde_below(p[1], 200));
    }
}

static void side(mde_part *p, int32_t base, int which, int32_t *out)
{
    mde_slot *s = p->slot;
    const int32_t *gain = GAIN[s->type == 27 ? 0 : s->type - 6];
    int32_t x[MDE_TICK], sum[MDE_TICK] = {0}, n = p->n;
    for (int k = 0; k < TAPS; k++) {
        int32_t back = base + s->time[1].now + (s->time[2].now * PLACE[which][k] + 512) / 1024;
        int32_t g = k & 1 ? -gain[k] : gain[k];
        const int32_t *y = mde_read(p, back > LAST ? LAST : back, x);
        for (int32_t i = 0; i < n; i++)
            sum[i] += y[i] * g / 2048;
    }
    for (int32_t i = 0; i < n; i++) {
        int32_t open = mde_opening(&s->time[1], p->from + i) * mde_opening(&s->time[2], p->from + i) / 1024;
        out[i] = (int32_t)((int64_t)sum[i] * open / 1024);
    }
}

void mde_early_run(mde_part *p, const int32_t *l, const int32_t *r, int32_t *wl, int32_t *wr)
{
    if (mde_dual(p->slot)) {
        mde_write(p, MDE_HEAD, r);
        side(p, MDE_HEAD, 1, wr);
        return;
    }
    int32_t mono[MDE_TICK];
    for (int32_t i = 0; i < p->n; i++)
        mono[i] = (l[i] + r[i]) / 2;
    mde_write(p, 0, mono);
    side(p, 0, 0, wl);
    side(p, 0, 1, wr);
}
