/* A trace of what the CPU does (docs/trace-format.md), made for every engine from the steps of the V30 core: lines of
   text, or packed records. One struct, which the caller allocates and clears; it is large (1.9 MB). */
#ifndef KORGM1_TRACE_H
#define KORGM1_TRACE_H
#include "trace_pack.h"
#include "trace_text.h"
#include "v30.h"

enum { TRACE_LINE = 256, TRACE_CODES = 1 << 13, TRACE_CYCLES = 1024 };

typedef struct trace_code {   /* the text of an instruction at a place */
    uint64_t raw;             /* the eight bytes there */
    uint32_t place;           /* PS << 16 | PC */
    uint8_t size;             /* of the text; 0 = nothing here yet */
    uint8_t emulating;
    uint8_t text[34];
} trace_code;

typedef struct trace {
    trace_filter wanted;
    uint8_t accesses;           /* any memory or port access is wanted */
    uint8_t registers;          /* wanted behind an instruction: those that changed since the line before */
    uint8_t packed;             /* records instead of text */
    void *user;
    void (*drain)(void *user);  /* the block is to be taken now */
    /* the block being filled */
    uint32_t used;
    uint32_t counts[TRACE_KINDS];   /* lines in it */
    uint64_t begins;                /* clock of its first line */
    uint64_t ends;                  /* and of its last */
    uint8_t block[TRACE_BLOCK];
    /* inside */
    uint16_t shown[TRACE_REGISTERS];   /* registers in the line before; */
    uint8_t any_shown;
    trace_text text;
    trace_slots slots;
    trace_code codes[TRACE_CODES];
    bus_cycle cycles[TRACE_CYCLES];
} trace;

/* Once, when the struct is cleared and filled in. */
void trace_begin(trace *t);

/* The block was taken: the next line begins another. */
void trace_taken(trace *t);

/* v30_step, written down. */
uint32_t trace_step(trace *t, v30 *cpu);

/* v30_run, written down; cpu->bus is what the core sees, whoever made it. */
void trace_run(trace *t, v30 *cpu);
#endif
