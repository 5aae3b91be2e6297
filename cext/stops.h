/* Where a debugger wants the CPU to stop: tables by physical address, port and vector, looked at in front of every step of
   the V30 core and behind it, whichever engine runs. Time passes as it does without. One struct, which the caller allocates
   and clears. */
#ifndef KORGM1_STOPS_H
#define KORGM1_STOPS_H
#include "trace.h"

enum { STOPS_CYCLES = 1024, STOPS_MATCHES = 8 };

enum {   /* what ended a run, bits */
    STOPS_EXEC = 1,      /* a marked instruction is next */
    STOPS_ACCESS = 2,    /* the last step made marked accesses: `matches` */
    STOPS_VECTOR = 4,    /* the last step took a marked vector */
    STOPS_LIMIT = 8,     /* `steps` reached `limit` */
    STOPS_PLACE = 16,    /* to_place is next, and SP is to_sp or above */
    STOPS_RETURN = 32,   /* the last step returned from where SP was return_sp or above */
    STOPS_HOST = 64      /* somebody outside wanted it */
};

typedef struct stops {
    uint8_t memory[0x100000];   /* by address: TRACE_EXEC, TRACE_MEMR, TRACE_MEMW */
    uint8_t port[0x10000];      /* TRACE_IN, TRACE_OUT */
    uint8_t vector[0x100];      /* 1: stop when it is taken */
    uint8_t accesses;           /* any access is marked; */
    uint8_t vectors;            /* any vector, or `vector` is to be known of every step */
    uint8_t quiet;              /* look at nothing, count steps only */
    uint8_t to_wanted, return_wanted;
    uint16_t to_sp, return_sp;
    uint32_t to_place;          /* PS << 16 | PC */
    uint64_t passed_place;      /* an instruction there is no STOPS_EXEC the first time; UINT64_MAX: none */
    uint64_t steps;             /* so far: instructions, elements of repeated ones, interrupts */
    uint64_t limit;
    /* what ended it */
    uint8_t hit;                /* STOPS_*; while it is set nothing runs */
    uint8_t taken;              /* the last step was an interrupt, not an instruction */
    int16_t taken_vector;       /* of the last step, -1: none; with `vectors` */
    uint8_t count;              /* of matches */
    uint64_t from_clock;        /* the last step began then, */
    uint32_t from_place;        /* there */
    bus_cycle matches[STOPS_MATCHES];
    bus_cycle cycles[STOPS_CYCLES];
} stops;

/* An instruction is next, and its address is marked. */
int stops_is_here(const stops *s, const v30 *cpu);

/* As v30_step, written down when there is a trace; 0 also when it stops in front of the step: see `hit`. A stop sets
   cpu->horizon to 0. */
uint32_t stops_step(stops *s, trace *written, v30 *cpu);

/* As v30_run, up to the first stop. */
void stops_run(stops *s, trace *written, v30 *cpu);
#endif
