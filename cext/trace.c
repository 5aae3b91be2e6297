/* Lines of text about the CPU's steps. A line is put together from prepared pieces: an instruction's text is kept by its
   place, the clock's digits come out of a table. */
#include "trace.h"
#include <string.h>

/* ---- pieces ---- */

/* Four digits at once: the nibbles are spread over four bytes; those above 9 get 7 more, up to the letters. */
static uint8_t *put_hex4(uint8_t *at, uint32_t value)
{
    uint32_t spread = (value | value << 8) & 0x00FF00FF;
    spread = (spread | spread << 4) & 0x0F0F0F0F;
    spread += 0x30303030 + ((spread + 0x06060606) >> 4 & 0x01010101) * 7;
    at[0] = (uint8_t)(spread >> 24);
    at[1] = (uint8_t)(spread >> 16);
    at[2] = (uint8_t)(spread >> 8);
    at[3] = (uint8_t)spread;
    return at + 4;
}

static uint8_t hex_digit(uint32_t value) { return (uint8_t)(value < 10 ? '0' + value : 'A' - 10 + value); }

static uint8_t *put_hex2(uint8_t *at, uint32_t value)
{
    at[0] = hex_digit(value >> 4 & 15);
    at[1] = hex_digit(value & 15);
    return at + 2;
}

static uint8_t *put_text(uint8_t *at, const char *text)
{
    while (*text)
        *at++ = (uint8_t)*text++;
    return at;
}

void trace_begin(trace *t)
{
    for (unsigned low = 0; low < TRACE_LOW; low++)
        for (unsigned digit = 4, rest = low; digit-- > 0; rest /= 10)
            t->low[low][digit] = (uint8_t)('0' + rest % 10);
}

static void take_high(trace *t, uint64_t high)
{
    uint8_t reversed[20];
    unsigned size = 0;
    t->clock_high = high;
    t->digits_size = 0;
    for (; high > 0; high /= 10)
        reversed[size++] = (uint8_t)('0' + high % 10);
    while (size > 0)
        t->digits[t->digits_size++] = reversed[--size];
}

/* The clock, at least four digits, and a space. */
static uint8_t *put_clock(trace *t, uint8_t *at, uint64_t clock)
{
    uint64_t distance = clock - t->clock_high * TRACE_LOW;
    if (distance >= TRACE_LOW) {
        take_high(t, clock / TRACE_LOW);
        distance = clock % TRACE_LOW;
    }
    memcpy(at, t->digits, sizeof t->digits);
    at += t->digits_size;
    memcpy(at, t->low[distance], 4);
    at[4] = ' ';
    return at + 5;
}

/* ---- lines ---- */

static uint8_t *begin(trace *t, uint64_t clock)
{
    if (t->used > TRACE_TEXT - TRACE_LINE) {
        t->drain(t->user);
        t->used = 0;
    }
    return put_clock(t, t->text + t->used, clock);
}

static void end(trace *t, uint8_t *at)
{
    *at++ = '\n';
    t->used = (uint32_t)(at - t->text);
    t->lines++;
}

static int in_time(const trace *t, uint64_t clock) { return clock >= t->first_clock && clock < t->end_clock; }

static uint8_t byte_at(const board_bus *bus, uint16_t ps, uint16_t pc)
{
    uint32_t a = (((uint32_t)ps << 4) + pc) & 0xFFFFF;
    return bus->page[a >> 12] == PAGE_DEVICE ? 0xFF : bus->mem[a];
}

/* "exec PS:PC bytes"; at most TRACE_LINE / 4 of them. */
static uint8_t *put_code(uint8_t *at, const board_bus *bus, uint16_t ps, uint16_t pc, unsigned *length)
{
    v30_decoded d;
    unsigned shown;
    v30_decode(bus, ps, pc, &d);
    *length = d.length;
    shown = d.length < 16 ? d.length : 16;
    at = put_text(at, "exec ");
    at = put_hex4(at, ps);
    *at++ = ':';
    at = put_hex4(at, pc);
    *at++ = ' ';
    for (unsigned i = 0; i < shown; i++)
        at = put_hex2(at, byte_at(bus, ps, (uint16_t)(pc + i)));
    return shown < d.length ? put_text(at, "..") : at;
}

static uint8_t *put_register(trace *t, uint8_t *at, unsigned n, const char *name, uint16_t value)
{
    if (t->any_shown && t->shown[n] == value)
        return at;
    t->shown[n] = value;
    at = put_text(at, name);
    return put_hex4(at, value);
}

static uint8_t *put_registers(trace *t, uint8_t *at, const v30 *c)
{
    static const char general[8][5] = {" aw=", " cw=", " dw=", " bw=", " sp=", " bp=", " ix=", " iy="};
    for (unsigned n = 0; n < 8; n++)
        at = put_register(t, at, n, general[n], c->r[n]);
    at = put_register(t, at, 8, " ds1=", c->s[V30_DS1]);
    at = put_register(t, at, 9, " ss=", c->s[V30_SS]);
    at = put_register(t, at, 10, " ds0=", c->s[V30_DS0]);
    at = put_register(t, at, 11, " psw=", c->psw);
    t->any_shown = 1;
    return at;
}

static void put_instruction(trace *t, const v30 *c)
{
    const board_bus *bus = c->bus;
    uint16_t ps = c->s[V30_PS], pc = c->pc;
    uint32_t a = (((uint32_t)ps << 4) + pc) & 0xFFFFF;
    uint8_t *at = begin(t, c->clock);
    unsigned length;
    if (a <= 0xFFFF8 && pc <= 0xFFF8 && bus->page[a >> 12] != PAGE_DEVICE && bus->page[(a + 7) >> 12] != PAGE_DEVICE) {
        uint32_t place = (uint32_t)ps << 16 | pc;
        trace_code *code = &t->codes[a & (TRACE_CODES - 1)];
        uint64_t raw;
        memcpy(&raw, bus->mem + a, sizeof raw);
        if (code->size == 0 || code->raw != raw || code->place != place) {
            uint8_t *stop = put_code(at, bus, ps, pc, &length);
            if (length <= 8) {   /* text depends on nothing but the eight bytes */
                code->raw = raw;
                code->place = place;
                code->size = (uint8_t)(stop - at);
                memcpy(code->text, at, code->size);
            }
            at = stop;
        } else {
            memcpy(at, code->text, sizeof code->text);
            at += code->size;
        }
    } else
        at = put_code(at, bus, ps, pc, &length);
    if (t->registers)
        at = put_registers(t, at, c);
    end(t, at);
}

static void put_access(trace *t, uint64_t clock, const bus_cycle *cycle)
{
    static const char names[4][6] = {"memr ", "memw ", "in ", "out "};
    int memory = cycle->kind <= CYCLE_MEMW, word = !cycle->ube && !(cycle->address & 1);
    uint8_t *at = put_text(begin(t, clock), names[cycle->kind]);
    if (memory)
        *at++ = hex_digit(cycle->address >> 16 & 15);
    at = put_hex4(at, cycle->address & 0xFFFF);
    *at++ = ' ';
    at = word ? put_hex4(at, cycle->data) : put_hex2(at, cycle->address & 1 ? cycle->data >> 8u : cycle->data);
    end(t, at);
}

static int wanted(const trace *t, const bus_cycle *cycle)
{
    switch (cycle->kind) {
    case CYCLE_MEMR: return t->memory[cycle->address & 0xFFFFF] & TRACE_MEMR;
    case CYCLE_MEMW: return t->memory[cycle->address & 0xFFFFF] & TRACE_MEMW;
    case CYCLE_IOR: return t->port[cycle->address & 0xFFFF] & TRACE_IN;
    case CYCLE_IOW: return t->port[cycle->address & 0xFFFF] & TRACE_OUT;
    default: return 0;
    }
}

static void put_accesses(trace *t, uint64_t clock, const bus_trace *seen, uint32_t first)
{
    for (uint32_t i = first; i < seen->count && i < seen->capacity; i++)
        if (wanted(t, &seen->cycles[i]))
            put_access(t, clock, &seen->cycles[i]);
}

/* An interrupt was taken: INTA cycles bring its vector, else the first read in the vector table tells it. */
static void put_interrupt(trace *t, const v30 *before, const bus_trace *seen, uint32_t first)
{
    uint8_t *at = begin(t, before->clock);
    if (seen->count == first || first >= seen->capacity)
        at = put_text(at, "wake");
    else {
        const bus_cycle *cycle = &seen->cycles[first];
        at = put_text(at, "int ");
        at = put_hex2(at, cycle->kind == CYCLE_INTA ? cycle->data : cycle->address >> 2);
    }
    at = put_text(at, " at ");
    at = put_hex4(at, before->s[V30_PS]);
    *at++ = ':';
    at = put_hex4(at, before->pc);
    end(t, at);
}

/* ---- running ---- */

static int may_interrupt(const v30 *c) { return c->attention != 0; }

uint32_t trace_step(trace *t, v30 *c)
{
    board_bus *bus = c->bus;
    bus_trace own = {.cycles = t->cycles, .capacity = TRACE_CYCLES}, *outer = bus->trace, *seen = &own;
    uint64_t clock = c->clock;
    uint32_t first = 0, taken = 0;
    int accesses;
    if (!in_time(t, clock))
        return v30_step(c);
    if (outer != NULL) {
        seen = outer;
        first = outer->count;
    }
    if (may_interrupt(c)) {
        v30 before = *c;
        bus->trace = seen;
        taken = v30_accept_interrupts(c);
        bus->trace = outer;
        if (taken && t->interrupts)
            put_interrupt(t, &before, seen, first);
    }
    if (!taken) {
        if (c->halted || c->stop)
            return 0;
        if (!c->rep_active && (t->memory[(((uint32_t)c->s[V30_PS] << 4) + c->pc) & 0xFFFFF] & TRACE_EXEC))
            put_instruction(t, c);
        accesses = t->accesses;
        if (accesses)
            bus->trace = seen;
        taken = v30_execute(c);
        bus->trace = outer;
    }
    if (t->accesses)
        put_accesses(t, clock, seen, first);
    return taken;
}

void trace_run(trace *t, v30 *c)
{
    while (c->clock < c->horizon)
        if (trace_step(t, c) == 0) {
            v30_let_pass(c);   /* halted or stopped */
            return;
        }
}
