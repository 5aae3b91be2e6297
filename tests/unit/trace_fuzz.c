/* Random code under a trace, for the sanitisers; checks that every line is well formed and that the trace changes
   nothing. Prints the number of lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "trace.h"

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

static void drain(void *user)
{
    const trace *t = user;
    uint32_t length = 0;
    if (t->used == 0 || t->used > TRACE_TEXT || t->text[t->used - 1] != '\n')
        exit(2);
    for (uint32_t i = 0; i < t->used; i++, length++) {
        uint8_t c = t->text[i];
        if (c == '\n') {
            if (length < 10 || length >= TRACE_LINE)
                exit(3);
            length = 0;
        } else if (c < 0x20 || c > 0x7E)
            exit(4);
    }
}

static void start(v30 *cpu, uint64_t seed)
{
    state = seed * 88172645463325253u + 1;
    for (int i = 0; i < 8; i++)
        cpu->r[i] = (uint16_t)draw();
    for (int i = 0; i < 4; i++)
        cpu->s[i] = (uint16_t)draw();
    cpu->pc = draw() % 4 ? (uint16_t)draw() : (uint16_t)(0xFFF0 + draw() % 16);
    cpu->psw = (uint16_t)((draw() & V30_PSW_WRITABLE) | V30_PSW_ONES);
    cpu->int_line = draw() & 1;
    cpu->nmi_latch = draw() & 1;
}

int main(int count, char **words)
{
    unsigned rounds = count > 1 ? (unsigned)atoi(words[1]) : 20;
    board_bus plain = {.port_in = port_in, .port_out = port_out, .mem_in = mem_in, .mem_out = mem_out,
                       .int_ack = int_ack}, watched;
    trace *t = calloc(1, sizeof *t);
    uint64_t lines = 0;
    plain.mem = malloc(0x100000);
    watched = plain;
    watched.mem = malloc(0x100000);
    if (t == NULL || plain.mem == NULL || watched.mem == NULL)
        return 1;
    for (unsigned page = 0; page < 256; page++)
        plain.page[page] = watched.page[page] = page < 192 ? PAGE_RAM : (uint8_t)(draw() % 4);
    memset(t->memory, TRACE_EXEC | TRACE_MEMR | TRACE_MEMW, sizeof t->memory);
    memset(t->port, TRACE_IN | TRACE_OUT, sizeof t->port);
    t->interrupts = t->accesses = 1;
    t->end_clock = UINT64_MAX;
    t->user = t;
    t->drain = drain;
    trace_begin(t);
    for (unsigned round = 0; round < rounds; round++) {
        v30 one = {.bus = &plain}, two = {.bus = &watched};
        for (uint32_t i = 0; i < 0x100000; i++)
            plain.mem[i] = watched.mem[i] = (uint8_t)draw();
        t->registers = round & 1;
        v30_reset(&one);
        start(&one, round + 1);
        v30_reset(&two);
        start(&two, round + 1);
        one.clock = two.clock = (uint64_t)draw() << (draw() % 20);
        one.horizon = two.horizon = one.clock + 200000;
        v30_run(&one);
        trace_run(t, &two);
        one.bus = two.bus;
        if (memcmp(one.r, two.r, sizeof one.r) || memcmp(one.s, two.s, sizeof one.s) || one.clock != two.clock
            || one.pc != two.pc || one.psw != two.psw || one.instructions != two.instructions
            || memcmp(plain.mem, watched.mem, 0x100000)) {
            printf("round %u: the trace changed the run\n", round);
            return 5;
        }
    }
    if (t->used)
        drain(t);
    lines = t->lines;
    free(plain.mem);
    free(watched.mem);
    free(t);
    printf("%llu\n", (unsigned long long)lines);
    return 0;
}
