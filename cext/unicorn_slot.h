/* What the glue knows of the instruction at one address: whether Unicorn may run it, and its clocks. */
#ifndef KORGM1_UNICORN_SLOT_H
#define KORGM1_UNICORN_SLOT_H
#include "v30_bus_unit.h"

enum {
    SLOT_KNOWN = 1,       /* decoded; kind == SLOT_KNOWN: neither registers nor memory matter to it */
    SLOT_DELEGATE = 2,    /* for the V30 core */
    SLOT_LOAD = 4,        /* has an operand in memory */
    SLOT_STORE = 8,       /* and writes it */
    SLOT_WORD = 16,       /* and it is a word */
    SLOT_PUSH = 32,
    SLOT_POP = 64,
    SLOT_MOVE = 128,      /* and stores to DS1:IY what it loaded */
    SLOT_SEGMENT = 256,   /* loads `segment` from the register `base` */
    SLOT_DI = 512,
    SLOT_EI = 1024,
    SLOT_NO_REGISTER = 0xFF
};

/* What v30_time said. */
typedef struct slot_time {
    uint64_t asked;       /* path, odd and target, the bus unit's state before; 0 = nothing yet. Without waits and refresh */
    uint32_t state, state_early;   /* behind it */
    uint16_t clocks, early;
} slot_time;

typedef struct slot {
    uint64_t bytes;       /* the instruction, or its first eight bytes */
    uint64_t mask;        /* which of them count */
    uint16_t kind;        /* SLOT_* */
    uint8_t length;
    uint8_t shadow;       /* V30_SHADOW_* it leaves behind */
    uint8_t base, index;  /* of the operand: V30_BW.., or SLOT_NO_REGISTER */
    uint8_t segment;      /* of the operand: V30_DS1.. */
    uint16_t displacement;
    uint16_t sp_change;
    uint8_t conditional;
    uint8_t count;        /* of the shape */
    uint64_t shape;       /* for v30_time, without path, odd and target */
    slot_time times[2];
} slot;

/* Decode the instruction at PS:PC into *s. `raw` = the eight bytes there. */
void unicorn_slot_decode(slot *s, const board_bus *bus, uint16_t ps, uint16_t pc, uint64_t raw);
#endif
