/* Packed records of a trace: what a place does mostly is what it did the last time, so a record says what is different
   (docs/trace-format.md has every bit). Writer and reader keep the same memory of the places, emptied at each block. */
#ifndef KORGM1_TRACE_PACK_H
#define KORGM1_TRACE_PACK_H
#include <stdint.h>
#include <string.h>
#include "trace_text.h"

enum { TRACE_BLOCK = 1 << 16, TRACE_SLOTS = 1 << 12, TRACE_SEEN = 4, TRACE_RECORD = 64 };

enum {   /* first byte of a record: an instruction, */
    PACK_CLOCK = 0x01,       /* follows: varint */
    PACK_PC = 0x02,          /* follows: 2 bytes; */
    PACK_PS = 0x04,          /* 2 more before it, only with PACK_PC */
    PACK_CODE = 0x08,        /* follows: count, | 80 when there are more, and the bytes */
    PACK_REGISTERS = 0x10,   /* follow, one byte or two each */
    PACK_FORM = 0x20,        /* before them 3 bytes, which: bits 0-11, and which of them with two bytes: 12-23 */
    /* an interrupt or a wake: varint clock, PS, PC, and the vector of an interrupt, */
    PACK_INTERRUPT = 0x40,
    PACK_WAKE = 0x41,
    /* or an access, with its CYCLE_* in bits 6-5: */
    PACK_ACCESS = 0x80,
    PACK_WORD = 0x10,
    PACK_LATER = 0x08,       /* varint clock follows */
    PACK_NEAR = 0x02,        /* a signed byte to be added to the address; */
    PACK_FAR = 0x04,         /* 3 bytes: the address; both: a mistake */
    PACK_VALUE = 0x01        /* follows: 1 or 2 bytes */
};

typedef struct trace_slot {   /* a place, and what it did the last time */
    uint32_t block;           /* of this block, else the slot is empty */
    uint32_t place;           /* PS << 16 | PC */
    uint8_t code[TRACE_CODE];
    uint8_t length;           /* of the code, 80 as in the record; 0 = unknown */
    uint8_t emulating;        /* the writer's: 8080 mode */
    uint16_t value[TRACE_SEEN];     /* of its accesses, in turn */
    uint32_t address[TRACE_SEEN];
    uint32_t next;            /* the place that came after it */
    uint32_t delta;           /* and by how many clocks the line before that one was earlier */
    uint32_t form;            /* of its registers */
} trace_slot;

typedef struct trace_slots {
    uint32_t block;           /* number of the block */
    uint32_t place;           /* of the last instruction */
    uint64_t clock;           /* of the last line */
    trace_slot *last;         /* of the last instruction; `other` behind an interrupt and at first */
    uint32_t nth;             /* accesses since */
    uint16_t values[TRACE_REGISTERS];   /* of registers; 0 at first */
    trace_slot other;
    trace_slot slot[TRACE_SLOTS];   /* by PS << 4 ^ PC */
} trace_slots;

/* Another block, whose first line is at this clock. */
static inline void trace_slots_begin(trace_slots *s, uint64_t clock)
{
    if (++s->block == 0) {
        memset(s->slot, 0, sizeof s->slot);
        s->block = 1;
    }
    memset(&s->other, 0, sizeof s->other);
    memset(s->values, 0, sizeof s->values);
    s->last = &s->other;
    s->place = s->nth = 0;
    s->clock = clock;
}

static inline trace_slot *trace_slot_at(trace_slots *s, uint32_t place)
{
    trace_slot *slot = &s->slot[(place >> 12 ^ place) & (TRACE_SLOTS - 1)];
    if (slot->block != s->block || slot->place != place) {
        memset(slot, 0, sizeof *slot);
        slot->block = s->block;
        slot->place = place;
    }
    return slot;
}

/* The place behind an instruction in a straight line. */
static inline uint32_t trace_behind(uint32_t place, unsigned length)
{
    return (place & 0xFFFF0000) | ((place + (length & 0x1F)) & 0xFFFF);
}

/* Each writes a record at `at` and returns where it ends; with all that belongs to it at most TRACE_RECORD bytes. The
   slot of an instruction is s->last then. */
uint8_t *trace_pack_instruction(trace_slots *s, uint8_t *at, uint64_t clock, uint32_t place);
uint8_t *trace_pack_interrupt(trace_slots *s, uint8_t *at, uint64_t clock, unsigned vector, uint32_t place);
uint8_t *trace_pack_access(trace_slots *s, uint8_t *at, uint64_t clock, unsigned kind, uint32_t address, int word,
                           uint32_t value);

/* Added to the instruction whose record begins at `first`: bytes of code, | 80 when there are more, unless its slot
   knows them; and then registers that changed. */
uint8_t *trace_pack_code(trace_slots *s, uint8_t *first, uint8_t *at, const uint8_t *code, unsigned length);
uint8_t *trace_pack_registers(trace_slots *s, uint8_t *first, uint8_t *at, unsigned changed, const uint16_t *values);
#endif
