/* Inside lockstep: its state, and what its files call in each other. Nothing here is for other files. */
#ifndef KORGM1_LOCKSTEP_STATE_H
#define KORGM1_LOCKSTEP_STATE_H
#include "lockstep.h"
#include "unicorn_glue.h"

#define MEMORY 0x100000u

enum { LOCKSTEP_CYCLES_KEPT = 4096 };   /* of a block; only BCD strings of thousands of bytes have more */

typedef struct traffic {
    uint32_t address;
    uint8_t kind;        /* CYCLE_* */
    uint8_t value;
    uint8_t changed;     /* the device changed memory or pages: see lockstep.change_* */
    uint8_t int_line, nmi_latch, poll_line;   /* as the device left them */
    int64_t int_since, nmi_since;
    uint32_t bus_settings;     /* counts changes of these: */
    uint32_t refresh_interval;
    uint8_t refresh_waits;
    v30_waits waits;
} traffic;

typedef struct player {   /* an engine on its memory */
    lockstep *l;
    v30 *cpu;
    board_bus bus;
    bus_trace trace;         /* of this block */
    uint32_t passed;         /* traffic of this block that it has seen */
    uint8_t strayed;         /* it asked for something else */
} player;

struct lockstep {
    board_bus *board;
    player first;          /* the core on the board: its RAM pages are shown to it as ROM, so that its stores come by */
    player second;         /* Unicorn on the copy */
    player third;          /* the core that runs a block again */
    v30 second_cpu, third_cpu;
    unicorn_glue *glue;
    trace *written;        /* NULL, or where the first engine's steps are written down */
    stops *stops;          /* NULL, or where it stops */
    uint64_t block;        /* clocks */
    uint64_t horizon;      /* the callers'; first.cpu->horizon is it while a device is asked, */
    uint64_t end;          /* else no later than the block's end */
    uint64_t given;        /* what first.cpu->horizon was set to */
    uint8_t in_device;
    traffic *log;          /* first.passed of them */
    uint32_t *undo;        /* address << 8 | byte before, of the first's stores; `undos` of them */
    uint32_t undos, log_room, undo_room;
    uint8_t pages[256];         /* board->page as last looked at, */
    uint8_t pages_before[256];  /* and at the block's beginning */
    uint8_t change_pending, change_remap;   /* a device changed memory in this block, from change_start to _end */
    uint8_t change_unkept;                  /* and it is not in the log yet */
    uint32_t change_start, change_end;
    uint8_t *before_memory;     /* the copy at the block's beginning */
    v30 before, second_before;  /* both states there */
    uint32_t since_whole;       /* instructions since all RAM was compared */
    /* the difference */
    uint8_t kind;               /* LOCKSTEP_* */
    uint8_t is_step;
    uint32_t address;
    v30 shown_before, shown_second;
    bus_cycle *spare;
    const bus_cycle *cycles[2];
    uint32_t cycle_count[2], cycles_kept[2];
};

/* ---- lockstep_traffic.c ---- */

/* The first engine's callbacks ask the board and keep the answer; the others' look it up. */
void lockstep_make_buses(lockstep *l);

/* first.cpu->horizon for this block; and the end of that, when a callback may have lowered it. */
void lockstep_give_horizon(lockstep *l);
void lockstep_take_horizon(lockstep *l);

/* The change a device made in this block, for the memory and pages of *p. */
void lockstep_follow_change(player *p);

/* ---- lockstep_search.c ---- */

/* More cycles than were kept. */
static inline int lockstep_is_full(const player *p) { return p->trace.count > p->trace.capacity; }

/* Are they alike, *a a core and *b Unicorn? LOCKSTEP_*; `whole`: all RAM too. Sets l->address. */
int lockstep_compare(lockstep *l, const player *a, const player *b, int whole);

/* Find the step of the block just run in which they differ, and keep what is to be said of it. */
void lockstep_search(lockstep *l, int whole);

/* ---- lockstep.c ---- */

/* All of a state but what it remembers and its bus. */
void lockstep_copy_cpu(v30 *to, const v30 *from);
#endif
