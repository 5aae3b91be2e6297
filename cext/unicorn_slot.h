/* What the glue knows of the instruction at one address: whether Unicorn may run it, and its clocks. */
#ifndef KORGM1_UNICORN_SLOT_H
#define KORGM1_UNICORN_SLOT_H
#include "v30.h"

enum {
    SLOT_KNOWN = 1,       /* decoded; kind == SLOT_KNOWN: no register matters to its clocks */
    SLOT_DELEGATE = 2,    /* for the V30 core */
    SLOT_STACK = 4,       /* word transfers at SS:SP: for the V30 core while SP is odd */
    SLOT_WORD = 8,        /* a word operand in memory: for the V30 core at offset FFFF */
    SLOT_REPEATS = 16,    /* may jump to itself, and stores nothing */
    SLOT_STORES = 32,     /* to memory, the stack included */
    SLOT_NO_REGISTER = 0xFF
};

typedef struct slot {
    uint64_t bytes;       /* the instruction, or its first eight bytes */
    uint64_t mask;        /* which of them count */
    uint8_t kind;         /* SLOT_* */
    uint8_t length;
    uint8_t shadow;       /* V30_SHADOW_* it leaves behind */
    uint8_t odd_clocks;   /* more when the operand's offset is odd */
    uint8_t base, index;  /* of the operand: V30_BW.., or SLOT_NO_REGISTER */
    uint16_t displacement;
    uint16_t clocks;
    uint16_t taken;       /* clocks when it does not go on behind itself */
} slot;

/* Decode the instruction at PS:PC into *s. `raw` = the eight bytes there. */
void unicorn_slot_decode(slot *s, const board_bus *bus, uint16_t ps, uint16_t pc, uint64_t raw);
#endif
