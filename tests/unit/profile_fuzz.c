/* A profile of lines no CPU would make, and of noise, for the sanitisers: nothing is out of bounds, and the clocks of
   all functions and of all nodes are the span, whatever the calls were. Prints the instructions, and what was lost. */
#include <stdio.h>
#include <stdlib.h>
#include "profile.h"

static uint64_t state = 88172645463325252u;

static uint32_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static void check(const profile *p)
{
    uint64_t own = 0, nodes = 0;
    for (uint32_t n = 0; n < p->functions; n++)
        own += p->function[n].own + p->function[n].halted;
    for (uint32_t n = 0; n < p->nodes; n++)
        nodes += p->node[n].own + p->node[n].halted;
    if (own != p->span || nodes != p->span || p->depth > PROFILE_DEPTH) {
        printf("%llu clocks, %llu of functions, %llu of nodes\n", (unsigned long long)p->span, (unsigned long long)own,
               (unsigned long long)nodes);
        exit(2);
    }
}

/* Calls and returns among many places or few, in both modes, with interrupts and pushes. */
static void lines(profile *p, unsigned places)
{
    static const uint8_t codes[][4] = {
        {0xE8, 0, 0}, {0xC3}, {0x9A, 1, 2}, {0xCB}, {0xCF}, {0xCD, 0x40}, {0x90}, {0xF4}, {0x0F, 0xFF, 0x40}, {0xED, 0xFD},
        {0xED, 0xED, 0x41}, {0xFF, 0xD0}, {0x26, 0x2E, 0xFF, 0x18}, {0xCE}, {0xF7, 0xF3}, {0x76}, {0xC0}, {0xC7},
    };
    uint64_t clock = draw();
    for (unsigned n = 0; n < 200000; n++) {
        uint32_t place = draw() % places * 3 + (draw() % 64 ? 0x10000000 : draw() << 16);
        unsigned what = draw() % 16;
        clock += draw() % 64 ? draw() % 16 : draw() % 100000;
        if (what == 0)
            profile_line(p, clock, TRACE_INTERRUPT, place, draw() & 0xFF, 0, NULL);
        else if (what == 1)
            profile_line(p, clock, TRACE_WAKE, place, 0x100, 0, NULL);
        else if (what < 6)
            profile_line(p, clock, TRACE_ACCESS + draw() % 4, draw(), draw() & 0xFFFF, 1 + (draw() & 1), NULL);
        else {
            unsigned code = draw() % (sizeof codes / sizeof *codes);
            profile_line(p, clock, TRACE_INSTRUCTION, place, 0, 1 + draw() % 4, codes[code]);
        }
        if (draw() % 50000 == 0)
            profile_mark(p, clock = draw() % 2 ? 0 : clock + draw());
    }
    profile_mark(p, clock);
    check(p);
}

/* In a buffer of exactly the size that is promised. */
static void noise(profile *p)
{
    uint32_t size = draw() % 400, counts[TRACE_KINDS];
    uint8_t *in = malloc((size_t)size + TRACE_RECORD);
    if (in == NULL)
        exit(1);
    for (uint32_t i = 0; i < size; i++)
        in[i] = (uint8_t)(draw() % 3 ? draw() : 0x80);
    memset(in + size, 0xFF, TRACE_RECORD);
    profile_feed(p, draw(), in, size, counts);
    free(in);
}

int main(int count, char **words)
{
    unsigned rounds = count > 1 ? (unsigned)atoi(words[1]) : 4;
    uint64_t instructions = 0, lost = 0;
    for (unsigned round = 0; round < rounds; round++) {
        profile *p = calloc(1, sizeof *p);
        if (p == NULL)
            return 1;
        state = round * 88172645463325253u + 1;
        p->log_writes = round & 1;
        p->watching = 1;
        p->watched = 0x10000;
        profile_begin(p);
        for (unsigned n = 0; n < 2; n++)
            lines(p, round % 3 == 0 ? 8 : round % 3 == 1 ? 300 : 60000);
        for (unsigned n = 0; n < 3000; n++)
            noise(p);
        profile_mark(p, p->clock);
        check(p);
        instructions += p->instructions;
        lost += p->lost;
        free(p);
    }
    printf("%llu %llu\n", (unsigned long long)instructions, (unsigned long long)lost);
    return 0;
}
