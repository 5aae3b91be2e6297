/* One packed record of a trace back to an event (docs/trace-format.md), for who makes lines or counts of them. */
#ifndef KORGM1_TRACE_UNPACK_H
#define KORGM1_TRACE_UNPACK_H
#include "trace_pack.h"

typedef struct trace_source {
    const uint8_t *at, *end;   /* TRACE_RECORD bytes behind the end may be looked at: */
} trace_source;                /* a record that goes beyond it is found out when it is over */

typedef struct trace_event {
    uint64_t clock;
    const uint8_t *code;   /* of an instruction: its bytes, */
    uint32_t place;        /* and PS << 16 | PC; of an interrupt or a wake, where the program goes on */
    uint32_t address;      /* of an access */
    uint32_t changed;      /* registers of an instruction, bit by bit; their values are the slots' */
    uint16_t value;        /* of an access; of an interrupt its vector, of a wake 100 */
    uint8_t kind;          /* TRACE_INSTRUCTION ... TRACE_ACCESS + CYCLE_* */
    uint8_t word;          /* an access of two bytes */
    uint8_t shown;         /* bytes of code */
    uint8_t more;          /* there are more */
} trace_event;

static inline uint32_t trace_take1(trace_source *s) { return *s->at++; }

static inline uint32_t trace_take2(trace_source *s)
{
    uint32_t value = (uint32_t)(s->at[0] | s->at[1] << 8);
    s->at += 2;
    return value;
}

static inline uint64_t trace_take_varint(trace_source *s)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint32_t byte = trace_take1(s);
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            break;
    }
    return value;
}

static inline void trace_take_registers(trace_source *in, uint16_t *values, unsigned changed, unsigned wide)
{
    for (unsigned n = 0; n < TRACE_REGISTERS; n++)
        if (changed >> n & 1) {
            uint32_t low = trace_take1(in);
            values[n] = (uint16_t)(low | (wide >> n & 1 ? trace_take1(in) << 8 : values[n] & 0xFF00u));
        }
}

static inline int trace_unpack_instruction(trace_slots *s, trace_source *in, unsigned flags, trace_event *e)
{
    trace_slot *last = s->last, *slot;
    uint32_t place = last->next;
    e->changed = 0;
    if (flags & PACK_CLOCK) {
        uint64_t delta = trace_take_varint(in);
        last->delta = (uint32_t)delta;
        s->clock += delta;
    } else
        s->clock += last->delta;
    if (flags & PACK_PC) {
        uint32_t ps = flags & PACK_PS ? trace_take2(in) : s->place >> 16;
        place = last->next = ps << 16 | trace_take2(in);
    }
    slot = trace_slot_at(s, place);
    if (flags & PACK_CODE) {
        unsigned length = trace_take1(in), shown = length & 0x1F;
        if (shown == 0 || shown > TRACE_CODE || (length & 0x60))
            return 0;
        slot->length = (uint8_t)length;
        memcpy(slot->code, in->at, shown);
        in->at += shown;
        slot->next = trace_behind(place, length);
    } else if (slot->length == 0)
        return 0;
    if (flags & PACK_REGISTERS) {
        if (flags & PACK_FORM) {
            slot->form = trace_take2(in);
            slot->form |= trace_take1(in) << 16;
        }
        e->changed = slot->form & 0xFFF;
        trace_take_registers(in, s->values, e->changed, slot->form >> 12);
    }
    s->place = place;
    s->last = slot;
    s->nth = 0;
    e->kind = TRACE_INSTRUCTION;
    e->place = place;
    e->code = slot->code;
    e->shown = slot->length & 0x1F;
    e->more = slot->length >> 7;
    return 1;
}

static inline void trace_unpack_interrupt(trace_slots *s, trace_source *in, int wake, trace_event *e)
{
    s->clock += trace_take_varint(in);
    e->place = trace_take2(in) << 16;
    e->place |= trace_take2(in);
    e->kind = wake ? TRACE_WAKE : TRACE_INTERRUPT;
    e->value = (uint16_t)(wake ? 0x100 : trace_take1(in));
    s->last = &s->other;
    s->nth = 0;
}

static inline int trace_unpack_access(trace_slots *s, trace_source *in, unsigned flags, trace_event *e)
{
    unsigned n = s->nth++ & (TRACE_SEEN - 1);
    uint32_t *seen = &s->last->address[n];
    uint16_t *value = &s->last->value[n];
    if (flags & PACK_LATER)
        s->clock += trace_take_varint(in);
    if (flags & PACK_FAR) {
        if (flags & PACK_NEAR)
            return 0;
        *seen = trace_take2(in);
        *seen |= trace_take1(in) << 16;
    } else if (flags & PACK_NEAR)
        *seen += (trace_take1(in) ^ 0x80) - 0x80;
    if (flags & PACK_VALUE)
        *value = (uint16_t)(flags & PACK_WORD ? trace_take2(in) : trace_take1(in));
    e->kind = (uint8_t)(TRACE_ACCESS + (flags >> 5 & 3));
    e->word = (flags & PACK_WORD) != 0;
    e->address = *seen;
    e->value = *value;
    return 1;
}

/* The next record, of which there is at least one byte. Returns 0 when it is none. */
static inline int trace_unpack(trace_slots *s, trace_source *in, trace_event *e)
{
    unsigned flags = trace_take1(in);
    int good = 1;
    if (flags & PACK_ACCESS)
        good = trace_unpack_access(s, in, flags, e);
    else if (flags == PACK_INTERRUPT || flags == PACK_WAKE)
        trace_unpack_interrupt(s, in, flags == PACK_WAKE, e);
    else if (flags < 0x40 && (flags & (PACK_PS | PACK_PC)) != PACK_PS
             && (flags & (PACK_FORM | PACK_REGISTERS)) != PACK_FORM)
        good = trace_unpack_instruction(s, in, flags, e);
    else
        return 0;
    e->clock = s->clock;
    return good && in->at <= in->end;
}
#endif
