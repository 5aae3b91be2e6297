/* What a program did, counted from the lines of a trace: executions and clocks by place, what memory and ports were
   used, interrupts, and the calls as a tree. One struct, which the caller allocates and clears; it is large (25 MB), of
   which only what is used is written to. Every table has its limit: what goes beyond it is counted as `lost`. */
#ifndef KORGM1_PROFILE_H
#define KORGM1_PROFILE_H
#include <stdint.h>
#include "trace_unpack.h"

enum {
    PROFILE_PLACES = 1 << 18,      /* (PS, PC) that were executed */
    PROFILE_FUNCTIONS = 1 << 14,
    PROFILE_EDGES = 1 << 15,       /* (caller, callee) */
    PROFILE_NODES = 1 << 16,       /* of the tree of calls, */
    PROFILE_DEEP = 128,            /* and so deep: what is called there goes on in its caller's node */
    PROFILE_PORTS = 1 << 14,       /* (port, way, place) */
    PROFILE_DEPTH = 512,           /* calls that may be open; then the older half is forgotten */
    PROFILE_WRITES = 2 * TRACE_BLOCK,   /* bytes that one block can send to ports */
    PROFILE_STACK = 0x1000         /* see leave_the_dead in profile.c */
};
#define PROFILE_VECTOR 0x100000000u    /* key of a function: PS << 16 | PC, or this | the vector of an interrupt, */
#define PROFILE_REST 0x200000000u      /* or this: all beyond PROFILE_FUNCTIONS */
#define PROFILE_NOWHERE 0xFFFFFFFFu

typedef struct profile_place {
    uint64_t count, clocks;
    uint32_t place;
    uint32_t length;      /* of the code there, the longest */
} profile_place;

typedef struct profile_function {
    uint64_t key;
    uint64_t calls;
    uint64_t own, halted;  /* clocks while it is the innermost call: running, and in HALT */
    uint64_t whole;        /* and from call to return, interrupts aside, of calls that are over */
    uint64_t context;      /* in which it is open; 0: in none */
} profile_function;

typedef struct profile_edge {
    uint64_t count, clocks;   /* clocks as `whole` */
    uint32_t caller, callee;  /* functions */
} profile_edge;

typedef struct profile_node {
    uint64_t calls, own, halted;
    uint32_t parent;      /* node 0 is above all */
    uint32_t function;
    uint32_t depth;
} profile_node;

typedef struct profile_frame {   /* an open call */
    uint64_t total;       /* clocks so far, interrupts aside */
    uint64_t context, context_before;   /* of the caller; of the function */
    uint32_t function, node, edge;      /* edge + 1, 0 = none */
    uint32_t back;        /* the place it should return to */
    uint32_t stack;       /* physical address of what the call pushed last, or PROFILE_NOWHERE */
    uint8_t interrupt, outermost, emulating;   /* emulating: the caller is 8080 code */
    uint8_t inside, own;  /* the watched function is open; is this */
} profile_frame;

typedef struct profile_port {
    uint64_t count;
    uint32_t place;
    uint32_t key;         /* port << 1 | out */
} profile_port;

typedef struct profile_write {
    uint64_t clock;
    uint32_t place, node;
    uint16_t port;
    uint16_t value;
} profile_write;

typedef struct profile {
    uint8_t log_writes;          /* keep what goes to ports in `write` */
    uint8_t watching;            /* for the function at this physical address, */
    uint32_t watched;
    uint32_t writes;             /* of the last block */
    uint32_t places, functions, edges, nodes, ports, depth;   /* used of the tables; functions and nodes from 1 */
    uint64_t lost;               /* what found no room in a table */
    uint64_t instructions, wakes;
    uint64_t span;               /* clocks that were counted */
    uint64_t clock;              /* of the last line or mark */
    uint64_t interrupts[256];
    uint64_t port_counts[2][0x10000];   /* in, out; a word counts at both of its ports */
    uint32_t counts[0x100000];   /* executions by physical address of the first byte, at most FFFFFFFF */
    uint8_t touched[0x100000];   /* 1 read, 2 written, as data */
    /* inside */
    uint8_t halting, emulating, pending, vector;
    uint32_t row;                /* place that is being executed, + 1 */
    uint32_t at;                 /* that place, */
    uint32_t behind;             /* and the one behind its code */
    uint32_t lowest;             /* address written by what is pending */
    uint64_t context, contexts;  /* a number for each interrupt */
    trace_slots slots;
    profile_frame frame[PROFILE_DEPTH];
    profile_write write[PROFILE_WRITES];
    uint32_t place_at[2 * PROFILE_PLACES], function_at[2 * PROFILE_FUNCTIONS], edge_at[2 * PROFILE_EDGES],
        node_at[2 * PROFILE_NODES], port_at[2 * PROFILE_PORTS];
    profile_place place[PROFILE_PLACES];
    profile_function function[PROFILE_FUNCTIONS];
    profile_edge edge[PROFILE_EDGES];
    profile_node node[PROFILE_NODES];
    profile_port port[PROFILE_PORTS];
} profile;

/* Once, when the struct is cleared. */
void profile_begin(profile *p);

/* The clock starts anew, or power goes off, or somebody looks: what is open ends at `clock`. */
void profile_mark(profile *p, uint64_t clock);

/* The next line. */
void profile_take(profile *p, const trace_event *e);

/* A line that is not from records: `kind` as in trace_event, `at` its place or address, `value` of an access or a
   vector, `word` or the length of the code, with | 80 when there is more. */
void profile_line(profile *p, uint64_t clock, unsigned kind, uint32_t at, uint32_t value, unsigned length,
                  const uint8_t *code);

/* All lines of a block, as trace_read has it. Returns -1 when the records are damaged, else 0; `counts` are the lines
   of each kind. */
int profile_feed(profile *p, uint64_t begins, const uint8_t *in, uint32_t size, uint32_t *counts);

/* The watched function is the innermost call; is an open call, of which an interrupt is none. */
static inline int profile_is_own(const profile *p) { return p->depth != 0 && p->frame[p->depth - 1].own; }
static inline int profile_is_inside(const profile *p) { return p->depth != 0 && p->frame[p->depth - 1].inside; }
#endif
