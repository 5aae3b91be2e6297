/* See stops.h. */
#include "stops.h"
#include <stddef.h>

enum { VECTOR_TABLE = 0x400, VECTOR_PUSHES = 3 };

static uint32_t place_of(const v30 *c) { return (uint32_t)c->s[V30_PS] << 16 | c->pc; }

static uint32_t address_of(const v30 *c) { return (((uint32_t)c->s[V30_PS] << 4) + c->pc) & 0xFFFFF; }

/* An instruction is next: nothing rests, no element of a repeated one and no interrupt comes first. */
static int begins_instruction(const v30 *c)
{
    return c->attention == 0 || (!c->rep_active && !c->halted && !c->stop && !v30_will_vector(c));
}

int stops_is_here(const stops *s, const v30 *c)
{
    return (s->memory[address_of(c)] & TRACE_EXEC) && begins_instruction(c);
}

static void end_run(stops *s, v30 *c, unsigned why)
{
    s->hit |= (uint8_t)why;
    c->horizon = 0;
}

static int is_in_front(stops *s, v30 *c)
{
    int marked = s->memory[address_of(c)] & TRACE_EXEC;
    int there = s->to_wanted && place_of(c) == s->to_place && (int16_t)(c->r[V30_SP] - s->to_sp) >= 0;
    if ((!marked && !there) || !begins_instruction(c))
        return 0;
    if (marked && s->passed_place == place_of(c)) {
        s->passed_place = UINT64_MAX;
        marked = 0;
    }
    if (marked || there)
        end_run(s, c, (marked ? STOPS_EXEC : 0) | (there ? STOPS_PLACE : 0));
    return marked || there;
}

/* A return from this depth or above is next. */
static int is_return(const stops *s, const v30 *c)
{
    v30_decoded d;
    if (c->rep_active || c->halted || (c->state & V30_EMULATING) || (int16_t)(c->r[V30_SP] - s->return_sp) < 0)
        return 0;
    v30_decode_next(c, &d);
    return (d.opcode & 0xF6) == 0xC2 || d.opcode == 0xCF;   /* C2 C3 CA CB, CF */
}

static int is_word(const bus_cycle *cycle) { return !cycle->ube && !(cycle->address & 1); }

static int is_marked(const stops *s, const bus_cycle *cycle)
{
    static const uint8_t bits[4] = {TRACE_MEMR, TRACE_MEMW, TRACE_IN, TRACE_OUT};
    const uint8_t *flags = cycle->kind < CYCLE_IOR ? s->memory : s->port;
    uint32_t mask = cycle->kind < CYCLE_IOR ? 0xFFFFF : 0xFFFF, a = cycle->address & mask;
    if (cycle->kind > CYCLE_IOW)
        return 0;
    return (flags[a] | (is_word(cycle) ? flags[(a + 1) & mask] : 0)) & bits[cycle->kind];
}

static void look_for_accesses(stops *s, v30 *c, const bus_trace *seen, uint32_t first)
{
    for (uint32_t i = first; i < seen->count && i < seen->capacity; i++)
        if (s->count < STOPS_MATCHES && is_marked(s, &seen->cycles[i]))
            s->matches[s->count++] = seen->cycles[i];
    if (s->count != 0)
        end_run(s, c, STOPS_ACCESS);
}

/* An acknowledge tells the vector; else two words out of the table that are now PS:PC, and three pushes behind them. */
static int vector_in(const v30 *c, const bus_cycle *cycle, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        unsigned pushes = 0;
        if (cycle[i].kind == CYCLE_INTA)
            return cycle[i].data & 0xFF;
        if (cycle[i].kind != CYCLE_MEMR || cycle[i].address >= VECTOR_TABLE || (cycle[i].address & 3) || i + 1 >= count
            || cycle[i + 1].kind != CYCLE_MEMR || cycle[i + 1].address != cycle[i].address + 2
            || cycle[i].data != c->pc || cycle[i + 1].data != c->s[V30_PS])
            continue;
        for (uint32_t j = i + 2; j < count; j++)
            pushes += cycle[j].kind == CYCLE_MEMW;
        if (pushes >= VECTOR_PUSHES)
            return (int)(cycle[i].address >> 2);
    }
    return -1;
}

static uint32_t do_step(stops *s, trace *written, v30 *c)
{
    s->taken = c->attention != 0 && (c->halted || v30_will_vector(c));
    return written != NULL ? trace_step(written, c) : v30_step(c);
}

static uint32_t watched_step(stops *s, trace *written, v30 *c)
{
    board_bus *bus = c->bus;
    bus_trace own = {.cycles = s->cycles, .capacity = STOPS_CYCLES}, *outer = bus->trace, *seen = outer ? outer : &own;
    uint32_t first = seen->count, clocks;
    bus->trace = seen;
    clocks = do_step(s, written, c);
    bus->trace = outer;
    if (seen->count == first)
        return clocks;
    if (s->vectors && first < seen->capacity) {
        uint32_t end = seen->count < seen->capacity ? seen->count : seen->capacity;
        s->taken_vector = (int16_t)vector_in(c, seen->cycles + first, end - first);
        if (s->taken_vector >= 0 && s->vector[s->taken_vector])
            end_run(s, c, STOPS_VECTOR);
    }
    if (s->accesses)
        look_for_accesses(s, c, seen, first);
    return clocks;
}

uint32_t stops_step(stops *s, trace *written, v30 *c)
{
    uint32_t clocks;
    int returns = 0;
    if (s->hit)
        return 0;
    s->from_clock = c->clock;
    s->from_place = place_of(c);
    s->taken_vector = -1;
    s->taken = s->count = 0;
    if (!s->quiet) {
        if (is_in_front(s, c))
            return 0;
        returns = s->return_wanted && is_return(s, c) && begins_instruction(c);
    }
    clocks = !s->quiet && (s->accesses || s->vectors) ? watched_step(s, written, c) : do_step(s, written, c);
    if (clocks == 0)
        return 0;
    s->steps++;
    if (returns)
        end_run(s, c, STOPS_RETURN);
    if (s->steps >= s->limit)
        end_run(s, c, STOPS_LIMIT);
    return clocks;
}

void stops_run(stops *s, trace *written, v30 *c)
{
    while (c->clock < c->horizon)
        if (stops_step(s, written, c) == 0 && !s->hit)
            v30_let_pass(c);   /* halted or stopped */
}
