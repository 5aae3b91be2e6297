/* See lockstep.h. */
#include "lockstep.h"
#include "unicorn_glue.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY 0x100000u
#define CYCLES 4096u
#define WHOLE_RAM_EVERY 0x10000u   /* instructions between two comparisons of all RAM */

typedef struct traffic {
    uint32_t address;
    uint8_t kind;        /* CYCLE_* */
    uint8_t value;
    uint8_t int_line, nmi_latch;   /* as the device left them */
    int64_t int_since, nmi_since;
    uint32_t bus_settings;
} traffic;

struct lockstep {
    v30 *first;
    board_bus *board, first_bus, second_bus;
    v30 second;
    trace *written;   /* NULL, or where the first engine's steps are written down */
    unicorn_glue *glue;
    uint8_t *copy;
    bus_trace first_trace, second_trace;
    traffic *log;
    uint32_t logged, replayed, room;
    uint8_t strayed;               /* the second asked for something else */
    uint32_t since_whole;
    v30 before;
    uint8_t kind;                  /* LOCKSTEP_* */
    uint32_t address;
};

/* ---- the first engine's callbacks: do it, and keep it ---- */

static void keep(lockstep *l, uint8_t kind, uint32_t address, uint8_t value)
{
    if (l->logged == l->room) {
        uint32_t room = l->room ? 2 * l->room : 64;
        traffic *log = realloc(l->log, room * sizeof *log);
        if (log == NULL)
            return;   /* the second engine will miss it, and say so */
        l->log = log;
        l->room = room;
    }
    l->log[l->logged++] = (traffic){address, kind, value, l->first->int_line, l->first->nmi_latch,
                                     l->first->int_since, l->first->nmi_since, l->first->bus_settings};
}

static uint8_t first_port_in(void *user, uint16_t port)
{
    lockstep *l = user;
    uint8_t value = l->board->port_in(l->board->user, port);
    keep(l, CYCLE_IOR, port, value);
    return value;
}

static void first_port_out(void *user, uint16_t port, uint8_t value)
{
    lockstep *l = user;
    l->board->port_out(l->board->user, port, value);
    keep(l, CYCLE_IOW, port, value);
}

static uint8_t first_mem_in(void *user, uint32_t address)
{
    lockstep *l = user;
    uint8_t value = l->board->mem_in(l->board->user, address);
    keep(l, CYCLE_MEMR, address, value);
    return value;
}

static void first_mem_out(void *user, uint32_t address, uint8_t value)
{
    lockstep *l = user;
    l->board->mem_out(l->board->user, address, value);
    keep(l, CYCLE_MEMW, address, value);
}

static uint8_t first_int_ack(void *user)
{
    lockstep *l = user;
    uint8_t value = l->board->int_ack(l->board->user);
    keep(l, CYCLE_INTA, 0, value);
    return value;
}

/* ---- the second engine's: look it up ---- */

static const traffic *replay(lockstep *l, uint8_t kind, uint32_t address)
{
    const traffic *t = &l->log[l->replayed];
    if (l->replayed >= l->logged || t->kind != kind || t->address != address) {
        l->strayed = 1;
        return NULL;
    }
    l->replayed++;
    l->second.int_line = t->int_line;
    l->second.nmi_latch = t->nmi_latch;
    l->second.int_since = t->int_since;
    l->second.nmi_since = t->nmi_since;
    if (l->second.bus_settings != t->bus_settings)
        v30_same_settings(&l->second, l->first);
    return t;
}

static uint8_t replay_in(lockstep *l, uint8_t kind, uint32_t address)
{
    const traffic *t = replay(l, kind, address);
    return t == NULL ? 0xFF : t->value;
}

static void replay_out(lockstep *l, uint8_t kind, uint32_t address, uint8_t value)
{
    const traffic *t = replay(l, kind, address);
    if (t != NULL && t->value != value)
        l->strayed = 1;
}

static uint8_t second_port_in(void *user, uint16_t port) { return replay_in(user, CYCLE_IOR, port); }

static void second_port_out(void *user, uint16_t port, uint8_t value) { replay_out(user, CYCLE_IOW, port, value); }

static uint8_t second_mem_in(void *user, uint32_t address) { return replay_in(user, CYCLE_MEMR, address); }

static void second_mem_out(void *user, uint32_t address, uint8_t value)
{
    replay_out(user, CYCLE_MEMW, address, value);
}

static uint8_t second_int_ack(void *user) { return replay_in(user, CYCLE_INTA, 0); }

/* ---- comparison ---- */

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
        && a->psw == b->psw && a->clock == b->clock && a->instructions == b->instructions && a->halted == b->halted
        && a->shadow == b->shadow && a->trap_armed == b->trap_armed && a->stop == b->stop
        && a->md_writable == b->md_writable && a->rep_active == b->rep_active && a->nmi_latch == b->nmi_latch
        && a->int_line == b->int_line && a->popped_at == b->popped_at && a->psw_before == b->psw_before
        && a->bus_unit == b->bus_unit && a->polling == b->polling && a->refresh_next == b->refresh_next
        && a->state == b->state && same_stale(a, b);
}

static int same_cycles(const bus_trace *a, const bus_trace *b)
{
    if (a->count != b->count)
        return 0;
    for (uint32_t i = 0; i < a->count && i < a->capacity; i++) {
        const bus_cycle *x = &a->cycles[i], *y = &b->cycles[i];
        if (x->address != y->address || x->data != y->data || x->kind != y->kind || x->ube != y->ube)
            return 0;
    }
    return 1;
}

/* Among the bytes written in this step; MEMORY = there is none. */
static uint32_t different_byte(const lockstep *l)
{
    const bus_trace *t = &l->first_trace;
    for (uint32_t i = 0; i < t->count && i < t->capacity; i++)
        if (t->cycles[i].kind == CYCLE_MEMW)
            for (uint32_t j = 0; j < 2; j++) {
                uint32_t a = (t->cycles[i].address + j) & (MEMORY - 1);
                if (l->board->mem[a] != l->copy[a])
                    return a;
            }
    return MEMORY;
}

static uint32_t different_ram(const lockstep *l)
{
    for (uint32_t page = 0; page < 256; page++)
        if (l->board->page[page] == PAGE_RAM
            && memcmp(l->board->mem + page * 0x1000, l->copy + page * 0x1000, 0x1000) != 0)
            for (uint32_t a = page * 0x1000;; a++)
                if (l->board->mem[a] != l->copy[a])
                    return a;
    return MEMORY;
}

static int compare(lockstep *l)
{
    l->address = MEMORY;
    if (l->strayed || l->replayed != l->logged)
        return LOCKSTEP_TRAFFIC;
    if (!same_state(l->first, &l->second))
        return LOCKSTEP_STATE;
    if (!same_cycles(&l->first_trace, &l->second_trace))
        return LOCKSTEP_CYCLES;
    l->address = different_byte(l);
    if (l->address == MEMORY && ++l->since_whole >= WHOLE_RAM_EVERY) {
        l->since_whole = 0;
        l->address = different_ram(l);
    }
    return l->address == MEMORY ? LOCKSTEP_SAME : LOCKSTEP_MEMORY;
}

/* ---- running ---- */

/* A recorder on the board gets the first engine's cycles. */
static void pass_on(lockstep *l)
{
    bus_trace *t = l->board->trace;
    if (t != NULL)
        for (uint32_t i = 0; i < l->first_trace.count; i++, t->count++)
            if (t->count < t->capacity && i < l->first_trace.capacity)
                t->cycles[t->count] = l->first_trace.cycles[i];
}

static void copy_state(lockstep *l)
{
    board_bus *bus = l->second.bus;
    memcpy(&l->second, l->first, offsetof(v30, remembered));
    l->second.bus = bus;
}

int lockstep_run(lockstep *l)
{
    v30 *first = l->first;
    copy_state(l);
    if (memcmp(l->first_bus.page, l->board->page, sizeof l->first_bus.page) != 0)
        lockstep_remap(l);
    l->kind = LOCKSTEP_SAME;
    while (first->clock < first->horizon) {
        memcpy(&l->before, first, offsetof(v30, remembered));
        l->logged = l->replayed = l->first_trace.count = l->second_trace.count = 0;
        l->strayed = 0;
        l->second.int_line = first->int_line;
        l->second.nmi_latch = first->nmi_latch;
        l->second.int_since = first->int_since;
        l->second.nmi_since = first->nmi_since;
        if ((l->written ? trace_step(l->written, first) : v30_step(first)) == 0) {
            v30_let_pass(first);
            l->second.horizon = first->clock;
        } else
            l->second.horizon = l->second.clock + 1;
        unicorn_glue_run(l->glue);
        pass_on(l);
        l->kind = (uint8_t)compare(l);
        if (l->kind != LOCKSTEP_SAME)
            break;
    }
    return l->kind;
}

void lockstep_trace(lockstep *l, trace *t) { l->written = t; }

void lockstep_host_wrote(lockstep *l, uint32_t start, uint32_t size)
{
    if (start >= MEMORY)
        return;
    if (size > MEMORY - start)
        size = MEMORY - start;
    memcpy(l->copy + start, l->board->mem + start, size);
    unicorn_glue_forget(l->glue, start, size);
}

void lockstep_remap(lockstep *l)
{
    memcpy(l->first_bus.page, l->board->page, sizeof l->first_bus.page);
    memcpy(l->second_bus.page, l->board->page, sizeof l->second_bus.page);
    lockstep_host_wrote(l, 0, MEMORY);
    unicorn_glue_remap(l->glue);
}

static const bus_trace *trace_of(const lockstep *l, int which)
{
    return which == LOCKSTEP_SECOND ? &l->second_trace : &l->first_trace;
}

const v30 *lockstep_state(const lockstep *l, int which)
{
    return which == LOCKSTEP_BEFORE ? &l->before : which == LOCKSTEP_SECOND ? &l->second : l->first;
}

uint32_t lockstep_cycles(const lockstep *l, int which) { return trace_of(l, which)->count; }

const bus_cycle *lockstep_cycle(const lockstep *l, int which, uint32_t index)
{
    const bus_trace *t = trace_of(l, which);
    return index < t->count && index < t->capacity ? &t->cycles[index] : NULL;
}

uint32_t lockstep_address(const lockstep *l) { return l->address; }

uint8_t lockstep_byte(const lockstep *l, int which, uint32_t address)
{
    return (which == LOCKSTEP_SECOND ? l->copy : l->board->mem)[address & (MEMORY - 1)];
}

/* ---- life ---- */

lockstep *lockstep_new(const char *path, v30 *cpu, board_bus *bus, const char **why)
{
    lockstep *l = calloc(1, sizeof *l);
    *why = "there is no memory for it";
    if (l == NULL)
        return NULL;
    l->copy = aligned_alloc(0x1000, MEMORY);
    l->first_trace.cycles = calloc(CYCLES, sizeof(bus_cycle));
    l->second_trace.cycles = calloc(CYCLES, sizeof(bus_cycle));
    if (l->copy == NULL || l->first_trace.cycles == NULL || l->second_trace.cycles == NULL) {
        lockstep_free(l);
        return NULL;
    }
    l->first_trace.capacity = l->second_trace.capacity = CYCLES;
    memcpy(l->copy, bus->mem, MEMORY);
    l->first = cpu;
    l->board = bus;
    l->first_bus = (board_bus){.mem = bus->mem, .trace = &l->first_trace, .user = l,
                               .port_in = first_port_in, .port_out = first_port_out, .mem_in = first_mem_in,
                               .mem_out = first_mem_out, .int_ack = first_int_ack};
    l->second_bus = (board_bus){.mem = l->copy, .trace = &l->second_trace, .user = l,
                                .port_in = second_port_in, .port_out = second_port_out, .mem_in = second_mem_in,
                                .mem_out = second_mem_out, .int_ack = second_int_ack};
    cpu->bus = &l->first_bus;
    l->second = *cpu;
    l->glue = unicorn_glue_new(path, &l->second, &l->second_bus, why);
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
    free(l->copy);
    free(l->first_trace.cycles);
    free(l->second_trace.cycles);
    free(l->log);
    free(l);
}
