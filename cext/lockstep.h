/* Two engines in step: the V30 core on the real board, Unicorn on a copy of its memory, fed with the same traffic.

   After every instruction (element of a repeated one, accepted interrupt) the two states, their data bus cycles and
   the bytes they wrote are compared. Device traffic happens once: what the first engine read is kept, and handed to
   the second when it asks for the same thing in the same order.

   Limits: Unicorn is started anew for every instruction, so a fault of its longer blocks does not show here; runs of
   both engines side by side find those (tests/integration/test_engines_agree.py, tools/fuzz_cpu.py). Memory or pages
   that a device changes within an instruction which also uses them count as a difference. */
#ifndef KORGM1_LOCKSTEP_H
#define KORGM1_LOCKSTEP_H
#include "trace.h"
#include "v30.h"

typedef struct lockstep lockstep;

enum {
    LOCKSTEP_SAME = 0,
    LOCKSTEP_STATE = 1,     /* registers, flags, clock or the like */
    LOCKSTEP_CYCLES = 2,    /* data bus cycles, or their order */
    LOCKSTEP_TRAFFIC = 3,   /* ports, devices, acknowledges */
    LOCKSTEP_MEMORY = 4     /* the RAM, or a byte in it */
};

/* `cpu` = the state that callers see; cpu->bus is set. NULL as in unicorn_glue_new. */
lockstep *lockstep_new(const char *path, v30 *cpu, board_bus *bus, const char **why);
void lockstep_free(lockstep *l);

/* As v30_run, but ends at the first difference. LOCKSTEP_*. */
int lockstep_run(lockstep *l);

/* From now on write the steps down; NULL ends it. */
void lockstep_trace(lockstep *l, trace *t);

void lockstep_host_wrote(lockstep *l, uint32_t start, uint32_t size);
void lockstep_remap(lockstep *l);

enum { LOCKSTEP_FIRST = 0, LOCKSTEP_SECOND = 1, LOCKSTEP_BEFORE = 2 };

/* Of the step that differed: the states, the data bus cycles, and for LOCKSTEP_MEMORY where and what. */
const v30 *lockstep_state(const lockstep *l, int which);
uint32_t lockstep_cycles(const lockstep *l, int which);
const bus_cycle *lockstep_cycle(const lockstep *l, int which, uint32_t index);
uint32_t lockstep_address(const lockstep *l);
uint8_t lockstep_byte(const lockstep *l, int which, uint32_t address);
#endif
