/* The bus unit: a queue of six bytes, and the clocks at which bytes and data cycles pass. */
#ifndef KORGM1_V30_BUS_UNIT_H
#define KORGM1_V30_BUS_UNIT_H
#include "v30.h"

enum { V30_QUEUE_BYTES = 6 };

/* Operands at odd offsets: their words take two bus cycles. */
enum { V30_ODD_SP = 1, V30_ODD_EA = 2, V30_ODD_IX = 2, V30_ODD_IO = 4, V30_ODD_BP = 8, V30_ODD_IY = 8 };

static inline unsigned v30_block_waits(const v30_waits *w, uint32_t address)
{
    address &= 0xFFFFF;
    return address < w->lower_end ? w->lower : address >= w->upper_start ? w->upper : w->middle;
}

static inline unsigned v30_port_waits(const v30_waits *w, uint16_t port)
{
    unsigned page = port >> 8, low = port & 0xFF;
    return page == 0xFF || (page == w->onchip_page && w->onchip[low >> 3] >> (low & 7) & 1) ? 0 : w->io;
}

/* A list of waits, two bits a data cycle, the first lowest. From the 25th cycle on, which only PREPARE and BCD strings
   have, the waits of the twelve before come again: their operands take turns by 2, 3, 4 or 6 cycles. */
enum { V30_LISTED_CYCLES = 24, V30_LIST_TURN = 12 };

static inline unsigned v30_cycle_waits(uint64_t list, uint32_t n)
{
    if (n >= V30_LISTED_CYCLES)
        n = V30_LISTED_CYCLES - V30_LIST_TURN + (n - V30_LISTED_CYCLES) % V30_LIST_TURN;
    return (unsigned)(list >> 2 * n) & 3;
}

/* The next data cycle of the running instruction has these waits. */
static inline void v30_list_cycle(v30 *c, unsigned waits)
{
    if (c->cycles < V30_LISTED_CYCLES)
        c->cycle_waits |= (uint64_t)waits << 2 * c->cycles;
    c->cycles++;
}

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

enum { V30_BLOCK_SHIFT = 15, V30_CODE_REACH = 32 };   /* block ends are multiples; no instruction and its queue reach further */

static inline v30_code v30_code_at(const v30 *c, uint16_t ps, uint16_t pc)
{
    uint32_t address = ((uint32_t)ps << 4) + pc, block = (uint32_t)1 << V30_BLOCK_SHIFT;
    int mixed = pc > 0x10000 - V30_CODE_REACH || (address & (block - 1)) > block - V30_CODE_REACH;
    return (v30_code){ps, pc, mixed ? V30_CODE_MIXED : (uint8_t)v30_block_waits(&c->waits, address)};
}

/* Where the core stands: what the queue holds and fetches at this boundary. */
static inline v30_code v30_code_next(const v30 *c)
{
    return v30_code_at(c, c->s[V30_PS], c->rep_active ? c->rep_next : (uint16_t)(c->pc + c->polling));
}

enum { UNIT_RARE_SHIFT = 23 };   /* of the bus unit's state: what is 0 without waits and refresh */

/* With slow_bus: none of the running instruction's cycles waits and no refresh comes, so it passes as on a bus without
   any. `to`: the code behind it. */
static inline int v30_goes_unhindered(const v30 *c, v30_code to)
{
    return (c->cycle_waits | c->code.waits | to.waits | c->bus_unit >> UNIT_RARE_SHIFT | c->refresh_interval) == 0;
}

static inline void v30_goes_on_to(v30 *c, v30_code to)
{
    c->code = to;
    c->cycle_waits = 0;
    c->cycles = 0;
}

/* Let the bus unit work through an instruction: returns its clocks, from the boundary before it to the one behind it
   (there the first byte of the next waits to be taken), and moves the bus unit's state on. cpu->clock is that of the
   boundary before, PS and PC are those behind it. `prefixes` and `count` are meant in full when the shape has no room for
   them. The list of its waits is used up. */
uint32_t v30_time(v30 *cpu, v30_shape shape, unsigned prefixes, uint32_t count);

/* The same where the clocks are said by hand: the cycles' waits are added. */
uint32_t v30_time_by_hand(v30 *cpu, uint32_t clocks);

/* HALT: `clocks` pass, no fetch begins; or `fetching`, with fetches. */
void v30_time_passes(v30 *cpu, uint64_t clocks, int fetching);

static inline uint64_t v30_time_key(const v30 *c, v30_shape shape, uint32_t count)
{
    return shape | (uint64_t)count << SHAPE_COUNT | (uint64_t)c->bus_unit << SHAPE_BITS;
}

/* v30_time for the instruction at PS:pc. It is looked up by its address first: unlike the look-up by the bus unit's
   state, this need not wait for the one of the instruction before. */
uint32_t v30_time_new_at(v30 *cpu, v30_place *place, v30_shape shape, unsigned prefixes, uint32_t count);
static inline uint32_t v30_time_at(v30 *c, uint16_t pc, v30_shape shape, unsigned prefixes, uint32_t count)
{
    v30_place *p = &c->places[(pc ^ c->s[V30_PS] << 4) & ((1 << V30_PLACES_BITS) - 1)];
    if (p->key == v30_time_key(c, shape, count) && prefixes <= 3 && count <= SHAPE_COUNT_MAX) {
        if (c->slow_bus) {
            v30_code to = v30_code_next(c);
            if (!v30_goes_unhindered(c, to))
                return v30_time(c, shape, prefixes, count);
            v30_goes_on_to(c, to);
        }
        c->bus_unit = p->state;
        c->bus_unit_early = p->state_early;
        c->early = p->early;
        return p->clocks;
    }
    return v30_time_new_at(c, p, shape, prefixes, count);
}

/* v30_time without moving on, as if there were no waits and no refresh. */
uint32_t v30_foretell(const v30 *cpu, v30_shape shape, unsigned prefixes, uint32_t count);

/* What v30_time will do to the queue. */
typedef struct v30_queue_plan {
    uint8_t flushes;
    uint8_t fetched[64];   /* bytes that are fetched or under way, from v30_code_next on, when the first data cycles begin */
    uint64_t written;      /* a bit for each of those that is a memory write */
} v30_queue_plan;
void v30_plan_queue(const v30 *cpu, v30_shape shape, unsigned prefixes, uint32_t count, v30_queue_plan *plan);

/* At a boundary, take back the wait for the next instruction's first byte as far as `since`, but not further: an
   interrupt does not wait for it. Returns how many clocks; cpu->clock stays. */
uint32_t v30_take_back(v30 *cpu, int64_t since);

/* The micro-steps of a shape as text, see v30_steps.c; at most STEPS_MAX characters. Returns their number. */
enum { STEPS_MAX = 160 };
unsigned v30_steps(v30_shape shape, char *steps);
#endif
