/* See trace_pack.h. */
#include "trace_pack.h"

static uint8_t *put2(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    return at + 2;
}

static uint8_t *put_varint(uint8_t *at, uint64_t value)
{
    for (; value > 0x7F; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

uint8_t *trace_pack_instruction(trace_slots *s, uint8_t *at, uint64_t clock, uint32_t place)
{
    uint8_t *first = at++;
    trace_slot *last = s->last;
    uint64_t delta = clock - s->clock;
    unsigned flags = 0;
    s->clock = clock;
    if (last->delta != delta) {
        flags = PACK_CLOCK;
        at = put_varint(at, delta);
        last->delta = (uint32_t)delta;
    }
    if (last->next != place) {
        flags |= PACK_PC;
        if ((s->place ^ place) >> 16) {
            flags |= PACK_PS;
            at = put2(at, place >> 16);
        }
        at = put2(at, place);
        last->next = place;
    }
    *first = (uint8_t)flags;
    s->place = place;
    s->last = trace_slot_at(s, place);   /* may empty the slot that was the last */
    s->nth = 0;
    return at;
}

uint8_t *trace_pack_code(trace_slots *s, uint8_t *first, uint8_t *at, const uint8_t *code, unsigned length)
{
    unsigned shown = length & 0x1F;
    *first |= PACK_CODE;
    *at++ = s->last->length = (uint8_t)length;
    memcpy(at, code, shown);
    memcpy(s->last->code, code, shown);
    s->last->next = trace_behind(s->place, length);
    return at + shown;
}

uint8_t *trace_pack_registers(trace_slots *s, uint8_t *first, uint8_t *at, unsigned changed, const uint16_t *values)
{
    uint8_t packed[2 * TRACE_REGISTERS], *to = packed;
    uint32_t form = changed;
    for (unsigned n = 0; changed >> n; n++)
        if (changed >> n & 1) {
            uint16_t value = values[n];
            *to++ = (uint8_t)value;
            if ((value ^ s->values[n]) >> 8) {
                form |= 0x1000u << n;
                *to++ = (uint8_t)(value >> 8);
            }
            s->values[n] = value;
        }
    *first |= PACK_REGISTERS;
    if (form != s->last->form) {
        s->last->form = form;
        *first |= PACK_FORM;
        at = put2(at, form);
        *at++ = (uint8_t)(form >> 16);
    }
    memcpy(at, packed, sizeof packed);
    return at + (to - packed);
}

uint8_t *trace_pack_interrupt(trace_slots *s, uint8_t *at, uint64_t clock, unsigned vector, uint32_t place)
{
    *at = vector > 0xFF ? PACK_WAKE : PACK_INTERRUPT;
    at = put_varint(at + 1, clock - s->clock);
    at = put2(put2(at, place >> 16), place);
    if (vector <= 0xFF)
        *at++ = (uint8_t)vector;
    s->clock = clock;
    s->last = &s->other;
    s->nth = 0;
    return at;
}

uint8_t *trace_pack_access(trace_slots *s, uint8_t *at, uint64_t clock, unsigned kind, uint32_t address, int word,
                           uint32_t value)
{
    uint8_t *first = at++;
    unsigned n = s->nth++ & (TRACE_SEEN - 1), flags = PACK_ACCESS | kind << 5 | (word ? PACK_WORD : 0);
    uint32_t *seen = &s->last->address[n], off = address - *seen;
    if (clock != s->clock) {
        flags |= PACK_LATER;
        at = put_varint(at, clock - s->clock);
        s->clock = clock;
    }
    if (off != 0) {
        *seen = address;
        if (off + 0x80 < 0x100) {
            flags |= PACK_NEAR;
            *at++ = (uint8_t)off;
        } else {
            flags |= PACK_FAR;
            at = put2(at, address);
            *at++ = (uint8_t)(address >> 16);
        }
    }
    if (s->last->value[n] != value) {
        s->last->value[n] = (uint16_t)value;
        flags |= PACK_VALUE;
        *at++ = (uint8_t)value;
        if (word)
            *at++ = (uint8_t)(value >> 8);
    }
    *first = (uint8_t)flags;
    return at;
}
