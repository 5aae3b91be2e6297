/* Silence without work. Where all parameters have arrived, the delay memory is 0 and a frame of silence has left every
   filter as it was, the next frame will too: filters end in zeros, or in a rest below a unit that rounding holds fast.
   Only a phaser's filters change with its modulator, so they must be 0. Then nothing moves but the modulators, and where
   these are follows from their phases. */
#include "mde_parts.h"

#include <string.h>

static int arrived(const mde_ramp *r)
{
    return r->now == r->target && r->next == r->target;
}

static int slot_settled(const mde_slot *s)
{
    int all = 1;
    for (int k = 0; k < 2; k++)
        all &= arrived(&s->balance[k]);
    for (int k = 0; k < 3; k++)
        all &= arrived(&s->shelf[k]);
    for (int k = 0; k < MDE_RAMPS; k++)
        all &= arrived(&s->ramp[k]);
    for (int k = 0; k < MDE_TIMES; k++) {
        const mde_time *t = &s->time[k];
        all &= t->now == t->wanted && t->open == MDE_OPEN && t->opening == MDE_OPEN;
    }
    for (int k = 0; k < MDE_SWEEPS; k++)
        all &= s->off[k] == 0;
    return all;
}

static int settled(const mde *m)
{
    int all = arrived(&m->serial) && slot_settled(&m->slot[0]) && slot_settled(&m->slot[1]);
    for (int k = 0; k < 4; k++)
        all &= arrived(&m->pan[k]);
    return all;
}

/* Ticks in one go; two more must follow one by one, for both ends of the modulators' ways. */
static void jump(mde *m, uint64_t ticks)
{
    for (int which = 0; which < 2; which++)
        for (int k = 0; k < 2; k++) {
            mde_slot *s = &m->slot[which];
            uint64_t way = ticks % MDE_TURN * (uint64_t)(MDE_TICK * s->speed[k]);
            s->phase[k] = (int32_t)(((uint64_t)s->phase[k] + way) % MDE_TURN);
        }
    m->frame += (uint32_t)(ticks * MDE_TICK);
}

void mde_skip(mde *m, uint64_t n)
{
    while (n) {
        uint32_t from = m->frame % MDE_TICK, room = MDE_TICK - from, count = n < room ? (uint32_t)n : room;
        if (from == 0 && n >= 4 * MDE_TICK) {
            uint64_t ticks = n / MDE_TICK - 2;
            jump(m, ticks);
            n -= ticks * MDE_TICK;
            continue;
        }
        if (from == 0) {
            mde_begin_tick(m);
            m->slot[0].sounding = m->slot[1].sounding = 0;
        }
        m->frame += count;
        n -= count;
    }
}

static int slot_still(const mde_slot *s, const mde_slot *before)
{
    int64_t held = 0;
    if (memcmp(s->wide, before->wide, sizeof s->wide) != 0 || memcmp(s->state, before->state, sizeof s->state) != 0)
        return 0;
    if (!mde_phases(s->type))
        return 1;
    for (int k = 0; k < MDE_WIDES; k++)
        held |= s->wide[k];
    for (int k = 0; k < MDE_STATES; k++)
        held |= s->state[k];
    return held == 0;
}

int mde_still(const mde *m, const mde_slot *before)
{
    int32_t any = 0;
    if (!settled(m) || !slot_still(&m->slot[0], &before[0]) || !slot_still(&m->slot[1], &before[1]))
        return 0;
    for (int k = 0; k < MDE_WORDS; k++)
        any |= m->memory[k];
    return any == 0;
}
