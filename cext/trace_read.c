/* See trace_read.h. */
#include "trace_read.h"

typedef struct source {
    const uint8_t *at, *end;   /* TRACE_RECORD bytes behind the end may be looked at: */
} source;                      /* a record that goes beyond it is found out when it is over */

static uint32_t take1(source *s) { return *s->at++; }

static uint32_t take2(source *s)
{
    uint32_t value = (uint32_t)(s->at[0] | s->at[1] << 8);
    s->at += 2;
    return value;
}

static uint64_t take_varint(source *s)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint32_t byte = take1(s);
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            break;
    }
    return value;
}

static void take_registers(source *in, uint16_t *values, unsigned changed, unsigned wide)
{
    for (unsigned n = 0; n < TRACE_REGISTERS; n++)
        if (changed >> n & 1) {
            uint32_t low = take1(in);
            values[n] = (uint16_t)(low | (wide >> n & 1 ? take1(in) << 8 : values[n] & 0xFF00u));
        }
}

void trace_reader_begin(trace_reader *r) { trace_text_begin(&r->text); }

static int wanted_now(trace_reader *r) { return r->left > 0 && trace_wants_clock(&r->wanted, r->slots.clock); }

static uint8_t *end(trace_reader *r, uint8_t *at)
{
    *at++ = '\n';
    r->left--;
    return at;
}

static uint8_t *read_instruction(trace_reader *r, source *in, unsigned flags, uint8_t *at)
{
    trace_slots *s = &r->slots;
    trace_slot *last = s->last, *slot;
    unsigned changed = 0;
    uint32_t place = last->next;
    if (flags & PACK_CLOCK) {
        uint64_t delta = take_varint(in);
        last->delta = (uint32_t)delta;
        s->clock += delta;
    } else
        s->clock += last->delta;
    if (flags & PACK_PC) {
        uint32_t ps = flags & PACK_PS ? take2(in) : s->place >> 16;
        place = last->next = ps << 16 | take2(in);
    }
    slot = trace_slot_at(s, place);
    if (flags & PACK_CODE) {
        unsigned length = take1(in), shown = length & 0x1F;
        if (shown == 0 || shown > TRACE_CODE || (length & 0x60))
            return NULL;
        slot->length = (uint8_t)length;
        memcpy(slot->code, in->at, shown);
        in->at += shown;
        slot->next = trace_behind(place, length);
    } else if (slot->length == 0)
        return NULL;
    if (flags & PACK_REGISTERS) {
        if (flags & PACK_FORM) {
            slot->form = take2(in);
            slot->form |= take1(in) << 16;
        }
        changed = slot->form & 0xFFF;
        take_registers(in, s->values, changed, slot->form >> 12);
    }
    s->place = place;
    s->last = slot;
    s->nth = 0;
    r->counts[TRACE_INSTRUCTION]++;
    if (!wanted_now(r) || !(r->wanted.memory[((place >> 16 << 4) + (place & 0xFFFF)) & 0xFFFFF] & TRACE_EXEC))
        return at;
    at = trace_text_clock(&r->text, at, s->clock);
    at = trace_text_code(at, place, slot->code, slot->length & 0x1F, slot->length >> 7);
    return end(r, trace_text_registers(at, changed, s->values));
}

static uint8_t *read_interrupt(trace_reader *r, source *in, int wake, uint8_t *at)
{
    trace_slots *s = &r->slots;
    uint32_t place, vector = 0x100;
    s->clock += take_varint(in);
    place = take2(in) << 16;
    place |= take2(in);
    if (!wake)
        vector = take1(in);
    s->last = &s->other;
    s->nth = 0;
    r->counts[wake ? TRACE_WAKE : TRACE_INTERRUPT]++;
    if (!wanted_now(r) || !r->wanted.interrupts)
        return at;
    return end(r, trace_text_interrupt(trace_text_clock(&r->text, at, s->clock), vector, place));
}

static uint8_t *read_access(trace_reader *r, source *in, unsigned flags, uint8_t *at)
{
    trace_slots *s = &r->slots;
    unsigned n = s->nth++ & (TRACE_SEEN - 1), kind = flags >> 5 & 3;
    uint32_t *seen = &s->last->address[n];
    uint16_t *value = &s->last->value[n];
    if (flags & PACK_LATER)
        s->clock += take_varint(in);
    if (flags & PACK_FAR) {
        if (flags & PACK_NEAR)
            return NULL;
        *seen = take2(in);
        *seen |= take1(in) << 16;
    } else if (flags & PACK_NEAR)
        *seen += (take1(in) ^ 0x80) - 0x80;
    if (flags & PACK_VALUE)
        *value = (uint16_t)(flags & PACK_WORD ? take2(in) : take1(in));
    r->counts[TRACE_ACCESS + kind]++;
    if (!wanted_now(r) || !trace_wants_access(&r->wanted, kind, *seen))
        return at;
    at = trace_text_clock(&r->text, at, s->clock);
    return end(r, trace_text_access(at, kind, *seen, flags & PACK_WORD, *value));
}

int64_t trace_read(trace_reader *r, uint64_t begins, const uint8_t *first, uint32_t size, uint8_t *out)
{
    source in = {first, first + size};
    uint8_t *at = out;
    memset(r->counts, 0, sizeof r->counts);
    trace_slots_begin(&r->slots, begins);
    while (in.at < in.end) {
        unsigned flags = take1(&in);
        if (flags & PACK_ACCESS)
            at = read_access(r, &in, flags, at);
        else if (flags == PACK_INTERRUPT || flags == PACK_WAKE)
            at = read_interrupt(r, &in, flags == PACK_WAKE, at);
        else if (flags < 0x40 && (flags & (PACK_PS | PACK_PC)) != PACK_PS
                 && (flags & (PACK_FORM | PACK_REGISTERS)) != PACK_FORM)
            at = read_instruction(r, &in, flags, at);
        else
            at = NULL;
        if (at == NULL || in.at > in.end)
            return -1;
    }
    return at - out;
}
