/* Random code under a trace in both forms, for the sanitisers: every line is well formed, the packed records come back
   as the same lines, the trace changes nothing; then records that are damaged or mere noise are read. Prints the number
   of lines, and how many of the damaged blocks were refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "trace.h"
#include "trace_read.h"

static uint64_t state = 88172645463325252u;

static uint32_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static uint8_t port_in(void *user, uint16_t port) { (void)user; return (uint8_t)port; }
static void port_out(void *user, uint16_t port, uint8_t value) { (void)user; (void)port; (void)value; }
static uint8_t mem_in(void *user, uint32_t a) { (void)user; (void)a; return 0xFF; }
static void mem_out(void *user, uint32_t a, uint8_t v) { (void)user; (void)a; (void)v; }
static uint8_t int_ack(void *user) { (void)user; return 0x21; }

typedef struct pile {   /* text, or the last block of records */
    uint8_t *bytes;
    size_t size, room;
} pile;

static pile lines, read_back, kept;
static uint64_t kept_begins, written, refused;
static trace_reader *reader;

static void add(pile *p, const uint8_t *bytes, size_t size)
{
    if (p->size + size > p->room) {
        p->room = 2 * (p->size + size);
        p->bytes = realloc(p->bytes, p->room);
        if (p->bytes == NULL)
            exit(1);
    }
    memcpy(p->bytes + p->size, bytes, size);
    p->size += size;
}

static uint64_t sum(const uint32_t *counts)
{
    uint64_t total = 0;
    for (unsigned kind = 0; kind < TRACE_KINDS; kind++)
        total += counts[kind];
    return total;
}

/* In buffers of exactly the size that is promised. */
static int64_t try_reading(const uint8_t *bytes, uint32_t size, uint64_t begins, pile *to)
{
    uint8_t *in = malloc((size_t)size + TRACE_RECORD), *out = malloc((size_t)size * TRACE_EXPANDS + 256);
    int64_t made;
    if (in == NULL || out == NULL)
        exit(1);
    memcpy(in, bytes, size);
    memset(in + size, 0xFF, TRACE_RECORD);
    made = trace_read(reader, begins, in, size, out);
    if (made > 0 && to != NULL)
        add(to, out, (size_t)made);
    free(in);
    free(out);
    return made;
}

static void drain_text(void *user)
{
    const trace *t = user;
    uint32_t length = 0;
    if (t->used == 0 || t->used > TRACE_BLOCK || t->block[t->used - 1] != '\n')
        exit(2);
    for (uint32_t i = 0; i < t->used; i++, length++) {
        uint8_t c = t->block[i];
        if (c == '\n') {
            if (length < 10 || length >= TRACE_LINE)
                exit(3);
            length = 0;
        } else if (c < 0x20 || c > 0x7E)
            exit(4);
    }
    add(&lines, t->block, t->used);
    written += sum(t->counts);
}

static void drain_packed(void *user)
{
    const trace *t = user;
    if (try_reading(t->block, t->used, t->begins, &read_back) <= 0)
        exit(6);
    if (memcmp(reader->counts, t->counts, sizeof t->counts) != 0 || reader->slots.clock != t->ends)
        exit(7);
    kept.size = 0;
    add(&kept, t->block, t->used);
    kept_begins = t->begins;
}

static void start(v30 *cpu, board_bus *bus, uint64_t seed)
{
    memset(cpu, 0, sizeof *cpu);
    cpu->bus = bus;
    v30_reset(cpu);
    state = seed * 88172645463325253u + 1;
    for (int i = 0; i < 8; i++)
        cpu->r[i] = (uint16_t)draw();
    for (int i = 0; i < 4; i++)
        cpu->s[i] = (uint16_t)draw();
    cpu->pc = draw() % 4 ? (uint16_t)draw() : (uint16_t)(0xFFF0 + draw() % 16);
    cpu->psw = (uint16_t)((draw() & V30_PSW_WRITABLE) | V30_PSW_ONES);
    cpu->int_line = draw() & 1;
    cpu->nmi_latch = draw() & 1;
    if (draw() % 4 == 0) {   /* 8080 mode */
        cpu->psw &= (uint16_t)~V30_MD;
        cpu->state = V30_EMULATING;
    }
    cpu->clock = (uint64_t)draw() << (draw() % 20);
    cpu->horizon = cpu->clock + 200000;
}

static trace *new_trace(int packed)
{
    trace *t = calloc(1, sizeof *t);
    if (t == NULL)
        exit(1);
    memset(t->wanted.memory, TRACE_EXEC | TRACE_MEMR | TRACE_MEMW, sizeof t->wanted.memory);
    memset(t->wanted.port, TRACE_IN | TRACE_OUT, sizeof t->wanted.port);
    t->wanted.interrupts = t->accesses = 1;
    t->wanted.end_clock = UINT64_MAX;
    t->packed = (uint8_t)packed;
    t->user = t;
    t->drain = packed ? drain_packed : drain_text;
    trace_begin(t);
    return t;
}

static void flush(trace *t)
{
    if (t->used)
        t->drain(t->user);
    trace_taken(t);
}

static void damage(void)
{
    uint8_t *bytes = malloc(kept.size + 1);
    if (bytes == NULL)
        exit(1);
    for (unsigned n = 0; n < 30; n++) {
        uint32_t size = (uint32_t)kept.size;
        memcpy(bytes, kept.bytes, kept.size);
        if (n % 3 == 0)
            for (uint32_t i = 0; i < size; i++)
                bytes[i] = (uint8_t)(n ? draw() : 0x3F);
        else if (n % 3 == 1)
            size = draw() % (size + 1);
        else
            bytes[draw() % size] ^= (uint8_t)(1u << draw() % 8);
        refused += try_reading(bytes, size, kept_begins, NULL) < 0;
    }
    free(bytes);
}

/* Lines that no CPU would make, straight into records and straight into text. */
static void random_lines(void)
{
    trace_slots *s = calloc(1, sizeof *s);
    trace_text *t = calloc(1, sizeof *t);
    static uint8_t line[TRACE_LINE + 16], block[TRACE_BLOCK];
    uint64_t clock = (uint64_t)draw() << (draw() % 33), begins = clock;
    uint16_t values[TRACE_REGISTERS] = {0};
    uint8_t *to = block;
    if (s == NULL || t == NULL)
        exit(1);
    trace_text_begin(t);
    lines.size = read_back.size = 0;
    trace_slots_begin(s, clock);
    while (to < block + TRACE_BLOCK - TRACE_RECORD) {
        uint8_t code[TRACE_CODE], *first = to, *at;
        uint32_t place = draw() % 8 ? draw() % 32 * 3 : draw() % 4 ? draw() % 4 << 28 | draw() % 64 : draw() << 16 ^ draw();
        if (to != block)
            clock += draw() % 3 ? draw() % 4 : (uint64_t)draw() << (draw() % 40 ? draw() % 8 : draw() % 30);
        at = trace_text_clock(t, line, clock);
        switch (draw() % 8) {
        case 0: {
            unsigned vector = draw() % 0x120;
            to = trace_pack_interrupt(s, to, clock, vector, place);
            at = trace_text_interrupt(at, vector, place);
            break;
        }
        case 1: case 2: case 3: {
            unsigned length = 1 + (place * 7 + draw() % 9 / 8) % TRACE_CODE, changed = 0, more = place % 5 == 0 ? 0x80 : 0;
            for (unsigned i = 0; i < length; i++)
                code[i] = (uint8_t)(place * 31 + i + draw() % 33 / 32);
            to = trace_pack_instruction(s, to, clock, place);
            if (s->last->length != (length | more) || memcmp(s->last->code, code, length) != 0)
                to = trace_pack_code(s, first, to, code, length | more);
            at = trace_text_code(at, place, code, length, more != 0);
            for (unsigned n = 0; n < TRACE_REGISTERS; n++)
                if ((place & 4) && draw() % 4 == 0) {
                    changed |= 1u << n;
                    values[n] = (uint16_t)(draw() % 2 ? draw() : values[n] ^ (draw() & 0xFF));
                }
            if (changed)
                to = trace_pack_registers(s, first, to, changed, values);
            at = trace_text_registers(at, changed, values);
            break;
        }
        default: {
            unsigned kind = draw() % 4, word = draw() & 1, top = kind < 2 ? 0xFFFFF : 0xFFFF;
            uint32_t address = (draw() % 3 ? draw() % 300 : draw()) & top, value = draw() & (word ? 0xFFFF : 0xFF);
            if (draw() % 3)
                value &= 1;
            to = trace_pack_access(s, to, clock, kind, address, (int)word, value);
            at = trace_text_access(at, kind, address, (int)word, value);
        }
        }
        if (to - first > TRACE_RECORD)
            exit(9);
        *at++ = '\n';
        add(&lines, line, (size_t)(at - line));
    }
    if (try_reading(block, (uint32_t)(to - block), begins, &read_back) <= 0 || lines.size != read_back.size
        || memcmp(lines.bytes, read_back.bytes, lines.size) != 0)
        exit(10);
    free(s);
    free(t);
}

static v30 one, two, three;

int main(int count, char **words)
{
    unsigned rounds = count > 1 ? (unsigned)atoi(words[1]) : 20;
    board_bus bus[3];
    trace *text = new_trace(0), *packed = new_trace(1);
    reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return 1;
    reader->wanted = text->wanted;
    reader->left = UINT64_MAX;
    trace_reader_begin(reader);
    for (unsigned i = 0; i < 3; i++) {
        bus[i] = (board_bus){.mem = malloc(0x100000), .port_in = port_in, .port_out = port_out, .mem_in = mem_in,
                             .mem_out = mem_out, .int_ack = int_ack};
        if (bus[i].mem == NULL)
            return 1;
    }
    for (unsigned page = 0; page < 256; page++)
        bus[0].page[page] = bus[1].page[page] = bus[2].page[page] = page < 192 ? PAGE_RAM : (uint8_t)(draw() % 4);
    for (unsigned round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < 0x100000; i++)
            bus[0].mem[i] = bus[1].mem[i] = bus[2].mem[i] = (uint8_t)draw();
        lines.size = read_back.size = 0;
        text->registers = packed->registers = round & 1;
        start(&one, &bus[0], round + 1);
        start(&two, &bus[1], round + 1);
        start(&three, &bus[2], round + 1);
        v30_run(&one);
        trace_run(text, &two);
        trace_run(packed, &three);
        flush(text);
        flush(packed);
        if (memcmp(one.r, two.r, sizeof one.r) || memcmp(one.s, two.s, sizeof one.s) || one.clock != two.clock
            || one.pc != two.pc || one.psw != two.psw || one.instructions != two.instructions
            || memcmp(bus[0].mem, bus[1].mem, 0x100000) || memcmp(bus[0].mem, bus[2].mem, 0x100000)
            || one.clock != three.clock || one.instructions != three.instructions) {
            printf("round %u: the trace changed the run\n", round);
            return 5;
        }
        if (lines.size != read_back.size || memcmp(lines.bytes, read_back.bytes, lines.size) != 0) {
            printf("round %u: the records come back as other lines\n", round);
            return 8;
        }
        damage();
        random_lines();
    }
    for (unsigned i = 0; i < 3; i++)
        free(bus[i].mem);
    free(lines.bytes);
    free(read_back.bytes);
    free(kept.bytes);
    free(text);
    free(packed);
    free(reader);
    printf("%llu %llu\n", (unsigned long long)written, (unsigned long long)refused);
    return 0;
}
