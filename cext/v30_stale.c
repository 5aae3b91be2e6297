/* Code that is stored to while it is in the queue: the queue does not follow memory (H-STALE).
   Bytes whose fetch comes before the cycle of the store stay as they were; the bus unit's model tells which. They are
   kept by address until they are executed or the queue is flushed. */
#include "v30_core.h"

static int is_kept(const v30 *c, uint32_t a)
{
    for (unsigned n = 0; n < c->stale_count; n++)
        if (c->stale[n].address == a)
            return 1;
    return 0;
}

uint8_t v30_stale_byte_at(const v30 *c, uint32_t a, uint8_t value)
{
    for (unsigned n = 0; n < c->stale_count; n++)
        if (c->stale[n].address == a)
            return c->stale[n].byte;
    return value;
}

void v30_suspect(insn *i, uint32_t a)
{
    const v30 *c = i->cpu;
    if ((c->options & V30_OPTION_FRESH_QUEUE) || (c->state & V30_EMULATING) || i->suspects == SUSPECTS
        || i->bus->page[a >> 12] == PAGE_DEVICE)
        return;
    for (unsigned n = 0; n < i->suspects; n++)
        if (i->suspect[n].address == a)
            return;   /* what it was before the first store counts */
    i->clk |= CLK_STALE;
    i->suspect[i->suspects++] = (suspect){a, i->bus->mem[a], i->writes};
}

/* Bytes fetched when the memory write number `n` begins; the last known for those behind the first 64 cycles. */
static unsigned fetched_before(const v30_queue_plan *plan, unsigned n)
{
    unsigned fetched = 0, cycle;
    for (cycle = 0; cycle < 64; cycle++)
        if (plan->written >> cycle & 1) {
            fetched = plan->fetched[cycle];
            if (n-- == 0)
                break;
        }
    return fetched;
}

void v30_settle_stale(insn *i, v30_shape shape)
{
    v30 *c = i->cpu;
    int goes_on = i->rep && i->sub && (i->path & PATH_NEXT);   /* a later element: its bytes are taken already */
    uint16_t start = goes_on ? c->rep_next : i->start;
    uint16_t next = c->rep_active ? c->rep_next : (uint16_t)(c->pc + c->polling);
    uint32_t at = v30_physical(c->s[V30_PS], start), length = (uint16_t)(next - start);
    uint32_t from = v30_physical(c->s[V30_PS], next);
    v30_queue_plan plan;
    unsigned kept = 0, before = c->state & V30_STALE ? c->stale_count : 0;
    i->clk = 0;
    c->state &= (uint8_t)~V30_STALE;
    v30_plan_queue(c, shape, i->prefixes, i->count, &plan);
    if (plan.flushes)
        return;
    for (unsigned n = 0; n < before; n++)
        if (((c->stale[n].address - from) & 0xFFFFF) < V30_STALE_BYTES)
            c->stale[kept++] = c->stale[n];
    c->stale_count = (uint8_t)kept;
    for (unsigned n = 0; n < i->suspects && c->stale_count < V30_STALE_BYTES; n++) {
        const suspect *s = &i->suspect[n];
        uint32_t distance = (s->address - at) & 0xFFFFF;
        if (distance < length || distance >= fetched_before(&plan, s->write))
            continue;
        if (!is_kept(c, s->address))   /* else it is as it was before an earlier store */
            c->stale[c->stale_count++] = (v30_stale_byte){s->address, s->old};
    }
    if (c->stale_count)
        c->state |= V30_STALE;
}
