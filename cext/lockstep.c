/* See lockstep.h: running by blocks, and the life of it. */
#include "lockstep_state.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_RAM_EVERY 0x10000u   /* instructions between two comparisons of all RAM */

void lockstep_copy_cpu(v30 *to, const v30 *from)
{
    board_bus *bus = to->bus;
    memcpy(to, from, offsetof(v30, remembered));
    to->bus = bus;
}

/* ---- a block ---- */

static void begin_block(lockstep *l)
{
    lockstep_copy_cpu(&l->before, l->first.cpu);
    lockstep_copy_cpu(&l->second_before, &l->second_cpu);
    l->first.passed = l->second.passed = l->first.trace.count = l->second.trace.count = l->undos = 0;
    l->second.strayed = 0;
}

static uint32_t step(lockstep *l)
{
    if (l->stops != NULL)
        return stops_step(l->stops, l->written, l->first.cpu);
    return l->written ? trace_step(l->written, l->first.cpu) : v30_step(l->first.cpu);
}

/* A halted core lets the time pass as far as the callers' horizon, in a block of its own. */
static void run_first(lockstep *l)
{
    v30 *cpu = l->first.cpu;
    int rests = cpu->halted || cpu->stop;
    l->end = rests ? UINT64_MAX : cpu->clock + l->block;
    lockstep_give_horizon(l);
    if (rests) {
        if (step(l) == 0 && (l->stops == NULL || !l->stops->hit))
            v30_let_pass(cpu);
    } else if (l->stops != NULL)
        stops_run(l->stops, l->written, cpu);
    else if (l->written == NULL)
        v30_run(cpu);
    else
        trace_run(l->written, cpu);
    lockstep_take_horizon(l);
}

/* A recorder on the board gets the first engine's cycles. */
static void pass_on(lockstep *l)
{
    bus_trace *t = l->board->trace;
    const bus_trace *seen = &l->first.trace;
    if (t != NULL)
        for (uint32_t i = 0; i < seen->count; i++, t->count++)
            if (t->count < t->capacity && i < seen->capacity)
                t->cycles[t->count] = seen->cycles[i];
}

/* Both were alike: what they wrote is how the next block begins. */
static void end_block(lockstep *l)
{
    const bus_trace *t = &l->second.trace;
    const uint8_t *copy = l->second.bus.mem;
    uint32_t kept = t->count < t->capacity ? t->count : t->capacity;
    if (lockstep_is_full(&l->second))
        memcpy(l->before_memory, copy, MEMORY);
    for (uint32_t i = 0; i < kept; i++)
        if (t->cycles[i].kind == CYCLE_MEMW) {
            uint32_t a = t->cycles[i].address, b = (a + 1) & (MEMORY - 1);
            l->before_memory[a] = copy[a];
            l->before_memory[b] = copy[b];
        }
    if (l->change_pending) {
        memcpy(l->before_memory + l->change_start, copy + l->change_start, l->change_end - l->change_start);
        memcpy(l->pages_before, l->pages, sizeof l->pages);
        l->change_pending = l->change_remap = 0;
    }
}

static int whole_is_due(lockstep *l)
{
    l->since_whole += (uint32_t)(l->first.cpu->instructions - l->before.instructions);
    if (l->since_whole < WHOLE_RAM_EVERY && !lockstep_is_full(&l->first))
        return 0;
    l->since_whole = 0;
    return 1;
}

int lockstep_run(lockstep *l)
{
    v30 *first = l->first.cpu;
    int whole = 0;
    if (l->kind != LOCKSTEP_SAME || memcmp(l->pages, l->board->page, sizeof l->pages) != 0)
        lockstep_remap(l);
    l->kind = LOCKSTEP_SAME;
    lockstep_copy_cpu(&l->second_cpu, first);
    l->horizon = l->given = first->horizon;
    while (first->clock < l->horizon) {
        begin_block(l);
        run_first(l);
        l->second_cpu.horizon = first->clock;
        unicorn_glue_run(l->glue);
        pass_on(l);
        whole = whole_is_due(l);
        l->kind = (uint8_t)lockstep_compare(l, &l->first, &l->second, whole);
        if (l->kind != LOCKSTEP_SAME) {
            lockstep_search(l, whole);
            l->change_pending = l->change_remap = l->change_unkept = 0;
            break;
        }
        end_block(l);
    }
    return l->kind;
}

void lockstep_trace(lockstep *l, trace *t) { l->written = t; }

void lockstep_stop_at(lockstep *l, stops *s) { l->stops = s; }

void lockstep_by(lockstep *l, uint32_t clocks)
{
    l->block = clocks < 1 ? 1 : clocks > LOCKSTEP_BLOCK ? LOCKSTEP_BLOCK : clocks;
}

/* ---- what the host changes ---- */

/* The second engine comes to it when it asks the device that did it; the block ends with this instruction. */
static void keep_change(lockstep *l, uint32_t start, uint32_t end)
{
    if (!l->change_pending || start < l->change_start)
        l->change_start = start;
    if (!l->change_pending || end > l->change_end)
        l->change_end = end;
    l->change_pending = l->change_unkept = 1;
}

void lockstep_host_wrote(lockstep *l, uint32_t start, uint32_t size)
{
    if (start >= MEMORY)
        return;
    if (size > MEMORY - start)
        size = MEMORY - start;
    if (l->in_device) {
        keep_change(l, start, start + size);
        return;
    }
    memcpy(l->second.bus.mem + start, l->board->mem + start, size);
    memcpy(l->before_memory + start, l->board->mem + start, size);
    unicorn_glue_forget(l->glue, start, size);
}

void lockstep_remap(lockstep *l)
{
    memcpy(l->pages, l->board->page, sizeof l->pages);
    for (unsigned page = 0; page < 256; page++)
        l->first.bus.page[page] = l->pages[page] == PAGE_RAM ? PAGE_ROM : l->pages[page];
    lockstep_host_wrote(l, 0, MEMORY);
    if (l->in_device) {
        l->change_remap = 1;
        return;
    }
    memcpy(l->pages_before, l->pages, sizeof l->pages);
    memcpy(l->second.bus.page, l->pages, sizeof l->pages);
    unicorn_glue_remap(l->glue);
}

/* ---- what differed ---- */

int lockstep_is_step(const lockstep *l) { return l->is_step; }

const v30 *lockstep_state(const lockstep *l, int which)
{
    return which == LOCKSTEP_BEFORE ? &l->shown_before : which == LOCKSTEP_SECOND ? &l->shown_second : &l->third_cpu;
}

uint32_t lockstep_cycles(const lockstep *l, int which) { return l->cycle_count[which == LOCKSTEP_SECOND]; }

const bus_cycle *lockstep_cycle(const lockstep *l, int which, uint32_t index)
{
    return index < l->cycles_kept[which == LOCKSTEP_SECOND] ? &l->cycles[which == LOCKSTEP_SECOND][index] : NULL;
}

uint32_t lockstep_address(const lockstep *l) { return l->address; }

uint8_t lockstep_byte(const lockstep *l, int which, uint32_t address)
{
    return (which == LOCKSTEP_SECOND ? &l->second : &l->third)->bus.mem[address & (MEMORY - 1)];
}

/* ---- life ---- */

static int allocate(lockstep *l)
{
    l->second.bus.mem = aligned_alloc(0x1000, MEMORY);
    l->third.bus.mem = malloc(MEMORY);
    l->before_memory = malloc(MEMORY);
    l->first.trace.cycles = calloc(LOCKSTEP_CYCLES_KEPT, sizeof(bus_cycle));
    l->second.trace.cycles = calloc(LOCKSTEP_CYCLES_KEPT, sizeof(bus_cycle));
    l->third.trace.cycles = calloc(LOCKSTEP_CYCLES_KEPT, sizeof(bus_cycle));
    l->spare = calloc(LOCKSTEP_CYCLES_KEPT, sizeof(bus_cycle));
    l->first.trace.capacity = l->second.trace.capacity = l->third.trace.capacity = LOCKSTEP_CYCLES_KEPT;
    return l->second.bus.mem && l->third.bus.mem && l->before_memory && l->first.trace.cycles && l->second.trace.cycles
           && l->third.trace.cycles && l->spare;
}

lockstep *lockstep_new(const char *path, v30 *cpu, board_bus *bus, const char **why)
{
    lockstep *l = calloc(1, sizeof *l);
    *why = "there is no memory for it";
    if (l == NULL)
        return NULL;
    if (!allocate(l)) {
        lockstep_free(l);
        return NULL;
    }
    l->board = bus;
    l->block = LOCKSTEP_BLOCK;
    l->first.l = l->second.l = l->third.l = l;
    l->first.cpu = cpu;
    l->second.cpu = &l->second_cpu;
    l->third.cpu = &l->third_cpu;
    lockstep_make_buses(l);
    cpu->bus = &l->first.bus;
    l->third_cpu.bus = &l->third.bus;
    lockstep_copy_cpu(&l->second_cpu, cpu);
    memcpy(l->second.bus.mem, bus->mem, MEMORY);
    l->glue = unicorn_glue_new(path, &l->second_cpu, &l->second.bus, why);
    if (l->glue == NULL) {
        lockstep_free(l);
        return NULL;
    }
    lockstep_remap(l);
    return l;
}

void lockstep_free(lockstep *l)
{
    if (l == NULL)
        return;
    unicorn_glue_free(l->glue);
    free(l->second.bus.mem);
    free(l->third.bus.mem);
    free(l->before_memory);
    free(l->first.trace.cycles);
    free(l->second.trace.cycles);
    free(l->third.trace.cycles);
    free(l->spare);
    free(l->log);
    free(l->undo);
    free(l);
}
