/* See profile.h. Calls and returns are known by their opcodes. A return goes to the innermost open call that waits for
   it where it goes; one that nobody waits for is a jump. */
#include "profile_tables.h"
#include "bus.h"

enum {   /* what an instruction may do to the calls; decided by where the program goes on */
    PLAIN, CALL, CALL_IF, CALL_8080, CALL_NATIVE, RETURN, RETURN_IF, INTERRUPT
};

static uint32_t physical(uint32_t place) { return ((place >> 16 << 4) + (place & 0xFFFF)) & 0xFFFFF; }

/* ---- calls ---- */

static void leave(profile *p)
{
    profile_frame *f = &p->frame[--p->depth];
    p->function[f->function].context = f->context_before;
    if (f->outermost) {
        p->function[f->function].whole += f->total;
        if (f->edge)
            p->edge[f->edge - 1].clocks += f->total;
    }
    p->context = f->context;
    p->emulating = f->emulating;
    if (!f->interrupt && p->depth != 0)
        f[-1].total += f->total;
}

static void leave_all(profile *p)
{
    while (p->depth != 0)
        leave(p);
}

/* Room for another call: the older half ends here as far as it goes. */
static void forget(profile *p)
{
    uint32_t half = PROFILE_DEPTH / 2;
    p->lost += half;
    for (uint32_t n = half; n-- > 0;) {
        profile_frame *f = &p->frame[n];
        p->function[f->function].context = f->context_before;
        if (f->outermost)
            p->function[f->function].whole += f->total;
        if (f->outermost && f->edge)
            p->edge[f->edge - 1].clocks += f->total;
        if (!f->interrupt && n != 0)
            f[-1].total += f->total;
    }
    p->depth -= half;
    memmove(p->frame, p->frame + half, p->depth * sizeof *p->frame);
}

/* A program that took its return address off the stack, or threw its stack away, never returns: a call that pushes
   where an open one had pushed, or above it, shows that. Farther up it is another stack. */
static void leave_the_dead(profile *p, uint32_t stack)
{
    if (stack == PROFILE_NOWHERE)
        return;
    while (p->depth > 1) {
        uint32_t theirs = p->frame[p->depth - 1].stack;
        if (theirs == PROFILE_NOWHERE || stack - theirs >= PROFILE_STACK)
            return;
        leave(p);
    }
}

/* A call of the function at `place`, by the vector of an interrupt or -1. */
static void enter(profile *p, uint32_t place, uint32_t back, uint32_t stack, int vector, int emulating)
{
    profile_frame *f, *caller;
    uint32_t function, from, parent;
    if (p->depth == PROFILE_DEPTH)
        forget(p);
    f = &p->frame[p->depth];
    caller = p->depth ? f - 1 : NULL;
    memset(f, 0, sizeof *f);
    f->context = p->context;
    f->emulating = p->emulating;
    f->back = back;
    f->stack = stack;
    function = f->function = profile_function_of(p, place);
    if (vector >= 0) {
        f->interrupt = 1;
        p->context = ++p->contexts;
        from = profile_function_of(p, PROFILE_VECTOR | (uint32_t)vector);
        parent = profile_node_of(p, 0, from);
        p->function[from].calls++;
        if (p->node[parent].function == from)
            p->node[parent].calls++;
        f->edge = profile_edge_of(p, from, function);
    } else {
        from = caller ? caller->function : 0;
        parent = caller ? caller->node : 0;
        f->edge = caller ? profile_edge_of(p, from, function) : 0;
    }
    f->node = profile_node_of(p, parent, function);
    f->context_before = p->function[function].context;
    f->outermost = f->context_before != p->context;
    p->function[function].context = p->context;
    f->own = p->watching && physical(place) == p->watched;
    f->inside = f->own || (!f->interrupt && caller && caller->inside);
    p->function[function].calls++;
    p->node[f->node].calls++;
    if (f->edge)
        p->edge[f->edge - 1].count++;
    p->emulating = (uint8_t)emulating;
    p->depth++;
}

/* The program is at `place`, and nobody knows who called it. */
static void start(profile *p, uint64_t clock, uint32_t place)
{
    p->context = ++p->contexts;
    enter(p, place, PROFILE_NOWHERE, PROFILE_NOWHERE, -1, 0);
    p->function[p->frame[0].function].calls--;
    p->node[p->frame[0].node].calls--;
    p->clock = clock;
}

static int go_back(profile *p, uint32_t place)
{
    for (uint32_t n = p->depth; n-- > 0;)
        if (p->frame[n].back == place) {
            while (p->depth > n)
                leave(p);
            return 1;
        }
    return 0;
}

/* ---- instructions ---- */

static unsigned kind_8080(const trace_event *e)
{
    uint8_t opcode = e->code[0];
    if (opcode == 0xED && e->shown > 1)
        return e->code[1] == 0xED ? CALL_NATIVE : e->code[1] == 0xFD ? RETURN : PLAIN;
    if (opcode < 0xC0)
        return PLAIN;
    if (opcode == 0xCD || (opcode & 7) == 7)
        return CALL;
    if ((opcode & 7) == 4 || (opcode & 0xCF) == 0xCD)
        return CALL_IF;
    return (opcode & 0xEF) == 0xC9 ? RETURN : (opcode & 7) == 0 ? RETURN_IF : PLAIN;
}

static unsigned kind_native(const uint8_t *code, unsigned left)
{
    unsigned deed = left > 1 ? code[1] >> 3 & 7 : 0;
    switch (code[0]) {
    case 0xE8: case 0x9A: case 0xCC: case 0xCD:
        return CALL;
    case 0xFF:
        return deed == 2 || deed == 3 ? CALL : PLAIN;
    case 0xCE: case 0x62: case 0xD4:   /* BRKV, CHKIND, CVTBD: when they trap */
        return CALL_IF;
    case 0xF6: case 0xF7:              /* DIVU, DIV */
        return deed >= 6 ? CALL_IF : PLAIN;
    case 0xC2: case 0xC3: case 0xCA: case 0xCB: case 0xCF:
        return RETURN;
    case 0x0F:
        return left > 1 && code[1] == 0xFF ? CALL_8080 : PLAIN;
    }
    return PLAIN;
}

static unsigned opcode_at(const trace_event *e)
{
    unsigned n = 0;
    for (; n + 1 < e->shown; n++) {
        uint8_t c = e->code[n];
        if ((c & 0xE7) != 0x26 && c != 0xF0 && c != 0xF2 && c != 0xF3 && c != 0x64 && c != 0x65)
            break;
    }
    return n;
}

static void settle(profile *p, uint64_t clock)
{
    uint64_t delta = clock > p->clock ? clock - p->clock : 0;
    p->clock = clock;
    if (p->depth == 0)
        return;
    profile_frame *f = &p->frame[p->depth - 1];
    p->span += delta;
    f->total += delta;
    if (p->halting) {
        p->function[f->function].halted += delta;
        p->node[f->node].halted += delta;
    } else {
        p->function[f->function].own += delta;
        p->node[f->node].own += delta;
    }
    if (p->row)
        p->place[p->row - 1].clocks += delta;
}

/* The program goes on at `place`: what was pending is decided. The clocks of a call are its caller's, those of an
   interrupt its handler's. */
static void decide(profile *p, uint64_t clock, uint32_t place)
{
    unsigned kind = p->pending;
    p->pending = PLAIN;
    if (kind == INTERRUPT) {
        leave_the_dead(p, p->lowest);
        enter(p, place, p->behind, p->lowest, p->vector, 0);
        settle(p, clock);
        return;
    }
    settle(p, clock);
    if (kind == PLAIN || ((kind == CALL_IF || kind == RETURN_IF) && place == p->behind))
        return;
    if (kind == RETURN || kind == RETURN_IF) {
        if (!go_back(p, place) && p->depth == 1)
            p->emulating = 0;
        return;
    }
    leave_the_dead(p, p->lowest);
    enter(p, place, p->behind, p->lowest, -1, kind == CALL_8080 || (p->emulating && kind != CALL_NATIVE));
}

static void take_instruction(profile *p, const trace_event *e)
{
    unsigned opcode;
    uint32_t address = physical(e->place);
    if (p->depth != 0 && e->place == 0xFFFF0000) {   /* a reset */
        p->pending = PLAIN;
        settle(p, e->clock);
        leave_all(p);
    } else if (p->depth != 0)
        decide(p, e->clock, e->place);
    if (p->depth == 0)
        start(p, e->clock, e->place);
    p->instructions++;
    p->row = profile_row(p, e->place);
    if (p->row) {
        profile_place *row = &p->place[p->row - 1];
        row->count++;
        if (e->shown > row->length)
            row->length = e->shown;
    }
    p->counts[address] += p->counts[address] != 0xFFFFFFFF;
    p->at = e->place;
    p->behind = trace_behind(e->place, e->shown);
    p->lowest = PROFILE_NOWHERE;
    if (p->emulating) {
        p->pending = (uint8_t)kind_8080(e);
        p->halting = e->code[0] == 0x76;
        return;
    }
    opcode = opcode_at(e);
    p->pending = (uint8_t)kind_native(e->code + opcode, e->shown - opcode);
    p->halting = e->code[opcode] == 0xF4;
}

static void take_interrupt(profile *p, const trace_event *e)
{
    p->interrupts[e->value & 0xFF]++;
    if (p->depth == 0)
        start(p, e->clock, e->place);
    else
        decide(p, e->clock, e->place);
    p->pending = INTERRUPT;
    p->vector = (uint8_t)e->value;
    p->row = p->halting = 0;
    p->at = PROFILE_NOWHERE;
    p->behind = e->place;
    p->lowest = PROFILE_NOWHERE;
}

static void take_access(profile *p, const trace_event *e)
{
    unsigned kind = e->kind - TRACE_ACCESS;
    uint32_t address = e->address & 0xFFFFF;
    if (kind == CYCLE_MEMR || kind == CYCLE_MEMW) {
        uint8_t bit = kind == CYCLE_MEMR ? 1 : 2;
        p->touched[address] |= bit;
        if (e->word)
            p->touched[(address + 1) & 0xFFFFF] |= bit;
        if (kind == CYCLE_MEMW && p->pending != PLAIN && address < p->lowest)
            p->lowest = address;
        return;
    }
    for (unsigned n = 0; n <= e->word; n++) {
        uint32_t port = (e->address + n) & 0xFFFF;
        profile_count_port(p, port, kind == CYCLE_IOW);
        if (kind == CYCLE_IOW && p->log_writes && p->writes < PROFILE_WRITES)
            p->write[p->writes++] = (profile_write){
                e->clock, p->at, p->depth ? p->frame[p->depth - 1].node : 0, (uint16_t)port,
                (uint16_t)(e->value >> 8 * n & 0xFF)};
    }
}

void profile_take(profile *p, const trace_event *e)
{
    if (e->kind == TRACE_INSTRUCTION)
        take_instruction(p, e);
    else if (e->kind == TRACE_INTERRUPT)
        take_interrupt(p, e);
    else if (e->kind == TRACE_WAKE)
        p->wakes++;
    else
        take_access(p, e);
}

void profile_begin(profile *p)
{
    p->function[0].key = PROFILE_REST;
    p->functions = p->nodes = 1;
    p->lowest = p->at = PROFILE_NOWHERE;
}

void profile_mark(profile *p, uint64_t clock)
{
    p->pending = PLAIN;
    settle(p, clock);
    leave_all(p);
    p->row = p->halting = p->emulating = 0;
    p->at = PROFILE_NOWHERE;
    p->clock = clock;
}

void profile_line(profile *p, uint64_t clock, unsigned kind, uint32_t at, uint32_t value, unsigned length,
                  const uint8_t *code)
{
    trace_event e = {.clock = clock, .code = code, .place = at, .address = at, .value = (uint16_t)value,
                     .kind = (uint8_t)kind, .word = length == 2, .shown = length & 0x1F, .more = length >> 7 & 1};
    p->writes = 0;
    profile_take(p, &e);
}

int profile_feed(profile *p, uint64_t begins, const uint8_t *first, uint32_t size, uint32_t *counts)
{
    trace_source in = {first, first + size};
    trace_event event;
    memset(counts, 0, TRACE_KINDS * sizeof *counts);
    p->writes = 0;
    trace_slots_begin(&p->slots, begins);
    while (in.at < in.end) {
        if (!trace_unpack(&p->slots, &in, &event))
            return -1;
        counts[event.kind]++;
        profile_take(p, &event);
    }
    return 0;
}
