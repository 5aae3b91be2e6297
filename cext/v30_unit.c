/* The bus unit, clock by clock.
   Laws, all MEASURED on a uPD70116C-8 (17,500 of 17,500 recorded cases come out exactly, and of 305 instructions
   measured behind a row of NOPs 300):
   - a bus cycle is T1 T2 T3 (Tw) T4. What comes next is settled at the end of T3 and of each idle clock, and its T1 comes
     two clocks after that clock; so a request does not interrupt a running fetch.
   - a data request goes first. The execution unit reserves the bus a clock before it asks; from then on no fetch begins.
   - code is fetched as words while two bytes are free in the queue of six (a fetch under way counts as filled, and in
     the clock after its T4, when its bytes arrive, it counts twice); the first after a jump to an odd address is one
     byte. Its bytes can be taken two clocks after T4.
   - a flush throws away the queue and the fetch under way, which still runs to its end; the end of that T4 is one more
     moment to settle the fetch of the target.
   With waits, what T3 settles is settled behind T4, and data and bytes arrive a clock later (H-WAITS).
   The refresh unit asks for a cycle every so many clocks. Up to six wait for a moment at which the CPU asks for nothing;
   the seventh goes first, and so do those behind it until three are left (H-REFRESH). */
#include "v30_unit.h"

enum { REFRESHES_MAX = 7, REFRESHES_LEFT = 3 };

static int has_room(const unit *u, unsigned pushed)
{
    return u->redirect || u->queue + pushed + u->arriving + (u->doomed ? 0 : u->fetching) <= V30_QUEUE_BYTES - 2;
}

static void settle(unit *u, unsigned pushed)
{
    if (u->next)
        return;
    if (u->demand)
        u->next = REFRESH;
    else if (u->requests) {
        u->next = DATA;
        u->requests--;
    } else if (!u->reserved && has_room(u, pushed)) {
        u->next = FETCH;
        u->settled = u->odd ? 1 : 2;
        u->fetched += u->settled;
        u->odd = u->redirect = 0;
    } else if (u->refreshes)
        u->next = REFRESH;
}

static unsigned fetch_waits(const unit *u)
{
    uint16_t pc = (uint16_t)(u->code.pc + u->fetched - u->settled);
    if (u->settled == 0)
        return u->doomed_waits;
    return u->blocks ? v30_block_waits(u->blocks, ((uint32_t)u->code.ps << 4) + pc) : 0;
}

static unsigned next_data_waits(unit *u)
{
    unsigned waits;
    if (u->carried == 0) {
        if (u->seen && u->began < UNIT_SEEN)
            u->seen[u->began] = (uint8_t)u->fetched;
        return v30_cycle_waits(u->waits, u->began++);
    }
    u->carried--;
    waits = u->carried_waits & 3;
    u->carried_waits >>= 2;
    return waits;
}

static void begin(unit *u)
{
    u->phase = T1;
    u->current = u->next;
    u->next = NOBODY;
    switch (u->current) {
    case FETCH:
        u->fetching = u->settled;
        u->waiting = (uint8_t)fetch_waits(u);
        break;
    case DATA: u->waiting = (uint8_t)next_data_waits(u); break;
    default:
        u->waiting = u->refresh_waits;
        if (u->refreshes && --u->refreshes == REFRESHES_LEFT)
            u->demand = 0;
        break;
    }
}

static void end(unit *u)
{
    uint8_t was = u->current;
    if (was == FETCH) {
        if (!u->doomed)
            u->arriving = u->fetching;
        u->fetching = u->doomed = 0;
    } else if (was == DATA)
        u->done++;
    if (u->phase == T5)
        settle(u, 0);
    u->current = NOBODY;
    u->phase = IDLE;
    if (u->next)
        begin(u);
    else if (was == FETCH && u->redirect && !u->requests)
        settle(u, 0);
}

static void refresh_asks(unit *u)
{
    u->tick += (int32_t)u->interval;
    u->ticked = 1;
    if (u->refreshes < REFRESHES_MAX && ++u->refreshes == REFRESHES_MAX)
        u->demand = 1;
}

void unit_clock_passes(unit *u)
{
    unsigned pushed;
    while (u->interval && u->t >= u->tick)
        refresh_asks(u);
    pushed = u->arriving;
    u->queue = (uint8_t)(u->queue + pushed);
    u->arriving = 0;
    switch (u->phase) {
    case IDLE:
        if (u->next)
            begin(u);
        else
            settle(u, pushed);
        break;
    case T1: u->phase = T2; break;
    case T2: u->phase = T3; break;
    case T3:
        if (u->waiting == 0)
            settle(u, 0);
        u->phase = u->waiting ? TW : T4;
        break;
    case TW:
        if (--u->waiting == 0)
            u->phase = T4W;
        break;
    case T4W: u->phase = T5; break;
    default: end(u); break;   /* T4, T5 */
    }
    u->t++;
}

/* ---- the state between instructions ---- */

/* queue 3 | arriving 2 | phase 3 | the cycle under way 3: 0 none, FETCH + bytes (doomed: + 2 more), or 6 data, 7 refresh |
   the settled one 3: 0 none, 1-3 a fetch of 0-2 bytes, 4 data, 5 refresh | odd 1 | redirect 1 | requests 2 | waiting 2 |
   how far the bus unit is ahead of the execution unit 3; rare: waits of up to two data cycles still to begin 4 |
   refreshes 3 | demand 1 */
enum { AHEAD_BIAS = 1, CURRENT_DATA = 6, CURRENT_REFRESH = 7, NEXT_DATA = 4, NEXT_REFRESH = 5 };

static uint32_t pack_current(const unit *u)
{
    switch (u->current) {
    case NOBODY: return 0;
    case FETCH: return 1u + u->doomed * 2u + (u->fetching == 2);   /* 1, 2, doomed 3, 4 */
    case DATA: return CURRENT_DATA;
    default: return CURRENT_REFRESH;
    }
}

static uint32_t pack_next(const unit *u)
{
    switch (u->next) {
    case NOBODY: return 0;
    case FETCH: return 1u + u->settled;
    case DATA: return NEXT_DATA;
    default: return NEXT_REFRESH;
    }
}

static uint32_t pack_carried(const unit *u)
{
    uint32_t count = u->requests + (u->next == DATA), packed = 0;
    for (uint32_t n = 0; n < count && n < 2; n++) {
        uint32_t waits = n < u->carried ? u->carried_waits >> 2 * n & 3u
                                        : v30_cycle_waits(u->waits, u->began + n - u->carried);
        packed |= waits << 2 * n;
    }
    return packed;
}

/* doomed_waits are left out: an interrupt right behind a jump in slow memory may come up to 3 clocks early. */
uint32_t unit_pack(const unit *u, int32_t t)
{
    uint32_t ahead = (uint32_t)(u->t - t + AHEAD_BIAS);
    return u->queue | (uint32_t)u->arriving << 3 | (uint32_t)u->phase << 5 | pack_current(u) << 8 | pack_next(u) << 11
        | (uint32_t)u->odd << 14 | (uint32_t)u->redirect << 15 | (uint32_t)u->requests << 16 | (uint32_t)u->waiting << 18
        | ahead << 20 | pack_carried(u) << UNIT_RARE_SHIFT | (uint32_t)u->refreshes << UNIT_REFRESH_SHIFT
        | (uint32_t)u->demand << (UNIT_REFRESH_SHIFT + 3);
}

int v30_is_bus_unit(uint32_t s)
{
    unit u;
    if ((s >> 8 & 7) > CURRENT_REFRESH || (s >> 11 & 7) > NEXT_REFRESH || (s >> 16 & 3) == 3)
        return 0;
    unit_unpack(&u, s);
    return (u.phase == IDLE) == (u.current == NOBODY) && u.arriving <= 2
        && u.queue + u.arriving + (u.doomed ? 0 : u.fetching) + (u.next == FETCH ? u.settled : 0) <= V30_QUEUE_BYTES;
}

void unit_unpack(unit *u, uint32_t s)
{
    unsigned current = s >> 8 & 7, next = s >> 11 & 7;
    *u = (unit){
        .queue = s & 7, .arriving = s >> 3 & 3, .phase = s >> 5 & 7, .odd = s >> 14 & 1, .redirect = s >> 15 & 1,
        .requests = s >> 16 & 3, .waiting = s >> 18 & 3, .t = (int32_t)(s >> 20 & 7) - AHEAD_BIAS,
        .carried_waits = s >> UNIT_RARE_SHIFT & 15, .refreshes = s >> UNIT_REFRESH_SHIFT & 7,
        .demand = s >> (UNIT_REFRESH_SHIFT + 3) & 1,
    };
    if (current >= CURRENT_DATA)
        u->current = current == CURRENT_DATA ? DATA : REFRESH;
    else if (current) {
        u->current = FETCH;
        u->doomed = current > 2;
        u->fetching = current & 1 ? 1 : 2;
    }
    if (next >= NEXT_DATA)
        u->next = next == NEXT_DATA ? DATA : REFRESH;
    else if (next) {
        u->next = FETCH;
        u->settled = (uint8_t)(next - 1);
    }
    u->carried = (uint8_t)(u->requests + (u->next == DATA));
    u->asked = u->carried + (u->current == DATA);
    u->fetched = u->queue + u->arriving + (u->doomed ? 0u : u->fetching) + (u->next == FETCH ? u->settled : 0u);
}
