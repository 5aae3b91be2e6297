/* The bus unit: a queue of six bytes, and the clocks at which bytes and data cycles pass. */
#ifndef KORGM1_V30_BUS_UNIT_H
#define KORGM1_V30_BUS_UNIT_H
#include "v30.h"

enum { V30_QUEUE_BYTES = 6 };

/* Operands at odd offsets: their words take two bus cycles. */
enum { V30_ODD_SP = 1, V30_ODD_EA = 2, V30_ODD_IX = 2, V30_ODD_IO = 4, V30_ODD_BP = 8, V30_ODD_IY = 8 };
enum { V30_ON_CHIP = 8 };   /* the port of IN or OUT is on the chip */

/* All that the clocks of an instruction depend on, but the bus unit's own state. The fields of a shape, lowest first:
   opcode 8 | second byte of the 0F page, or the modrm's reg field in groups 6 | mode 2 (0 no memory, else 1 + bytes of
   displacement) | prefixes 2 (3 = three or more) | path 3 | odd 4 | target 1 | count 12. */
typedef uint64_t v30_shape;
enum {
    SHAPE_SUB = 8, SHAPE_MODE = 14, SHAPE_PREFIXES = 16, SHAPE_PATH = 18, SHAPE_ODD = 21, SHAPE_TARGET = 25,
    SHAPE_COUNT = 26, SHAPE_BITS = 38, SHAPE_COUNT_MAX = 0xFFF
};

enum {   /* paths */
    PATH_USUAL = 0,
    PATH_TAKEN = 1,         /* a conditional branch that jumps; BRKV that traps */
    PATH_NO_COUNT = 1,      /* a shift by 0 */
    PATH_TRAP = 1,          /* divide error, CHKIND below */
    PATH_TRAP_LATE = 2,     /* signed divide error seen at the end, CHKIND above */
    PATH_NO_CARRY = 1,      /* BCD strings */
    PATH_LEVEL_1 = 1, PATH_LEVELS = 2,                       /* PREPARE; count = levels - 1 */
    PATH_NEXT = 1, PATH_MORE = 2, PATH_NOTHING = 4,          /* repeated strings: not the first, not the last, CW = 0 */
    PATH_HELD = 0, PATH_FREE = 1,                            /* time passes, without or with fetches */
    PATH_WAITS = 1, PATH_WAITS_ON = 2, PATH_WAITED = 3       /* POLL */
};

enum {   /* what is timed like an instruction, under opcodes that are prefixes */
    SHAPE_INT = 0x26, SHAPE_VECTOR = 0x2E, SHAPE_BREAK_REPEAT = 0x36, SHAPE_PASS = 0x3E
};

static inline v30_shape v30_shape_of(unsigned opcode, unsigned sub, unsigned mode, unsigned prefixes)
{
    return opcode | sub << SHAPE_SUB | mode << SHAPE_MODE | (prefixes < 3 ? prefixes : 3) << SHAPE_PREFIXES;
}

/* Let the bus unit work through an instruction: returns its clocks, from the boundary before it to the one behind it
   (there the first byte of the next waits to be taken), and moves the bus unit's state on. `prefixes` and `count` are
   meant in full when the shape has no room for them. The instruction's own PS and data segments tell its waits. */
uint32_t v30_time(v30 *cpu, v30_shape shape, unsigned prefixes, uint32_t count);

/* The same without moving on. */
uint32_t v30_foretell(const v30 *cpu, v30_shape shape, unsigned prefixes, uint32_t count);

/* At a boundary, take back the wait for the next instruction's first byte as far as `since`, but not further: an
   interrupt does not wait for it. Returns how many clocks; cpu->clock stays. */
uint32_t v30_take_back(v30 *cpu, int64_t since);

/* The micro-steps of a shape as text, see v30_steps.c; at most STEPS_MAX characters. Returns their number. */
enum { STEPS_MAX = 160 };
unsigned v30_steps(v30_shape shape, char *steps);
#endif
