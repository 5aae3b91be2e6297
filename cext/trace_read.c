/* See trace_read.h. */
#include "trace_read.h"
#include "trace_unpack.h"

void trace_reader_begin(trace_reader *r) { trace_text_begin(&r->text); }

static int is_wanted(const trace_reader *r, const trace_event *e)
{
    const trace_filter *f = &r->wanted;
    if (r->left == 0 || !trace_wants_clock(f, e->clock))
        return 0;
    if (e->kind == TRACE_INSTRUCTION)
        return f->memory[((e->place >> 16 << 4) + (e->place & 0xFFFF)) & 0xFFFFF] & TRACE_EXEC;
    if (e->kind == TRACE_INTERRUPT && r->one_vector)
        return e->value == r->vector;
    if (e->kind == TRACE_INTERRUPT || e->kind == TRACE_WAKE)
        return f->interrupts;
    return trace_wants_access(f, e->kind - TRACE_ACCESS, e->address) != 0;
}

static uint8_t *write_line(trace_reader *r, const trace_event *e, uint8_t *at)
{
    at = trace_text_clock(&r->text, at, e->clock);
    if (e->kind == TRACE_INSTRUCTION)
        at = trace_text_registers(trace_text_code(at, e->place, e->code, e->shown, e->more), e->changed, r->slots.values);
    else if (e->kind >= TRACE_ACCESS)
        at = trace_text_access(at, e->kind - TRACE_ACCESS, e->address, e->word, e->value);
    else
        at = trace_text_interrupt(at, e->value, e->place);
    *at++ = '\n';
    r->left--;
    return at;
}

int64_t trace_read(trace_reader *r, uint64_t begins, const uint8_t *first, uint32_t size, uint8_t *out)
{
    trace_source in = {first, first + size};
    trace_event event;
    uint8_t *at = out;
    memset(r->counts, 0, sizeof r->counts);
    trace_slots_begin(&r->slots, begins);
    while (in.at < in.end) {
        if (!trace_unpack(&r->slots, &in, &event))
            return -1;
        r->counts[event.kind]++;
        if (r->calls != NULL) {
            profile_take(r->calls, &event);
            if (!(r->own ? profile_is_own(r->calls) : profile_is_inside(r->calls)))
                continue;
        }
        if (is_wanted(r, &event))
            at = write_line(r, &event, at);
    }
    return at - out;
}
