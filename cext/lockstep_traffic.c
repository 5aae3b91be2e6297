/* Traffic with devices: it happens once, by the first engine, and is looked up by the others. */
#include "lockstep_state.h"
#include <stdlib.h>
#include <string.h>

void lockstep_give_horizon(lockstep *l)
{
    l->given = l->change_pending ? 0 : l->horizon < l->end ? l->horizon : l->end;
    l->first.cpu->horizon = l->given;
}

void lockstep_take_horizon(lockstep *l)
{
    if (l->first.cpu->horizon < l->given)
        l->horizon = l->first.cpu->horizon;
    l->first.cpu->horizon = l->horizon;
}

/* ---- the first engine's callbacks: do it, and keep it ---- */

/* The array, with room for one more; NULL = there is none. */
static void *with_room(void *array, uint32_t *room, uint32_t used, size_t size)
{
    uint32_t more = *room ? 2 * *room : 256;
    void *larger;
    if (used < *room)
        return array;
    larger = realloc(array, more * size);
    if (larger != NULL)
        *room = more;
    return larger;
}

static const board_bus *enter(lockstep *l)
{
    lockstep_take_horizon(l);
    l->in_device = 1;
    return l->board;
}

static void leave(lockstep *l, uint8_t kind, uint32_t address, uint8_t value)
{
    const v30 *cpu = l->first.cpu;
    traffic *log;
    l->in_device = 0;
    l->horizon = cpu->horizon;
    lockstep_give_horizon(l);
    log = with_room(l->log, &l->log_room, l->first.passed, sizeof *log);
    if (log == NULL)
        return;   /* the second engine will miss it, and say so */
    l->log = log;
    log[l->first.passed++] = (traffic){
        .address = address, .kind = kind, .value = value, .changed = l->change_unkept, .int_line = cpu->int_line,
        .nmi_latch = cpu->nmi_latch, .poll_line = cpu->poll_line, .int_since = cpu->int_since,
        .nmi_since = cpu->nmi_since, .bus_settings = cpu->bus_settings, .refresh_interval = cpu->refresh_interval,
        .refresh_waits = cpu->refresh_waits, .waits = cpu->waits,
    };
    l->change_unkept = 0;
}

static uint8_t first_port_in(void *user, uint16_t port)
{
    lockstep *l = ((player *)user)->l;
    const board_bus *board = enter(l);
    uint8_t value = board->port_in(board->user, port);
    leave(l, CYCLE_IOR, port, value);
    return value;
}

static void first_port_out(void *user, uint16_t port, uint8_t value)
{
    lockstep *l = ((player *)user)->l;
    const board_bus *board = enter(l);
    board_out(board, l->first.cpu->clock, port, value);
    leave(l, CYCLE_IOW, port, value);
}

static uint8_t first_mem_in(void *user, uint32_t address)
{
    lockstep *l = ((player *)user)->l;
    const board_bus *board = enter(l);
    uint8_t value = board->mem_in(board->user, address);
    leave(l, CYCLE_MEMR, address, value);
    return value;
}

static void first_mem_out(void *user, uint32_t address, uint8_t value)
{
    lockstep *l = ((player *)user)->l;
    const board_bus *board = l->board;
    if (board->page[address >> 12] == PAGE_RAM) {
        uint32_t *undo = with_room(l->undo, &l->undo_room, l->undos, sizeof *undo);
        if (undo != NULL) {
            l->undo = undo;
            undo[l->undos++] = address << 8 | board->mem[address];
        }
        board->mem[address] = value;
        return;
    }
    board = enter(l);
    board->mem_out(board->user, address, value);
    leave(l, CYCLE_MEMW, address, value);
}

static uint8_t first_int_ack(void *user)
{
    lockstep *l = ((player *)user)->l;
    const board_bus *board = enter(l);
    uint8_t value = board->int_ack(board->user);
    leave(l, CYCLE_INTA, 0, value);
    return value;
}

/* ---- the others': look it up ---- */

void lockstep_follow_change(player *p)
{
    lockstep *l = p->l;
    uint32_t size = l->change_end - l->change_start;
    memcpy(p->bus.mem + l->change_start, l->board->mem + l->change_start, size);
    if (l->change_remap)
        memcpy(p->bus.page, l->pages, sizeof l->pages);
    if (p != &l->second)
        return;
    unicorn_glue_forget(l->glue, l->change_start, size);
    if (l->change_remap)
        unicorn_glue_remap(l->glue);
}

static const traffic *look_up(player *p, uint8_t kind, uint32_t address)
{
    const lockstep *l = p->l;
    const traffic *t = &l->log[p->passed];
    v30 *cpu = p->cpu;
    if (p->passed >= l->first.passed || t->kind != kind || t->address != address) {
        p->strayed = 1;
        return NULL;
    }
    p->passed++;
    cpu->int_line = t->int_line;
    cpu->nmi_latch = t->nmi_latch;
    cpu->poll_line = t->poll_line;
    cpu->int_since = t->int_since;
    cpu->nmi_since = t->nmi_since;
    if (cpu->bus_settings != t->bus_settings) {
        v30_set_waits(cpu, &t->waits);
        v30_set_refresh(cpu, t->refresh_interval, t->refresh_waits);
        cpu->bus_settings = t->bus_settings;
    }
    if (t->changed)
        lockstep_follow_change(p);
    return t;
}

static uint8_t look_up_in(player *p, uint8_t kind, uint32_t address)
{
    const traffic *t = look_up(p, kind, address);
    return t == NULL ? 0xFF : t->value;
}

static void look_up_out(player *p, uint8_t kind, uint32_t address, uint8_t value)
{
    const traffic *t = look_up(p, kind, address);
    if (t != NULL && t->value != value)
        p->strayed = 1;
}

static uint8_t kept_port_in(void *user, uint16_t port) { return look_up_in(user, CYCLE_IOR, port); }

static void kept_port_out(void *user, uint16_t port, uint8_t value) { look_up_out(user, CYCLE_IOW, port, value); }

static uint8_t kept_mem_in(void *user, uint32_t address) { return look_up_in(user, CYCLE_MEMR, address); }

static void kept_mem_out(void *user, uint32_t address, uint8_t value)
{
    look_up_out(user, CYCLE_MEMW, address, value);
}

static uint8_t kept_int_ack(void *user) { return look_up_in(user, CYCLE_INTA, 0); }

static void make_bus(lockstep *l, player *p, uint8_t *memory)
{
    int first = p == &l->first;
    p->bus = (board_bus){
        .mem = memory, .trace = &p->trace, .user = p, .port_in = first ? first_port_in : kept_port_in,
        .port_out = first ? first_port_out : kept_port_out, .mem_in = first ? first_mem_in : kept_mem_in,
        .mem_out = first ? first_mem_out : kept_mem_out, .int_ack = first ? first_int_ack : kept_int_ack,
    };
}

void lockstep_make_buses(lockstep *l)
{
    make_bus(l, &l->first, l->board->mem);
    make_bus(l, &l->second, l->second.bus.mem);
    make_bus(l, &l->third, l->third.bus.mem);
}
