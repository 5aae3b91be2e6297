/* The bus unit, clock by clock, and its memory.
   Laws, all MEASURED on a uPD70116C-8 (17,500 of 17,500 recorded cases come out exactly, and of 305 instructions
   measured behind a row of NOPs 300):
   - a bus cycle is T1 T2 T3 (Tw) T4. What comes next is settled at the end of T3 and of each idle clock, and its T1 comes
     two clocks after that clock; so a request does not interrupt a running fetch.
   - a data request goes first. The execution unit reserves the bus a clock before it asks; from then on no fetch begins.
   - code is fetched as words while two bytes are free in the queue of six (a fetch under way counts as filled, and in
     the clock after its T4, when its bytes arrive, it counts twice); the first after a jump to an odd address is one
     byte. Its bytes can be taken two clocks after T4.
   - a flush throws away the queue and the fetch under way, which still runs to its end; the end of that T4 is one more
     moment to settle the fetch of the target.
   With waits, what T3 settles is settled behind T4, and data and bytes arrive a clock later (H-WAITS).
   As the state is small, what an instruction does to it is computed once and remembered. */
#include "v30_bus_unit.h"
#include <string.h>

enum { IDLE, SETTLED, T1, T2, T3, T4, T5 /* behind the T4 of a cycle with waits */ };
enum { NOBODY, FETCH, DATA };

typedef struct unit {
    int32_t t;            /* the clock that is going on, from the boundary before the instruction */
    uint8_t queue;        /* bytes that can be taken */
    uint8_t arriving;     /* bytes that can be taken a clock later */
    uint8_t phase;
    uint8_t current;      /* of whom the cycle under way is */
    uint8_t next;         /* of whom the settled one is */
    uint8_t fetching;     /* bytes of the fetch under way */
    uint8_t settled;      /* bytes of the settled fetch; 0 = doomed */
    uint8_t doomed;       /* the fetch under way is thrown away */
    uint8_t odd;          /* the next fetch is one byte */
    uint8_t redirect;     /* flushed, and the target's fetch not settled yet */
    uint8_t waiting;      /* Tw left */
    uint8_t requests;     /* byte or word cycles asked for and not settled */
    uint8_t reserved;
    uint8_t code_waits, data_waits, request_waits;
    uint32_t asked, done; /* data cycles */
} unit;

static void settle(unit *u, unsigned pushed)
{
    if (u->next)
        return;
    if (u->requests) {
        u->next = DATA;
        u->requests--;
        u->data_waits = u->request_waits;
    } else if (!u->reserved
               && (u->redirect || u->queue + pushed + u->arriving + (u->doomed ? 0 : u->fetching)
                   <= V30_QUEUE_BYTES - 2)) {
        u->next = FETCH;
        u->settled = u->odd ? 1 : 2;
        u->odd = u->redirect = 0;
    }
}

static void begin(unit *u)
{
    u->phase = T1;
    u->current = u->next;
    u->next = NOBODY;
    if (u->current == FETCH)
        u->fetching = u->settled;
    u->waiting = u->current == FETCH ? u->code_waits : u->data_waits;
}

static void complete(unit *u)
{
    if (u->current == FETCH) {
        if (!u->doomed)
            u->arriving = u->fetching;
        u->fetching = u->doomed = 0;
    } else
        u->done++;
}

static void clock_passes(unit *u)
{
    uint8_t waits = u->current == FETCH ? u->code_waits : u->data_waits;
    unsigned pushed = u->arriving;
    u->queue = (uint8_t)(u->queue + u->arriving);
    u->arriving = 0;
    switch (u->phase) {
    case IDLE:
        settle(u, pushed);
        if (u->next)
            u->phase = SETTLED;
        break;
    case SETTLED: begin(u); break;
    case T1: u->phase = T2; break;
    case T2: u->phase = T3; break;
    case T3:
        if (u->waiting) {
            u->waiting--;
            break;
        }
        if (waits == 0)
            settle(u, 0);
        u->phase = T4;
        break;
    default: {   /* T4, or T5 */
        uint8_t was = u->current;
        if (u->phase == T4 && waits) {
            u->phase = T5;
            break;
        }
        complete(u);
        if (u->phase == T5)
            settle(u, 0);
        u->current = NOBODY;
        u->phase = IDLE;
        if (u->next)
            begin(u);
        else if (was == FETCH && u->redirect && !u->requests) {
            settle(u, 0);
            if (u->next)
                u->phase = SETTLED;
        }
        break;
    }
    }
    u->t++;
}

static void pass_to(unit *u, int32_t t)
{
    while (u->t < t)
        clock_passes(u);
}

/* ---- the state between instructions, packed ---- */

/* queue 3 | arriving 2 | phase 3 | current 2 | next 2 | fetching 2 | settled 2 | doomed odd redirect 1 | requests 2 |
   waiting 2 | how far the bus unit is ahead of the execution unit 3 */
enum { AHEAD_BIAS = 1 };

static uint32_t pack(const unit *u, int32_t t)
{
    uint32_t ahead = (uint32_t)(u->t - t + AHEAD_BIAS);
    return u->queue | (uint32_t)u->arriving << 3 | (uint32_t)u->phase << 5 | (uint32_t)u->current << 8
        | (uint32_t)u->next << 10 | (uint32_t)u->fetching << 12 | (uint32_t)(u->next == FETCH ? u->settled : 0) << 14
        | (uint32_t)u->doomed << 16 | (uint32_t)u->odd << 17 | (uint32_t)u->redirect << 18 | (uint32_t)u->requests << 19
        | (uint32_t)u->waiting << 21 | ahead << 23;
}

static void unpack(unit *u, uint32_t s)
{
    *u = (unit){
        .queue = s & 7, .arriving = s >> 3 & 3, .phase = s >> 5 & 7, .current = s >> 8 & 3, .next = s >> 10 & 3,
        .fetching = s >> 12 & 3, .settled = s >> 14 & 3, .doomed = s >> 16 & 1, .odd = s >> 17 & 1,
        .redirect = s >> 18 & 1, .requests = s >> 19 & 3, .waiting = s >> 21 & 3,
        .t = (int32_t)(s >> 23 & 7) - AHEAD_BIAS,
    };
    u->asked = u->requests + (u->next == DATA) + (u->current == DATA);
}

void v30_flush_queue(v30 *c)
{
    unit u = {.odd = c->pc & 1, .redirect = 1};
    c->bus_unit = pack(&u, 0);
    c->early = 0;
}

void v30_prefetch(v30 *c, unsigned bytes)
{
    unit u = {.queue = (uint8_t)bytes};
    if (bytes == 0) {   /* as behind a jump */
        u.phase = T1;
        u.current = FETCH;
        u.fetching = c->pc & 1 ? 1 : 2;
        while (u.queue == 0)
            clock_passes(&u);
        u.t = 0;
    }
    c->bus_unit = pack(&u, 0);
    c->early = 0;
}

/* ---- micro-steps ---- */

typedef struct steps {
    const char *at, *loop;
    unsigned odd, target, word;
    uint32_t count[4], loops;
    uint32_t state_early;
    int32_t early;
    uint8_t waits_operand, waits_stack, waits_io, waits_low;
} steps;

/* Ask for the data cycles of one operand. While an earlier one is under way the step takes until its T2. */
static int32_t ask(unit *u, int32_t t, unsigned cycles, unsigned waits)
{
    int busy;
    uint8_t reserved = u->reserved;
    pass_to(u, t - 1);
    while (u->requests)
        clock_passes(u);
    if (u->t < t) {
        u->reserved = 1;
        clock_passes(u);
    } else
        t = u->t;
    u->reserved = reserved;
    busy = u->done != u->asked;
    u->requests = (uint8_t)cycles;
    u->request_waits = (uint8_t)waits;
    u->asked += cycles;
    if (busy) {
        while (u->requests == cycles)
            clock_passes(u);
        if (u->t - 2 > t)
            t = u->t - 2;
    }
    return t;
}

/* Returns the clock of the boundary. Letters: see v30_steps.c. */
static int32_t walk(unit *u, steps *s)
{
    int32_t t = 0;
    uint32_t read_ends[4] = {0}, last = u->asked;
    unsigned reads = 0, used = 0, n = 0, cycles;
    for (;;) {
        char step = *s->at++;
        unsigned waits = s->waits_operand, odd = 0, is_read = 0;
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
            pass_to(u, t);
            while (u->queue == 0)
                clock_passes(u);
            u->queue--;
            t = u->t;
            continue;
        case 's': pass_to(u, t - 1); u->reserved = 1; continue;
        case 'x':
            if (u->t < t) {
                pass_to(u, t - 1);
                u->reserved = 1;
                pass_to(u, t);
            }
            u->queue = u->arriving = 0;
            u->doomed = u->current == FETCH;
            if (u->next == FETCH)
                u->settled = 0;
            u->odd = (uint8_t)s->target;
            u->redirect = 1;
            u->reserved = 0;
            continue;
        case 'f':
            while (u->done - read_ends[used & 3] >= 0x80000000u)
                clock_passes(u);
            used++;
            if (u->t > t)
                t = u->t;
            continue;
        case 'g':
            while (u->done != last && !(u->done + 1 == last && u->current == DATA && u->phase >= T3))
                clock_passes(u);
            if (u->t > t)
                t = u->t;
            continue;
        case 'E':
            pass_to(u, t);
            while (u->done != u->asked)
                clock_passes(u);
            s->state_early = pack(u, u->t);
            s->early = u->t;
            while (u->queue == 0)
                clock_passes(u);
            s->early = u->t - s->early;
            return u->t;
        case 'e': pass_to(u, t); return u->t;
        case '@': pass_to(u, t - 1); return t;
        case 'r': is_read = 1; odd = s->word ? s->odd & V30_ODD_EA : 0; break;
        case 'w': odd = s->word ? s->odd & V30_ODD_EA : 0; break;
        case 'R': is_read = 1; odd = s->odd & V30_ODD_EA; break;
        case 'W': odd = s->odd & V30_ODD_EA; break;
        case 'a': is_read = 1; odd = s->word ? s->odd & V30_ODD_IX : 0; break;
        case 'b': is_read = 1; odd = s->word ? s->odd & V30_ODD_IY : 0; break;
        case 'c': odd = s->word ? s->odd & V30_ODD_IY : 0; break;
        case 'p': is_read = 1; odd = s->odd & V30_ODD_SP; waits = s->waits_stack; break;
        case 'u': odd = s->odd & V30_ODD_SP; waits = s->waits_stack; break;
        case 'l': is_read = 1; odd = s->odd & V30_ODD_BP; waits = s->waits_stack; break;
        case 'i': is_read = 1; odd = s->word ? s->odd & V30_ODD_IO : 0; waits = s->odd & V30_ON_CHIP ? 0 : s->waits_io; break;
        case 'o': odd = s->word ? s->odd & V30_ODD_IO : 0; waits = s->odd & V30_ON_CHIP ? 0 : s->waits_io; break;
        case 'k': is_read = 1; waits = 0; break;
        default: is_read = 1; waits = s->waits_low; break;   /* 'v' */
        }
        cycles = odd ? 2 : 1;
        t = ask(u, t, cycles, waits);
        last = u->asked;
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

typedef struct outcome {
    uint32_t clocks, state, state_early, early;
} outcome;

static outcome simulate(v30_shape shape, unsigned prefixes, uint32_t count, uint32_t waits, uint32_t state)
{
    char text[STEPS_MAX + 1];
    unit u;
    unsigned opcode = shape & 0xFF, sub = shape >> SHAPE_SUB & 0x3F;
    steps s = {
        .at = text, .odd = shape >> SHAPE_ODD & 15,  .target = shape >> SHAPE_TARGET & 1,
        .word = opcode == 0x0F ? sub & 1 : opcode & 1, .count = {count}, .loops = count,
        .waits_operand = waits >> 2 & 3, .waits_stack = waits >> 4 & 3, .waits_io = waits >> 6 & 3,
        .waits_low = waits >> 8 & 3,
    };
    int32_t t, more = 0;
    unpack(&u, state);
    u.code_waits = waits & 3;
    u.data_waits = u.request_waits = s.waits_operand;
    if (opcode == 0x0F && (sub & 0x35) == 0x31)
        field_counts(&s, sub, count);
    for (unsigned n = 3; n < prefixes; n++) {   /* those the shape has no room for */
        s.at = "q..@";
        t = walk(&u, &s);
        more += t;
        u.t -= t;
    }
    text[v30_steps(shape | (v30_shape)(count & SHAPE_COUNT_MAX) << SHAPE_COUNT, text)] = 0;
    s.at = text;
    t = walk(&u, &s);
    return (outcome){(uint32_t)(t + more), pack(&u, t), s.state_early, (uint32_t)s.early};
}

/* ---- waits: by the segments, as if no operand lay in another block than its segment's base (H-WAITS) ---- */

static uint32_t waits_at(const v30 *c, uint32_t segment)
{
    uint32_t address = segment << 4;
    return address < c->waits.lower_end ? c->waits.lower : address >= c->waits.upper_start ? c->waits.upper : c->waits.middle;
}

static uint32_t look_up_waits(v30_waits *w, const v30 *c)
{
    w->found = (uint16_t)(waits_at(c, c->s[V30_PS]) | waits_at(c, c->s[V30_DS0]) << 2 | waits_at(c, c->s[V30_SS]) << 4
        | (uint32_t)w->io << 6 | (uint32_t)w->lower << 8);
    memcpy(&w->segments, c->s, sizeof w->segments);
    return w->found;
}

static inline uint32_t waits_now(v30 *c)
{
    uint64_t segments;
    memcpy(&segments, c->s, sizeof segments);
    return !c->waits.any ? 0 : segments == c->waits.segments ? c->waits.found : look_up_waits(&c->waits, c);
}

void v30_set_waits(v30 *c, v30_waits waits)
{
    c->waits = waits;
    c->waits.any = (waits.lower | waits.middle | waits.upper | waits.io) != 0;
    (void)look_up_waits(&c->waits, c);
}

/* ---- the memory ---- */

static uint32_t take_over(v30 *c, const outcome *o)
{
    c->bus_unit = o->state;
    c->bus_unit_early = o->state_early;
    c->early = (uint16_t)o->early;
    return o->clocks;
}

uint32_t v30_time(v30 *c, v30_shape shape, unsigned prefixes, uint32_t count)
{
    uint64_t key;
    uint32_t waits = waits_now(c);
    v30_remembered *m;
    outcome o;
    if (count > SHAPE_COUNT_MAX || prefixes > 3) {
        o = simulate(shape, prefixes, count, waits, c->bus_unit);
        return take_over(c, &o);
    }
    key = shape | (uint64_t)count << SHAPE_COUNT | (uint64_t)c->bus_unit << SHAPE_BITS;
    m = &c->remembered[(key ^ key >> 17 ^ key >> 39) * 0x9E3779B97F4A7C15u >> (64 - V30_REMEMBERED_BITS)];
    if (m->key == key && m->waits == waits) {
        c->bus_unit = m->state;
        c->bus_unit_early = m->state_early;
        c->early = m->early;
        return m->clocks;
    }
    o = simulate(shape, prefixes, count, waits, c->bus_unit);
    if (o.clocks <= 0xFFFF)
        *m = (v30_remembered){.key = key, .state = o.state, .state_early = o.state_early, .clocks = (uint16_t)o.clocks,
                              .early = (uint16_t)o.early, .waits = (uint16_t)waits};
    return take_over(c, &o);
}

uint32_t v30_foretell(const v30 *c, v30_shape shape, unsigned prefixes, uint32_t count)
{
    v30_waits waits = c->waits;
    return simulate(shape, prefixes, count, waits.any ? look_up_waits(&waits, c) : 0, c->bus_unit).clocks;
}

uint32_t v30_take_back(v30 *c, int64_t since)
{
    int64_t clock = (int64_t)c->clock, begin = clock - c->early, from = since > begin ? since : begin;
    uint32_t back;
    if (from >= clock)
        return 0;
    back = (uint32_t)(clock - from);
    c->bus_unit = c->bus_unit_early;
    (void)v30_time(c, v30_shape_of(SHAPE_PASS, 0, 0, 0) | (v30_shape)PATH_FREE << SHAPE_PATH, 0, (uint32_t)(from - begin));
    return back;
}
