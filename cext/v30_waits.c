/* The wait control and refresh control units' settings (uPD70216: WMB WCY1 WCY2 RFC). */
#include "v30_unit.h"

enum { BLOCK = 0x8000, REACH = 32 };   /* block ends are multiples of it; no instruction and its queue reach further */

static v30_code code_at(const v30 *c, uint16_t ps, uint16_t pc)
{
    uint32_t address = ((uint32_t)ps << 4) + pc;
    int mixed = pc > 0x10000 - REACH || address % BLOCK > BLOCK - REACH;
    return (v30_code){ps, pc, mixed ? V30_CODE_MIXED : (uint8_t)v30_block_waits(&c->waits, address)};
}

v30_code v30_code_next(const v30 *c)
{
    return code_at(c, c->s[V30_PS], c->rep_active ? c->rep_next : (uint16_t)(c->pc + c->polling));
}

static void look_at_settings(v30 *c)
{
    const v30_waits *w = &c->waits;
    c->code = c->slow_bus ? code_at(c, c->code.ps, c->code.pc) : v30_code_next(c);
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
