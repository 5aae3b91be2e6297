/* Silence without work. Of an MDE that holds only zeros nothing moves but the modulators and what is still on its way to
   a new parameter; once that has arrived, a modulator's place follows from its phase alone. */
#include "mde_parts.h"

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
        if (from == 0) {
            if (n >= 4 * MDE_TICK && settled(m)) {
                uint64_t ticks = n / MDE_TICK - 2;
                jump(m, ticks);
                n -= ticks * MDE_TICK;
                continue;
            }
            mde_begin_tick(m);
            m->slot[0].sounding = m->slot[1].sounding = 0;
        }
        m->frame += count;
        n -= count;
    }
}

int mde_idle(const mde *m)
{
    int32_t any = 0;
    int64_t wide = 0;
    for (int which = 0; which < 2; which++) {
        for (int k = 0; k < MDE_WIDES; k++)
            wide |= m->slot[which].wide[k];
        for (int k = 0; k < MDE_STATES; k++)
            any |= m->slot[which].state[k];
    }
    if (any || wide)
        return 0;
    for (int k = 0; k < MDE_WORDS; k++)
        any |= m->memory[k];
    return any == 0;
}
