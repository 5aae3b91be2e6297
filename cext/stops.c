/* See stops.h. */
#include "stops.h"
#include <stddef.h>

enum { VECTOR_TABLE = 0x400, VECTOR_PUSHES = 3 };

static const uint8_t KIND_BITS[4] = {TRACE_MEMR, TRACE_MEMW, TRACE_IN, TRACE_OUT};   /* by CYCLE_* */

static uint32_t place_of(const v30 *c) { return (uint32_t)c->s[V30_PS] << 16 | c->pc; }

static uint32_t address_of(const v30 *c) { return (((uint32_t)c->s[V30_PS] << 4) + c->pc) & 0xFFFFF; }

/* An instruction is next: nothing rests, no element of a repeated one and no interrupt comes first. */
static int begins_instruction(const v30 *c)
{
    return c->attention == 0 || (!c->rep_active && !c->halted && !c->stop && !v30_will_vector(c));
}

/* ---- rules ---- */

static int is_word(const bus_cycle *cycle) { return !cycle->ube && !(cycle->address & 1); }

static uint32_t mask_of(const bus_cycle *cycle) { return cycle->kind < CYCLE_IOR ? 0xFFFFF : 0xFFFF; }

static uint16_t value_of(const bus_cycle *cycle)
{
    return is_word(cycle) ? cycle->data : cycle->address & 1 ? cycle->data >> 8 : cycle->data & 0xFF;
}

static int is_within(const stops_rule *r, uint32_t a) { return r->first <= a && a <= r->last; }

static int covers(const stops_rule *r, const bus_cycle *cycle)
{
    uint8_t kinds = cycle->kind < CYCLE_IOR ? r->memory : r->port;
    uint32_t mask = mask_of(cycle), a = cycle->address & mask;
    return (kinds & KIND_BITS[cycle->kind]) && (is_within(r, a) || (is_word(cycle) && is_within(r, (a + 1) & mask)));
}

static void hold(stops *s, const v30 *c, stops_rule *r, int64_t value, int64_t address, int64_t vector)
{
    condition_about about = {c, &s->ports, s->steps, value, address, vector, s->peek, s->user};
    if (r->length == 0 || condition_value(r->program, r->length, &about))
        r->held = s->held = 1;
}

static void let_go(stops *s)
{
    for (uint32_t i = 0; s->held && i < s->rule_count; i++)
        s->rules[i].held = 0;
    s->held = 0;
}

static int hold_here(stops *s, const v30 *c)
{
    uint32_t a = address_of(c);
    int any = 0;
    for (stops_rule *r = s->rules; r < s->rules + s->rule_count; r++)
        if ((r->memory & TRACE_EXEC) && is_within(r, a)) {
            hold(s, c, r, -1, -1, -1);
            any |= r->held;
        }
    return any;
}

int stops_is_here(stops *s, const v30 *c)
{
    return (s->memory[address_of(c)] & TRACE_EXEC) && begins_instruction(c) && hold_here(s, c);
}

/* ---- in front of a step ---- */

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
    marked = marked && hold_here(s, c);
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

/* ---- behind a step ---- */

static int is_marked(const stops *s, const bus_cycle *cycle)
{
    const uint8_t *flags = cycle->kind < CYCLE_IOR ? s->memory : s->port;
    uint32_t mask = mask_of(cycle), a = cycle->address & mask;
    if (cycle->kind > CYCLE_IOW)
        return 0;
    return (flags[a] | (is_word(cycle) ? flags[(a + 1) & mask] : 0)) & KIND_BITS[cycle->kind];
}

/* All marked accesses are kept as far as there is room, and those that hold a rule. */
static void look_for_accesses(stops *s, v30 *c, const bus_cycle *cycle, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t place = s->count < STOPS_MATCHES ? s->count : STOPS_MATCHES - 1;
        int held = 0;
        if (!is_marked(s, &cycle[i]))
            continue;
        for (stops_rule *r = s->rules; r < s->rules + s->rule_count; r++)
            if (!r->held && covers(r, &cycle[i])) {
                hold(s, c, r, value_of(&cycle[i]), cycle[i].address, s->taken_vector);
                r->match = place;
                held |= r->held;
            }
        if (held || s->count < STOPS_MATCHES)
            s->matches[place] = cycle[i];
        s->count = place + 1;
        if (held)
            end_run(s, c, STOPS_ACCESS);
    }
}

static void look_at_vector(stops *s, v30 *c)
{
    for (stops_rule *r = s->rules; r < s->rules + s->rule_count; r++)
        if (r->vector && is_within(r, (uint32_t)s->taken_vector)) {
            hold(s, c, r, -1, -1, s->taken_vector);
            if (r->held)
                end_run(s, c, STOPS_VECTOR);
        }
}

static void note_byte(condition_ports *p, unsigned way, uint16_t port, uint8_t byte)
{
    (way == TRACE_IN ? p->in : p->out)[port] = byte;
    p->seen[port] |= (uint8_t)way;
}

static void note_ports(condition_ports *p, const bus_cycle *cycle, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint16_t port = (uint16_t)cycle[i].address, value = value_of(&cycle[i]);
        if (cycle[i].kind != CYCLE_IOR && cycle[i].kind != CYCLE_IOW)
            continue;
        note_byte(p, KIND_BITS[cycle[i].kind], port, (uint8_t)value);
        if (is_word(&cycle[i]))
            note_byte(p, KIND_BITS[cycle[i].kind], (uint16_t)(port + 1), (uint8_t)(value >> 8));
    }
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
    uint32_t clocks;
    s->taken = c->attention != 0 && (c->halted || v30_will_vector(c));
    clocks = written != NULL && !s->again ? trace_step(written, c) : v30_step(c);
    s->steps += clocks != 0;
    return clocks;
}

/* An IN or OUT, a prefix, or what cannot be told from its first byte. */
static int may_reach_port(const v30 *c)
{
    uint8_t code = c->bus->mem[address_of(c)];
    if (c->rep_active)
        return (c->rep_opcode & 0xFC) == 0x6C;
    if (c->state || c->bus->page[address_of(c) >> 12] == PAGE_DEVICE)
        return 1;
    return (code & 0xF4) == 0xE4 || (code & 0xFC) == 0x6C || (code & 0xE7) == 0x26 || (code & 0xFE) == 0x64
           || (code & 0xFC) == 0xF0;   /* E4-E7 EC-EF, 6C-6F, 26 2E 36 3E, 64 65, F0-F3 */
}

static uint32_t watched_step(stops *s, trace *written, v30 *c)
{
    board_bus *bus = c->bus;
    bus_trace own = {.cycles = s->cycles, .capacity = STOPS_CYCLES}, *outer = bus->trace, *seen = outer ? outer : &own;
    uint32_t first = seen->count, clocks, count;
    bus->trace = seen;
    clocks = do_step(s, written, c);
    bus->trace = outer;
    if (seen->count == first || first >= seen->capacity)
        return clocks;
    count = (seen->count < seen->capacity ? seen->count : seen->capacity) - first;
    note_ports(&s->ports, seen->cycles + first, count);
    if (s->quiet)
        return clocks;
    if (s->vectors && (s->taken_vector = (int16_t)vector_in(c, seen->cycles + first, count)) >= 0)
        look_at_vector(s, c);
    if (s->accesses)
        look_for_accesses(s, c, seen->cycles + first, count);
    return clocks;
}

uint32_t stops_step(stops *s, trace *written, v30 *c)
{
    uint32_t clocks;
    int returns = 0, watched;
    if (s->hit)
        return 0;
    s->from_clock = c->clock;
    s->from_place = place_of(c);
    s->taken_vector = -1;
    s->taken = s->count = 0;
    let_go(s);
    if (!s->quiet) {
        if (is_in_front(s, c))
            return 0;
        returns = s->return_wanted && is_return(s, c) && begins_instruction(c);
    }
    watched = (!s->quiet && (s->accesses || s->vectors)) || may_reach_port(c);
    clocks = watched ? watched_step(s, written, c) : do_step(s, written, c);
    if (clocks == 0)
        return 0;
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
