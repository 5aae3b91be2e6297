/* Whether a chip that was filled from outside can go on: every value within the width that its family keeps it to. */
#include "mde_parts.h"

static int within(int64_t v, int64_t limit)
{
    return v >= -limit && v <= limit;
}

static int ramp_within(const mde_ramp *r, int32_t low, int32_t high)
{
    return r->now >= low && r->now <= high && r->next >= low && r->next <= high && r->target >= low
           && r->target <= high;
}

static int reverbs(int type)
{
    return type <= 5 || type == 25 || type == 26;
}

/* The most a family's ramp gets. */
static int32_t most(int type, int k)
{
    if (reverbs(type) && k < 8)
        return 2897;
    if ((type == 20 || type == 21) && k == 0)
        return (1 << 20) + 1024;
    if (mde_phases(type) && k == 2)
        return 99 * 4096;
    return type == 19 || type == 20 || type == 22 ? 32768 : 8192;
}

/* And the least: feedbacks, the tremolo's shape and the exciter's blend can be negative. */
static int32_t least(int type, int k)
{
    int delays = type == 9 || type == 10 || type == 28, moves = mde_modulates(type);
    int negative = (delays && (k == 0 || k == 2)) || (moves && k == 1) || (type == 22 && k == 0)
                   || (type >= 25 && k == 12);
    return negative ? -4096 : 0;
}

static int slot_valid(const mde_slot *s, uint8_t type)
{
    int good = s->type == type && type <= MDE_THROUGH;
    for (int k = 0; k < MDE_WIDES; k++)
        good &= within(s->wide[k], (int64_t)1 << (mde_phases(type) ? 36 : 38));
    for (int k = 0; k < MDE_RAMPS; k++)
        good &= ramp_within(&s->ramp[k], least(type, k), most(type, k));
    for (int k = 0; k < 3; k++)
        good &= ramp_within(&s->shelf[k], -4000, 16384);
    for (int k = 0; k < 2; k++)
        good &= ramp_within(&s->balance[k], 0, MDE_WET) && s->speed[k] >= 0 && s->speed[k] <= 3000 && s->phase[k] >= 0
                && s->phase[k] < MDE_TURN;
    for (int k = 0; k < MDE_TIMES; k++)
        good &= s->time[k].now >= 0 && s->time[k].now < MDE_HALF && s->time[k].wanted >= 0
                && s->time[k].wanted < MDE_HALF && s->time[k].open >= 0 && s->time[k].open <= MDE_OPEN
                && s->time[k].opening >= 0 && s->time[k].opening <= MDE_OPEN;
    for (int k = 0; k < 2 * MDE_SWEEPS; k++)
        good &= mde_phases(type) ? s->sweep[k] >= 0 && s->sweep[k] <= 65535 : within(s->sweep[k], 1 << 17);
    for (int k = 0; k < MDE_SWEEPS; k++)
        good &= within(s->off[k], 1 << 17);
    for (int k = 0; k < MDE_STATES; k++) {
        int word = (k >= 4 && k < 10) || k >= 14;      /* the delays' low-passes: no fraction */
        good &= within(s->state[k], reverbs(type) && k < 8 ? 8 * 185400 : word ? 1 << 19 : 1 << 29);
    }
    return good;
}

int mde_valid(const mde *m)
{
    int good = mde_refused(m->block[0], m->block[1]) == MDE_OK && slot_valid(&m->slot[0], m->block[0])
               && slot_valid(&m->slot[1], m->block[1]) && ramp_within(&m->serial, 0, MDE_ONE) && m->accesses == 0;
    for (int k = 0; k < 4; k++)
        good &= ramp_within(&m->pan[k], 0, MDE_ONE);
    for (int k = 0; k < MDE_WORDS; k++)
        good &= m->memory[k] >= MDE_MIN && m->memory[k] <= MDE_MAX;
    return good;
}
