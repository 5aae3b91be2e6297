/* Comparing two players, and finding the step in which they part. */
#include "lockstep_state.h"
#include <string.h>

static int same_stale(const v30 *a, const v30 *b)
{
    if (!(a->state & V30_STALE))
        return 1;
    for (unsigned n = 0; n < a->stale_count; n++)
        if (a->stale[n].address != b->stale[n].address || a->stale[n].byte != b->stale[n].byte)
            return 0;
    return a->stale_count == b->stale_count;
}

static int same_state(const v30 *a, const v30 *b)
{
    return memcmp(a->r, b->r, sizeof a->r) == 0 && memcmp(a->s, b->s, sizeof a->s) == 0 && a->pc == b->pc
        && a->psw == b->psw && a->clock == b->clock && a->instructions == b->instructions
        && a->attention == b->attention && a->md_writable == b->md_writable && a->bus_unit == b->bus_unit
        && a->polling == b->polling && a->popped_at == b->popped_at && a->psw_before == b->psw_before
        && a->bus_unit_early == b->bus_unit_early && a->early == b->early && a->refresh_next == b->refresh_next
        && a->refresh_next_early == b->refresh_next_early && a->poll_line == b->poll_line && same_stale(a, b);
}

static int same_cycles(const bus_trace *a, const bus_trace *b)
{
    uint32_t kept = a->count < a->capacity ? a->count : a->capacity;
    return a->count == b->count && memcmp(a->cycles, b->cycles, kept * sizeof *a->cycles) == 0;
}

/* Among the bytes written in this block, and those beside them; MEMORY = there is none. */
static uint32_t different_byte(const player *p, const player *q)
{
    const bus_trace *t = &p->trace;
    for (uint32_t i = 0; i < t->count && i < t->capacity; i++)
        if (t->cycles[i].kind == CYCLE_MEMW)
            for (uint32_t j = 0; j < 2; j++) {
                uint32_t a = (t->cycles[i].address + j) & (MEMORY - 1);
                if (p->bus.mem[a] != q->bus.mem[a])
                    return a;
            }
    return MEMORY;
}

static uint32_t different_ram(const lockstep *l, const player *p, const player *q)
{
    for (uint32_t page = 0; page < 256; page++)
        if (l->pages[page] == PAGE_RAM && memcmp(p->bus.mem + page * 0x1000, q->bus.mem + page * 0x1000, 0x1000) != 0)
            for (uint32_t a = page * 0x1000;; a++)
                if (p->bus.mem[a] != q->bus.mem[a])
                    return a;
    return MEMORY;
}

int lockstep_compare(lockstep *l, const player *a, const player *b, int whole)
{
    l->address = MEMORY;
    if (b->strayed || a->passed != b->passed)
        return LOCKSTEP_TRAFFIC;
    if (!same_state(a->cpu, b->cpu))
        return LOCKSTEP_STATE;
    if (!same_cycles(&a->trace, &b->trace))
        return LOCKSTEP_CYCLES;
    l->address = different_byte(a, b);
    if (whole && l->address == MEMORY)
        l->address = different_ram(l, a, b);
    return l->address == MEMORY ? LOCKSTEP_SAME : LOCKSTEP_MEMORY;
}

/* ---- running a block again ---- */

static void begin_again(player *p, const v30 *state)
{
    lockstep_copy_cpu(p->cpu, state);
    p->passed = p->trace.count = 0;
    p->strayed = 0;
    memcpy(p->bus.page, p->l->pages_before, sizeof p->bus.page);
}

/* The core, on the first's memory as it was. */
static void third_begins(lockstep *l)
{
    uint8_t *memory = l->third.bus.mem;
    begin_again(&l->third, &l->before);
    memcpy(memory, l->board->mem, MEMORY);
    if (l->change_pending)
        memcpy(memory + l->change_start, l->before_memory + l->change_start, l->change_end - l->change_start);
    for (uint32_t i = l->undos; i-- > 0;)
        memory[l->undo[i] >> 8] = (uint8_t)l->undo[i];
    l->third_cpu.horizon = l->first.cpu->clock;
}

static void second_begins(lockstep *l)
{
    uint8_t *memory = l->second.bus.mem;
    begin_again(&l->second, &l->second_before);
    for (uint32_t start = 0; start < MEMORY; start += 0x1000)
        if (memcmp(memory + start, l->before_memory + start, 0x1000) != 0) {
            memcpy(memory + start, l->before_memory + start, 0x1000);
            unicorn_glue_forget(l->glue, start, 0x1000);
        }
}

/* Those from `from` on; of more than were kept only the number is known. */
static void show_cycles(lockstep *l, int which, const bus_cycle *cycles, uint32_t count, uint32_t from)
{
    uint32_t kept = count < LOCKSTEP_CYCLES_KEPT ? count : LOCKSTEP_CYCLES_KEPT;
    if (from > count)
        from = count;
    l->cycles[which] = cycles + (from < kept ? from : kept);
    l->cycle_count[which] = count - from;
    l->cycles_kept[which] = from < kept ? kept - from : 0;
}

static void show_step(lockstep *l, uint32_t from)
{
    const bus_trace *a = &l->third.trace, *b = &l->second.trace;
    l->is_step = 1;
    lockstep_copy_cpu(&l->shown_second, &l->second_cpu);
    show_cycles(l, LOCKSTEP_FIRST, a->cycles, a->count, from);
    show_cycles(l, LOCKSTEP_SECOND, b->cycles, b->count, from);
}

/* The steps do not differ this time: what is known is the block, whose second engine's cycles are in l->spare. */
static void show_block(lockstep *l, uint32_t spare_count)
{
    const bus_trace *a = &l->third.trace;
    uint32_t from = 0;
    while (from < a->count && from < spare_count && from < LOCKSTEP_CYCLES_KEPT
           && memcmp(&a->cycles[from], &l->spare[from], sizeof *l->spare) == 0)
        from++;
    lockstep_copy_cpu(&l->shown_before, &l->before);
    show_cycles(l, LOCKSTEP_FIRST, a->cycles, a->count, from);
    show_cycles(l, LOCKSTEP_SECOND, l->spare, spare_count, from);
}

void lockstep_search(lockstep *l, int whole)
{
    bus_cycle *cycles = l->second.trace.cycles;
    uint32_t count = l->second.trace.count, steps = 0, address = l->address;
    uint8_t byte = l->second.bus.mem[address & (MEMORY - 1)];
    l->second.trace.cycles = l->spare;
    l->spare = cycles;
    lockstep_copy_cpu(&l->shown_second, &l->second_cpu);
    third_begins(l);
    while (l->third_cpu.clock < l->first.cpu->clock) {
        v30 *third = &l->third_cpu;
        uint32_t from = l->third.trace.count;
        int kind;
        lockstep_copy_cpu(&l->shown_before, third);
        if (v30_step(third) == 0)
            v30_let_pass(third);
        steps++;
        second_begins(l);
        l->second_cpu.horizon = third->clock;
        unicorn_glue_run(l->glue);
        kind = lockstep_compare(l, &l->third, &l->second, whole);
        if (kind != LOCKSTEP_SAME) {
            l->kind = (uint8_t)kind;
            show_step(l, from);
            return;
        }
    }
    l->address = address;
    l->second.bus.mem[address & (MEMORY - 1)] = byte;
    show_block(l, count);
    l->is_step = steps == 1;
}
