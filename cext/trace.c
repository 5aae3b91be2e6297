/* The CPU's steps, and what they did, as lines of text or packed records. The text of an instruction is kept by its
   place. */
#include "trace.h"

void trace_begin(trace *t)
{
    trace_text_begin(&t->text);
    trace_taken(t);
}

void trace_taken(trace *t)
{
    t->used = 0;
    t->begins = t->ends = 0;
    memset(t->counts, 0, sizeof t->counts);
}

/* ---- lines ---- */

static uint8_t *begin(trace *t, uint64_t clock)
{
    if (t->used > TRACE_BLOCK - TRACE_LINE) {
        t->drain(t->user);
        trace_taken(t);
    }
    if (t->used == 0) {
        t->begins = clock;
        if (t->packed)
            trace_slots_begin(&t->slots, clock);
    }
    t->ends = clock;
    return t->packed ? t->block + t->used : trace_text_clock(&t->text, t->block + t->used, clock);
}

static void end(trace *t, uint8_t *at, unsigned kind)
{
    if (!t->packed)
        *at++ = '\n';
    t->used = (uint32_t)(at - t->block);
    t->counts[kind]++;
}

static uint32_t place_of(const v30 *c) { return (uint32_t)c->s[V30_PS] << 16 | c->pc; }

static uint8_t emulating(const v30 *c) { return c->state & V30_EMULATING; }

/* Of PS:pc, as the queue has it. */
static uint8_t byte_at(const v30 *c, uint16_t pc)
{
    const board_bus *bus = c->bus;
    uint32_t a = (((uint32_t)c->s[V30_PS] << 4) + pc) & 0xFFFFF;
    uint8_t value = bus->page[a >> 12] == PAGE_DEVICE ? 0xFF : bus->mem[a];
    return c->state & V30_STALE ? v30_stale_byte_at(c, a, value) : value;
}

/* Of an 8080 instruction. */
static unsigned length_8080(uint8_t opcode, uint8_t second)
{
    if (opcode == 0xED)   /* CALLN has a vector behind its two bytes */
        return second == 0xED ? 3 : 2;
    if (opcode >= 0xC0) {
        if ((opcode & 7) == 2 || (opcode & 7) == 4 || (opcode & 0xF7) == 0xC3 || (opcode & 0xCF) == 0xCD)
            return 3;
        return (opcode & 7) == 6 || (opcode & 0xF7) == 0xD3 ? 2 : 1;
    }
    if (opcode >= 0x40)
        return 1;
    return (opcode & 15) == 1 || (opcode & 0xE7) == 0x22 ? 3 : (opcode & 7) == 6 ? 2 : 1;
}

/* The bytes of the instruction at PS:PC; how many, | 80 when there are more than the first TRACE_CODE. */
static unsigned take_code(const v30 *c, uint8_t *code)
{
    unsigned length, shown;
    if (emulating(c))
        length = length_8080(byte_at(c, c->pc), byte_at(c, (uint16_t)(c->pc + 1)));
    else {
        v30_decoded d;
        v30_decode_next(c, &d);
        length = d.length;
    }
    shown = length < TRACE_CODE ? length : TRACE_CODE;
    for (unsigned i = 0; i < shown; i++)
        code[i] = byte_at(c, (uint16_t)(c->pc + i));
    return shown < length ? shown | 0x80 : shown;
}

/* Eight bytes at once: they lie in plain memory without a wrap, and the queue has the same. */
static int take_raw(const v30 *c, uint64_t *raw)
{
    const board_bus *bus = c->bus;
    uint32_t a = (((uint32_t)c->s[V30_PS] << 4) + c->pc) & 0xFFFFF;
    if ((c->state & V30_STALE) || a > 0xFFFF8 || c->pc > 0xFFF8 || bus->page[a >> 12] == PAGE_DEVICE || bus->page[(a + 7) >> 12] == PAGE_DEVICE)
        return 0;
    memcpy(raw, bus->mem + a, sizeof *raw);
    return 1;
}

static uint8_t *write_code(trace *t, uint8_t *at, const v30 *c, uint32_t place)
{
    trace_code *kept = &t->codes[(place >> 12 ^ place) & (TRACE_CODES - 1)];
    uint8_t code[TRACE_CODE], *stop;
    unsigned length;
    uint64_t raw;
    int whole = take_raw(c, &raw);
    if (whole && kept->size != 0 && kept->raw == raw && kept->place == place && kept->emulating == emulating(c)) {
        memcpy(at, kept->text, sizeof kept->text);
        return at + kept->size;
    }
    length = take_code(c, code);
    stop = trace_text_code(at, place, code, length & 0x1F, length >> 7);
    if (whole && length <= 8) {   /* the text depends on nothing but the eight bytes */
        *kept = (trace_code){raw, place, (uint8_t)(stop - at), emulating(c), {0}};
        memcpy(kept->text, at, kept->size);
    }
    return stop;
}

/* Ones in the first bytes of a word as it lies in memory. */
static uint64_t first_bytes(unsigned count)
{
    static const uint8_t ones[16] = {255, 255, 255, 255, 255, 255, 255, 255};
    uint64_t mask;
    memcpy(&mask, ones + 8 - count, sizeof mask);
    return mask;
}

static uint8_t *pack_code(trace *t, uint8_t *first, uint8_t *at, const v30 *c)
{
    trace_slot *slot = t->slots.last;
    uint8_t code[TRACE_CODE];
    unsigned length;
    uint64_t raw, known;
    memcpy(&known, slot->code, sizeof known);
    if (take_raw(c, &raw) && slot->length - 1u < 8 && slot->emulating == emulating(c)
        && ((raw ^ known) & first_bytes(slot->length)) == 0)
        return at;
    slot->emulating = emulating(c);
    length = take_code(c, code);
    if (length == slot->length && memcmp(code, slot->code, length & 0x1F) == 0)
        return at;
    return trace_pack_code(&t->slots, first, at, code, length);
}

static unsigned take_register(trace *t, unsigned n, uint16_t value)
{
    if (t->shown[n] == value && t->any_shown)
        return 0;
    t->shown[n] = value;
    return 1u << n;
}

static unsigned take_registers(trace *t, const v30 *c)
{
    unsigned changed = 0;
    for (unsigned n = 0; n < 8; n++)
        changed |= take_register(t, n, c->r[n]);
    changed |= take_register(t, 8, c->s[V30_DS1]) | take_register(t, 9, c->s[V30_SS])
        | take_register(t, 10, c->s[V30_DS0]) | take_register(t, 11, c->psw);
    t->any_shown = 1;
    return changed;
}

static void put_instruction(trace *t, const v30 *c)
{
    uint32_t place = place_of(c);
    uint8_t *first = begin(t, c->clock), *at;
    unsigned changed = t->registers ? take_registers(t, c) : 0;
    if (t->packed) {
        at = pack_code(t, first, trace_pack_instruction(&t->slots, first, c->clock, place), c);
        if (changed)
            at = trace_pack_registers(&t->slots, first, at, changed, t->shown);
    } else
        at = trace_text_registers(write_code(t, first, c, place), changed, t->shown);
    end(t, at, TRACE_INSTRUCTION);
}

static void put_access(trace *t, uint64_t clock, const bus_cycle *cycle)
{
    int word = !cycle->ube && !(cycle->address & 1);
    uint32_t value = word ? cycle->data : cycle->address & 1 ? cycle->data >> 8u : cycle->data & 0xFFu;
    uint8_t *at = begin(t, clock);
    if (t->packed)
        at = trace_pack_access(&t->slots, at, clock, cycle->kind, cycle->address, word, value);
    else
        at = trace_text_access(at, cycle->kind, cycle->address, word, value);
    end(t, at, TRACE_ACCESS + cycle->kind);
}

static void put_accesses(trace *t, uint64_t clock, const bus_trace *seen, uint32_t first)
{
    for (uint32_t i = first; i < seen->count && i < seen->capacity; i++)
        if (trace_wants_access(&t->wanted, seen->cycles[i].kind, seen->cycles[i].address))
            put_access(t, clock, &seen->cycles[i]);
}

/* An interrupt was taken: INTA cycles bring its vector, else the first read in the vector table tells it. */
static void put_interrupt(trace *t, uint64_t clock, uint32_t place, const bus_trace *seen, uint32_t first)
{
    uint8_t *at = begin(t, clock);
    unsigned vector = 0x100;
    if (seen->count != first && first < seen->capacity) {
        const bus_cycle *cycle = &seen->cycles[first];
        vector = (cycle->kind == CYCLE_INTA ? cycle->data : cycle->address >> 2) & 0xFF;
    }
    if (t->packed)
        at = trace_pack_interrupt(&t->slots, at, clock, vector, place);
    else
        at = trace_text_interrupt(at, vector, place);
    end(t, at, vector > 0xFF ? TRACE_WAKE : TRACE_INTERRUPT);
}

/* ---- running ---- */

uint32_t trace_step(trace *t, v30 *c)
{
    board_bus *bus = c->bus;
    bus_trace own = {.cycles = t->cycles, .capacity = TRACE_CYCLES}, *outer = bus->trace, *seen = &own;
    uint64_t clock = c->clock;
    uint32_t first = 0, taken = 0;
    if (!trace_wants_clock(&t->wanted, clock))
        return v30_step(c);
    if (outer != NULL) {
        seen = outer;
        first = outer->count;
    }
    if (c->attention != 0) {
        uint32_t place = place_of(c);
        bus->trace = seen;
        taken = v30_accept_interrupts(c);
        bus->trace = outer;
        if (taken && t->wanted.interrupts)
            put_interrupt(t, clock, place, seen, first);
    }
    if (!taken) {
        if (c->halted || c->stop)
            return 0;
        if (!c->rep_active && (t->wanted.memory[(((uint32_t)c->s[V30_PS] << 4) + c->pc) & 0xFFFFF] & TRACE_EXEC))
            put_instruction(t, c);
        if (t->accesses)
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
        if (trace_step(t, c) == 0)
            v30_let_pass(c);   /* halted or stopped */
}
