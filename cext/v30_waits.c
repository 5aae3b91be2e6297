/* The wait control and refresh control units' settings (uPD70216: WMB WCY1 WCY2 RFC). */
#include "v30_unit.h"

static void look_at_settings(v30 *c)
{
    const v30_waits *w = &c->waits;
    c->code = c->slow_bus ? v30_code_at(c, c->code.ps, c->code.pc) : v30_code_next(c);
    c->slow_bus = (w->lower | w->middle | w->upper | w->io) != 0 || c->refresh_interval != 0;
    c->bus_settings++;
}

/* May happen in the middle of an instruction, in a port's callback. */
static void changed(v30 *c)
{
    const uint32_t usual = ((uint32_t)1 << UNIT_RARE_SHIFT) - 1;
    look_at_settings(c);
    if (!c->slow_bus) {
        c->bus_unit &= usual;
        c->bus_unit_early &= usual;
        c->cycle_waits = 0;
        c->cycles = 0;
    }
}

void v30_set_waits(v30 *c, const v30_waits *waits)
{
    c->waits = *waits;
    changed(c);
}

void v30_set_refresh(v30 *c, uint32_t interval, unsigned waits)
{
    const uint32_t asked = (uint32_t)15 << UNIT_REFRESH_SHIFT;
    c->refresh_waits = waits & 3;
    if (c->refresh_interval != interval) {
        c->refresh_interval = interval;
        c->refresh_next = c->refresh_next_early = c->clock + interval;
        if (interval == 0) {
            c->bus_unit &= ~asked;
            c->bus_unit_early &= ~asked;
        }
    }
    changed(c);
}

void v30_restored(v30 *c)
{
    c->slow_bus = 0;
    look_at_settings(c);
}
