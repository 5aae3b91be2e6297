/* Inside the bus unit: its state while an instruction is played. Nothing here is for other files than v30_unit.c,
   v30_walk.c and v30_bus_unit.c. */
#ifndef KORGM1_V30_UNIT_H
#define KORGM1_V30_UNIT_H
#include "v30_bus_unit.h"

/* Idle with a cycle settled: its T1 follows. T4W and T5 end a cycle with waits. */
enum { IDLE, T1, T2, T3, TW, T4, T4W, T5 };
enum { UNIT_SEEN = 64 };
enum { NOBODY, FETCH, DATA, REFRESH };

typedef struct unit {
    int32_t t;            /* the clock that is going on, from the boundary before the instruction */
    uint8_t queue;        /* bytes that can be taken */
    uint8_t arriving;     /* bytes that can be taken a clock later */
    uint8_t phase;
    uint8_t current;      /* of whom the cycle under way is */
    uint8_t next;         /* of whom the settled one is */
    uint8_t fetching;     /* bytes of the fetch under way */
    uint8_t settled;      /* bytes of the settled fetch; 0 = doomed */
    uint8_t doomed;       /* the fetch under way is thrown away */
    uint8_t doomed_waits; /* of the settled fetch that is thrown away */
    uint8_t odd;          /* the next fetch is one byte */
    uint8_t redirect;     /* flushed, and the target's fetch not settled yet */
    uint8_t waiting;      /* Tw of the cycle under way still to come */
    uint8_t requests;     /* byte or word cycles asked for and not settled */
    uint8_t reserved;
    uint8_t carried;      /* data cycles of the last instruction whose T1 is still to come, */
    uint8_t carried_waits;   /* and their waits: 2 bits each, first lowest */
    uint8_t refreshes;    /* asked for by the refresh unit and not begun */
    uint8_t demand;       /* and they go first */
    uint8_t flushed;      /* since `unpack` */
    uint8_t ticked;       /* one was asked for since `unpack` */
    uint32_t asked, done; /* data cycles */
    uint32_t began;       /* of this instruction */
    uint32_t fetched;     /* bytes fetched or settled from the stream */
    int32_t tick;         /* when the next refresh is asked for */
    uint32_t interval;
    uint8_t refresh_waits;
    uint64_t waits;       /* of this instruction's data cycles, see v30_cycle_waits */
    const v30_waits *blocks;   /* NULL: fetches have no waits */
    v30_code code;        /* `fetched` bytes of it are fetched */
    uint8_t *seen;        /* NULL, or where `fetched` is written down as each of the first data cycles begins */
} unit;

void unit_clock_passes(unit *u);

static inline void unit_pass_to(unit *u, int32_t t)
{
    while (u->t < t)
        unit_clock_passes(u);
}

/* The state between instructions, at the clock t: see v30_unit.c. */
uint32_t unit_pack(const unit *u, int32_t t);
void unit_unpack(unit *u, uint32_t state);

enum { UNIT_REFRESH_SHIFT = 27 };   /* the refresh unit's part of it */

typedef struct steps {
    const char *at, *loop;
    unsigned odd, target, word;
    uint32_t count[4], loops;
    v30_code jump;        /* the code behind a flush */
    uint32_t state_early;
    int32_t early, tick_early;
    int32_t before;       /* clocks of prefixes played before; all times count from behind them */
    uint64_t written;     /* a bit for each of the first data cycles that is a memory write */
    uint8_t overlap;      /* the next instruction may begin while a memory write ends (H-WRITE-OVERLAP) */
} steps;

/* Play steps; returns the clock of the boundary. */
int32_t unit_walk(unit *u, steps *s);

/* Play a whole shape; returns the clock of the boundary, from s->before on. *s has what the text does not tell: jump,
   overlap. */
int32_t unit_play(unit *u, steps *s, v30_shape shape, unsigned prefixes, uint32_t count);
#endif
