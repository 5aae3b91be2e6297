/* Where a debugger wants the CPU to stop: rules, and tables by physical address and port of what any rule covers,
   looked at in front of every step of the V30 core and behind it, whichever engine runs. Time passes as it does
   without.
   One struct, which the caller allocates and clears. */
#ifndef KORGM1_STOPS_H
#define KORGM1_STOPS_H
#include "condition.h"
#include "trace.h"

enum { STOPS_CYCLES = 1024, STOPS_MATCHES = 8 };

enum {   /* what ended a run, bits */
    STOPS_EXEC = 1,      /* an instruction of a rule is next */
    STOPS_ACCESS = 2,    /* the last step made accesses of a rule: `matches` */
    STOPS_VECTOR = 4,    /* the last step took a vector of a rule */
    STOPS_LIMIT = 8,     /* `steps` reached `limit` */
    STOPS_PLACE = 16,    /* to_place is next, and SP is to_sp or above */
    STOPS_RETURN = 32,   /* the last step returned from where SP was return_sp or above */
    STOPS_HOST = 64      /* somebody outside wanted it */
};

typedef struct stops_rule {
    uint8_t memory, port;          /* TRACE_EXEC, TRACE_MEMR, TRACE_MEMW; TRACE_IN, TRACE_OUT */
    uint8_t vector;                /* 1: interrupts and traps */
    uint8_t held;                  /* it is hit at this boundary, */
    uint8_t match;                 /* by this one of `matches` */
    uint32_t first, last;          /* addresses, ports or vectors */
    uint32_t length;               /* of its condition; 0: always */
    const condition_op *program;
} stops_rule;

typedef struct stops {
    uint8_t memory[0x100000];   /* by address: TRACE_EXEC, TRACE_MEMR, TRACE_MEMW */
    uint8_t port[0x10000];      /* TRACE_IN, TRACE_OUT */
    stops_rule *rules;
    uint32_t rule_count;
    uint8_t (*peek)(void *user, uint32_t address);   /* see condition_about */
    void *user;
    uint8_t accesses;           /* any access is marked; */
    uint8_t vectors;            /* there are rules of vectors, or the vector is to be known of every step */
    uint8_t quiet;              /* look at nothing, count steps only */
    uint8_t again;              /* it was run before: nothing is written to the trace */
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
    uint8_t held;               /* of any rule */
    bus_cycle matches[STOPS_MATCHES];
    condition_ports ports;      /* what every step so far has read and written, quiet or not */
    bus_cycle cycles[STOPS_CYCLES];
} stops;

/* An instruction of a rule is next; these rules are `held`, too. */
int stops_is_here(stops *s, const v30 *cpu);

/* As v30_step, written down when there is a trace; 0 also when it stops in front of the step: see `hit`. A stop sets
   cpu->horizon to 0. */
uint32_t stops_step(stops *s, trace *written, v30 *cpu);

/* As v30_run, up to the first stop. */
void stops_run(stops *s, trace *written, v30 *cpu);
#endif
