/* The bus unit's memory: as its state is small, what an instruction does to it is played once (v30_walk.c) and
   remembered. With waits, those of all its cycles belong to what it depends on; an instruction during which a refresh is
   asked for, or whose code lies about the end of a memory block, is played every time. */
#include "v30_bus_unit.h"
#include "v30_unit.h"
#include <stddef.h>

void v30_flush_queue(v30 *c)
{
    unit u = {.odd = c->pc & 1, .redirect = 1};
    c->bus_unit = unit_pack(&u, 0);
    c->early = 0;
    c->state &= (uint8_t)~V30_STALE;
    c->code = v30_code_next(c);
}

void v30_prefetch(v30 *c, unsigned bytes)
{
    unit u = {.queue = (uint8_t)bytes};
    c->code = v30_code_next(c);
    if (bytes == 0) {   /* as behind a jump */
        u.odd = c->pc & 1;
        u.redirect = 1;
        u.blocks = c->slow_bus ? &c->waits : NULL;
        u.code = c->code;
        while (u.queue == 0)
            unit_clock_passes(&u);
        u.t = 0;
    }
    c->bus_unit = unit_pack(&u, 0);
    c->early = 0;
    c->state &= (uint8_t)~V30_STALE;
}

/* ---- playing ---- */

typedef struct outcome {
    uint32_t clocks, state, state_early, early;
    int64_t tick, tick_early;   /* from the boundary before */
    uint8_t ticked;
} outcome;

/* Clocks until the next refresh is asked for. Those missed while another master had the bus are more than the refresh unit
   counts: sixteen are enough. */
static int32_t next_tick(const v30 *c)
{
    int64_t clocks = (int64_t)(c->refresh_next - c->clock), interval = c->refresh_interval;
    return (int32_t)(clocks < -16 * interval ? clocks % interval - 15 * interval : clocks);
}

/* From the core's state; u->seen and s->jump are set. */
static int32_t play_unit(const v30 *c, unit *u, steps *s, v30_shape shape, unsigned prefixes, uint32_t count)
{
    uint8_t *seen = u->seen;
    s->overlap = (c->options & V30_OPTION_WRITE_OVERLAP) != 0;
    unit_unpack(u, c->bus_unit);
    u->seen = seen;
    if (c->slow_bus) {
        u->waits = c->cycle_waits;
        u->blocks = &c->waits;
        u->code = c->code;
        u->interval = c->refresh_interval;
        u->tick = c->refresh_interval ? next_tick(c) : 0;
        u->refresh_waits = c->refresh_waits;
    }
    return unit_play(u, s, shape, prefixes, count);
}

/* `to`: the code behind the instruction; with slow_bus only. */
static outcome play(const v30 *c, v30_shape shape, unsigned prefixes, uint32_t count, v30_code to)
{
    unit u = {0};
    steps s = {.jump = to};
    int32_t t = play_unit(c, &u, &s, shape, prefixes, count);
    return (outcome){
        .clocks = (uint32_t)(t + s.before), .state = unit_pack(&u, t), .state_early = s.state_early,
        .early = (uint32_t)s.early, .tick = (int64_t)u.tick + s.before, .tick_early = (int64_t)s.tick_early + s.before,
        .ticked = u.ticked,
    };
}

void v30_plan_queue(const v30 *c, v30_shape shape, unsigned prefixes, uint32_t count, v30_queue_plan *plan)
{
    unit u = {.seen = plan->fetched};
    steps s = {.jump = v30_code_next(c)};
    (void)play_unit(c, &u, &s, shape, prefixes, count);
    while (u.carried || u.requests || u.next == DATA)
        unit_clock_passes(&u);
    plan->flushes = u.flushed;
    plan->written = s.written;
}

static uint32_t take_over(v30 *c, const outcome *o)
{
    c->bus_unit = o->state;
    c->bus_unit_early = o->state_early;
    c->early = (uint16_t)o->early;
    return o->clocks;
}

/* ---- the memory ---- */

static inline v30_remembered *place_of(v30 *c, uint64_t key)
{
    return &c->remembered[(key ^ key >> 17 ^ key >> 39) * 0x9E3779B97F4A7C15u >> (64 - V30_REMEMBERED_BITS)];
}

static inline uint32_t recall(v30 *c, const v30_remembered *m)
{
    c->bus_unit = m->state;
    c->bus_unit_early = m->state_early;
    c->early = m->early;
    return m->clocks;
}

static void remember(v30_remembered *m, uint64_t key, uint64_t extra, const outcome *o)
{
    if (o->clocks <= 0xFFFF)
        *m = (v30_remembered){.key = key, .extra = extra, .state = o->state, .state_early = o->state_early,
                              .clocks = (uint16_t)o->clocks, .early = (uint16_t)o->early};
}

/* The unit runs ahead of the boundary by less than this. */
enum { AHEAD = 8 };

static uint32_t time_slow_bus(v30 *c, v30_shape shape, unsigned prefixes, uint32_t count)
{
    v30_code to = v30_code_next(c);
    uint64_t key, extra;
    v30_remembered *m;
    uint32_t clocks;
    int alike;   /* all there is to know is in key and extra */
    alike = count <= SHAPE_COUNT_MAX && prefixes <= 3 && c->code.waits != V30_CODE_MIXED && to.waits != V30_CODE_MIXED;
    key = (v30_time_key(c, shape, count) & UINT64_MAX >> 3) | (uint64_t)1 << 61 | (uint64_t)c->refresh_waits << 62;
    extra = c->cycle_waits | (uint64_t)(c->code.waits & 3) << 48 | (uint64_t)(to.waits & 3) << 50
        | (uint64_t)(c->bus_unit >> UNIT_RARE_SHIFT) << 52;
    m = place_of(c, key ^ extra * 0xD6E8FEB86659FD93u);
    if (alike && m->key == key && m->extra == extra
        && (c->refresh_interval == 0 || c->refresh_next >= c->clock + m->clocks + AHEAD)) {
        c->refresh_next_early = c->refresh_next;
        clocks = recall(c, m);
    } else {
        outcome o = play(c, shape, prefixes, count, to);
        if (alike && !o.ticked)
            remember(m, key, extra, &o);
        if (c->refresh_interval) {
            c->refresh_next_early = c->clock + (uint64_t)o.tick_early;
            c->refresh_next = c->clock + (uint64_t)o.tick;
        }
        clocks = take_over(c, &o);
    }
    v30_goes_on_to(c, to);
    return clocks;
}

uint32_t v30_time(v30 *c, v30_shape shape, unsigned prefixes, uint32_t count)
{
    uint64_t key;
    v30_remembered *m;
    outcome o;
    if (c->slow_bus)
        return time_slow_bus(c, shape, prefixes, count);
    if (count <= SHAPE_COUNT_MAX && prefixes <= 3) {
        key = v30_time_key(c, shape, count);
        m = place_of(c, key);
        if (m->key == key)
            return recall(c, m);
        o = play(c, shape, prefixes, count, c->code);
        remember(m, key, 0, &o);
    } else
        o = play(c, shape, prefixes, count, c->code);
    return take_over(c, &o);
}

uint32_t v30_time_new_at(v30 *c, v30_place *place, v30_shape shape, unsigned prefixes, uint32_t count)
{
    uint64_t key = v30_time_key(c, shape, count);
    int unhindered = !c->slow_bus || v30_goes_unhindered(c, v30_code_next(c));
    uint32_t clocks = v30_time(c, shape, prefixes, count);
    if (unhindered && prefixes <= 3 && count <= SHAPE_COUNT_MAX && clocks <= 0xFFFF)
        *place = (v30_place){.key = key, .state = c->bus_unit, .state_early = c->bus_unit_early,
                             .clocks = (uint16_t)clocks, .early = c->early};
    return clocks;
}

uint32_t v30_foretell(const v30 *c, v30_shape shape, unsigned prefixes, uint32_t count)
{
    unit u;
    steps s = {.overlap = (c->options & V30_OPTION_WRITE_OVERLAP) != 0};
    int32_t t;
    unit_unpack(&u, c->bus_unit);
    t = unit_play(&u, &s, shape, prefixes, count);
    return (uint32_t)(t + s.before);
}

uint32_t v30_time_by_hand(v30 *c, uint32_t clocks)
{
    uint32_t refreshes = c->bus_unit >> UNIT_REFRESH_SHIFT & 15;
    if (c->slow_bus) {
        for (uint32_t n = 0; n < c->cycles; n++)
            clocks += v30_cycle_waits(c->cycle_waits, n);
        c->cycle_waits = 0;
        c->cycles = 0;
    }
    v30_prefetch(c, c->pc & 1 ? V30_QUEUE_BYTES - 1 : V30_QUEUE_BYTES);
    for (; c->refresh_interval && c->refresh_next <= c->clock + clocks; c->refresh_next += c->refresh_interval)
        if ((refreshes & 7) < 7)
            refreshes = (refreshes & 7) == 6 ? 15 : refreshes + 1;
    c->bus_unit |= refreshes << UNIT_REFRESH_SHIFT;
    return clocks;
}

/* Clocks after which an idle bus unit that may not fetch stays as it is; with refreshes, is as it was an interval ago. */
enum { QUIET = 32, QUIET_REFRESH = 128 };

void v30_time_passes(v30 *c, uint64_t clocks, int fetching)
{
    v30_shape shape = v30_shape_of(SHAPE_PASS, 0, 0, 0) | (v30_shape)(fetching ? PATH_FREE : PATH_HELD) << SHAPE_PATH;
    uint64_t played = clocks;
    if (c->slow_bus && c->refresh_interval) {
        if (clocks > QUIET_REFRESH)
            played = QUIET_REFRESH + (clocks - QUIET_REFRESH) % c->refresh_interval;
        c->clock += clocks - played;
        c->refresh_next += clocks - played;
    } else if (clocks > QUIET) {
        played = QUIET;
        c->clock += clocks - played;
    }
    (void)v30_time(c, shape, 0, (uint32_t)played);
    c->clock += played;
}

uint32_t v30_take_back(v30 *c, int64_t since)
{
    int64_t clock = (int64_t)c->clock, begin = clock - c->early, from = since > begin ? since : begin;
    if (from >= clock)
        return 0;
    c->bus_unit = c->bus_unit_early;
    c->refresh_next = c->refresh_next_early;
    c->clock = (uint64_t)begin;
    (void)v30_time(c, v30_shape_of(SHAPE_PASS, 0, 0, 0) | (v30_shape)PATH_FREE << SHAPE_PATH, 0, (uint32_t)(from - begin));
    c->clock = (uint64_t)clock;
    return (uint32_t)(clock - from);
}
