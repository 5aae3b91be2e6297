/* A trace of what the CPU does, as lines of text (docs/trace-format.md), made for every engine from the steps of the
   V30 core. One struct, which the caller allocates and clears; it is large (1.6 MB). */
#ifndef KORGM1_TRACE_H
#define KORGM1_TRACE_H
#include "v30.h"

enum {   /* what is wanted of an address */
    TRACE_EXEC = 1,
    TRACE_MEMR = 2,
    TRACE_MEMW = 4,
    TRACE_IN = 1,    /* of a port */
    TRACE_OUT = 2
};

enum { TRACE_TEXT = 1 << 16, TRACE_LINE = 256, TRACE_CODES = 1 << 13, TRACE_CYCLES = 1024, TRACE_LOW = 10000 };

typedef struct trace_code {   /* the text of an instruction at a place */
    uint64_t raw;             /* the eight bytes there */
    uint32_t place;           /* PS << 16 | PC */
    uint8_t size;             /* of the text; 0 = nothing here yet */
    uint8_t text[35];
} trace_code;

typedef struct trace {
    uint8_t memory[0x100000];   /* by address, TRACE_EXEC ... */
    uint8_t port[0x10000];      /* by port, TRACE_IN, TRACE_OUT */
    uint8_t interrupts;         /* wanted */
    uint8_t accesses;           /* any memory or port access is wanted */
    uint8_t registers;          /* wanted behind an instruction: those that changed since the line before */
    uint64_t first_clock, end_clock;   /* first_clock <= clock < end_clock is written down */
    uint64_t lines;
    void *user;
    void (*drain)(void *user);  /* text[0..used) is to be taken now */
    uint32_t used;
    uint8_t text[TRACE_TEXT];
    /* inside */
    uint8_t low[TRACE_LOW][4];  /* the last four digits of a clock; filled by trace_begin */
    uint64_t clock_high;        /* clock / TRACE_LOW, whose digits these are */
    uint8_t digits[16];
    uint8_t digits_size;
    uint16_t shown[13];         /* registers in the line before; */
    uint8_t any_shown;
    trace_code codes[TRACE_CODES];
    bus_cycle cycles[TRACE_CYCLES];
} trace;

/* Once, when the struct is cleared and filled in. */
void trace_begin(trace *t);

/* v30_step, written down. */
uint32_t trace_step(trace *t, v30 *cpu);

/* v30_run, written down; cpu->bus is what the core sees, whoever made it. */
void trace_run(trace *t, v30 *cpu);
#endif
