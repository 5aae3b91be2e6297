/* The execution unit's micro-steps (v30_steps.c) played against the bus unit (v30_unit.c). */
#include "v30_unit.h"

/* Ask for the data cycles of one operand. While an earlier one is under way the step takes until its T2. */
static int32_t ask(unit *u, int32_t t, unsigned cycles)
{
    int busy;
    uint8_t reserved = u->reserved;
    unit_pass_to(u, t - 1);
    while (u->requests)
        unit_clock_passes(u);
    if (u->t < t) {
        u->reserved = 1;
        unit_clock_passes(u);
    } else
        t = u->t;
    u->reserved = reserved;
    busy = u->done != u->asked;
    u->requests = (uint8_t)cycles;
    u->asked += cycles;
    if (busy) {
        while (u->requests == cycles)
            unit_clock_passes(u);
        if (u->t - 2 > t)
            t = u->t - 2;
    }
    return t;
}

static int last_on_its_way(const unit *u, uint32_t last)
{
    return u->done == last || (u->done + 1 == last && u->current == DATA && u->phase >= T3);
}

static void flush(unit *u, const steps *s)
{
    u->queue = u->arriving = 0;
    u->doomed = u->current == FETCH;
    if (u->next == FETCH) {
        uint16_t pc = (uint16_t)(u->code.pc + u->fetched - u->settled);
        u->doomed_waits = u->blocks ? (uint8_t)v30_block_waits(u->blocks, ((uint32_t)u->code.ps << 4) + pc) : 0;
        u->settled = 0;
    }
    u->code = s->jump;
    u->fetched = 0;
    u->flushed = 1;
    u->odd = (uint8_t)s->target;
    u->redirect = 1;
    u->reserved = 0;
}

int32_t unit_walk(unit *u, steps *s)
{
    int32_t t = 0;
    uint32_t read_ends[4] = {0}, last = u->asked;
    unsigned reads = 0, used = 0, n = 0, cycles;
    uint32_t first = u->asked;
    int writes = 0;   /* is the last data cycle a memory write? */
    for (;;) {
        char step = *s->at++;
        unsigned odd = 0, is_read = 0;
        switch (step) {
        case '.': t++; continue;
        case 'n': t += (int32_t)s->count[n++]; continue;
        case '(': s->loop = s->at; continue;
        case ')':
            if (--s->loops) {
                s->at = s->loop;
                t += 2;
            }
            continue;
        case 'q':
            unit_pass_to(u, t);
            while (u->queue == 0)
                unit_clock_passes(u);
            u->queue--;
            t = u->t;
            continue;
        case 's': unit_pass_to(u, t - 1); u->reserved = 1; continue;
        case 'x':
            if (u->t < t) {
                unit_pass_to(u, t - 1);
                u->reserved = 1;
                unit_pass_to(u, t);
            }
            flush(u, s);
            continue;
        case 'f':
            while (u->done - read_ends[used & 3] >= 0x80000000u)
                unit_clock_passes(u);
            used++;
            if (u->t > t)
                t = u->t;
            continue;
        case 'g':
            while (!last_on_its_way(u, last))
                unit_clock_passes(u);
            if (u->t > t)
                t = u->t;
            continue;
        case 'E':
            unit_pass_to(u, t);
            while (!(s->overlap && writes ? last_on_its_way(u, u->asked) : u->done == u->asked))
                unit_clock_passes(u);
            s->state_early = unit_pack(u, u->t);
            s->tick_early = u->tick;
            s->early = u->t;
            while (u->queue == 0)
                unit_clock_passes(u);
            s->early = u->t - s->early;
            return u->t;
        case 'e': unit_pass_to(u, t); s->tick_early = u->tick; return u->t;
        case '@': unit_pass_to(u, t - 1); s->tick_early = u->tick; return t;
        case 'r': is_read = 1; odd = s->word ? s->odd & V30_ODD_EA : 0; break;
        case 'w': odd = s->word ? s->odd & V30_ODD_EA : 0; break;
        case 'R': is_read = 1; odd = s->odd & V30_ODD_EA; break;
        case 'W': odd = s->odd & V30_ODD_EA; break;
        case 'a': is_read = 1; odd = s->word ? s->odd & V30_ODD_IX : 0; break;
        case 'b': is_read = 1; odd = s->word ? s->odd & V30_ODD_IY : 0; break;
        case 'c': odd = s->word ? s->odd & V30_ODD_IY : 0; break;
        case 'p': is_read = 1; odd = s->odd & V30_ODD_SP; break;
        case 'u': odd = s->odd & V30_ODD_SP; break;
        case 'l': is_read = 1; odd = s->odd & V30_ODD_BP; break;
        case 'i': is_read = 1; odd = s->word ? s->odd & V30_ODD_IO : 0; break;
        case 'o': odd = s->word ? s->odd & V30_ODD_IO : 0; break;
        default: is_read = 1; break;   /* v, k */
        }
        cycles = odd ? 2 : 1;
        t = ask(u, t, cycles);
        last = u->asked;
        writes = !is_read && step != 'o';
        for (uint32_t cycle = last - cycles - first; writes && cycle < last - first && cycle < UNIT_SEEN; cycle++)
            s->written |= (uint64_t)1 << cycle;
        if (is_read)
            read_ends[reads++ & 3] = last;
    }
}

/* INS and EXT, by bit offset, length and whether the offset is in a register that EXT overwrites (see v30_nec.c) */
static void field_counts(steps *s, unsigned opcode2, uint32_t count)
{
    unsigned offset = count & 15, length = (count >> 4 & 15) + 1, end = offset + length, lost = count >> 8;
    if (opcode2 & 2) {   /* EXT */
        if (lost == 1)
            offset = 0;
        s->count[0] = lost == 2 ? 26 + (length < 16 ? 256 * length : 0) : end > 16 && !lost ? 10 + offset : 26 + offset;
        return;
    }
    unsigned n = 0;
    if (offset)
        s->count[n++] = offset + 1;
    if (end >= 16)
        s->count[n++] = 23 - offset;
    if (end != 16) {
        length = end > 16 ? end - 16 : length;
        end = end > 16 ? end - 16 : end;
        s->count[n++] = length + 1;
        s->count[n] = 2 * end + 6;
    }
}

int32_t unit_play(unit *u, steps *s, v30_shape shape, unsigned prefixes, uint32_t count)
{
    char text[STEPS_MAX + 1];
    unsigned opcode = shape & 0xFF, sub = shape >> SHAPE_SUB & 0x3F;
    s->before = 0;
    s->odd = shape >> SHAPE_ODD & 15;
    s->target = shape >> SHAPE_TARGET & 1;
    s->word = opcode == 0x0F ? sub & 1 : opcode & 1;
    s->count[0] = s->loops = count;
    if (opcode == 0x0F && (sub & 0x35) == 0x31)
        field_counts(s, sub, count);
    for (unsigned n = 3; n < prefixes; n++) {   /* those the shape has no room for */
        int32_t t;
        s->at = "q..@";
        t = unit_walk(u, s);
        s->before += t;
        u->t -= t;
        u->tick -= t;
    }
    text[v30_steps(shape | (v30_shape)(count & SHAPE_COUNT_MAX) << SHAPE_COUNT, text)] = 0;
    s->at = text;
    return unit_walk(u, s);
}
