/* Two engines in step: the V30 core on the real board, Unicorn on a copy of its memory, fed with the same traffic.

   The core runs a block of some sixty instructions, then Unicorn runs to the same clock. Their states, data bus cycles
   (in order, the first 4,096 of a block and their number) and the bytes they wrote are compared; all RAM is every 65,536
   instructions. Device traffic happens once: what the core read is kept, and handed to Unicorn when it asks for the same thing in the same order.

   When a block differs, a second core runs it again step by step on a memory of its own, fed with the kept traffic, and
   Unicorn again and again from the block's beginning, each time one step further, until they differ: that step
   (instruction, element of a repeated one, accepted interrupt) is reported. The board and the first core stay where the
   block ended; the next run begins with both alike.

   Limits: a register or flag that differs and is overwritten within its block, before it has shown in memory, on the
   bus or in the clock, goes unnoticed; with blocks of one clock every step is compared (lockstep_by). Then Unicorn is
   started anew for every step, and a fault of its longer blocks does not show. */
#ifndef KORGM1_LOCKSTEP_H
#define KORGM1_LOCKSTEP_H
#include "stops.h"
#include "v30.h"

typedef struct lockstep lockstep;

enum {
    LOCKSTEP_SAME = 0,
    LOCKSTEP_STATE = 1,     /* registers, flags, clock or the like */
    LOCKSTEP_CYCLES = 2,    /* data bus cycles, or their order */
    LOCKSTEP_TRAFFIC = 3,   /* ports, devices, acknowledges */
    LOCKSTEP_MEMORY = 4     /* the RAM, or a byte in it */
};

enum { LOCKSTEP_BLOCK = 512 };   /* clocks, the longest block, and the usual one */

/* `cpu` = the state that callers see; cpu->bus is set. NULL as in unicorn_glue_new. */
lockstep *lockstep_new(const char *path, v30 *cpu, board_bus *bus, const char **why);
void lockstep_free(lockstep *l);

/* Compare every so many clocks, 1 .. LOCKSTEP_BLOCK; 1 = after every step. */
void lockstep_by(lockstep *l, uint32_t clocks);

/* As v30_run, but ends behind the first block that differs. LOCKSTEP_*. */
int lockstep_run(lockstep *l);

/* From now on write the steps down; NULL ends it. */
void lockstep_trace(lockstep *l, trace *t);

/* From now on stop where these say; NULL ends it. */
void lockstep_stop_at(lockstep *l, stops *s);

/* The host changed memory, or bus->page. Both may be called out of a callback. */
void lockstep_host_wrote(lockstep *l, uint32_t start, uint32_t size);
void lockstep_remap(lockstep *l);

enum { LOCKSTEP_FIRST = 0, LOCKSTEP_SECOND = 1, LOCKSTEP_BEFORE = 2 };

/* What differed, until the next run: one step; or, when 0, something within a block whose steps do not differ when it is
   run again. */
int lockstep_is_step(const lockstep *l);

/* Of that step or block: the states, the data bus cycles, memory behind it; for LOCKSTEP_MEMORY where it differs. */
const v30 *lockstep_state(const lockstep *l, int which);
uint32_t lockstep_cycles(const lockstep *l, int which);
const bus_cycle *lockstep_cycle(const lockstep *l, int which, uint32_t index);
uint32_t lockstep_address(const lockstep *l);
uint8_t lockstep_byte(const lockstep *l, int which, uint32_t address);
#endif
