/* Looks into the core's clocks, for whoever prints them. */
#ifndef KORGM1_V30_SHOW_H
#define KORGM1_V30_SHOW_H
#include "v30_bus_unit.h"

enum { V30_SHOWN_STEPS = STEPS_MAX + 1 };

/* The shapes (v30_bus_unit.h) the core has timed since the last call, in no order, as far as it remembers them;
   forgets them. Returns how many of `room` were written. What is timed by hand leaves none. */
unsigned v30_show_shapes(v30 *cpu, uint64_t *shapes, unsigned room);

/* The micro-steps of a shape (v30_steps.c) as text with a 0 at its end. */
void v30_show_steps(uint64_t shape, char text[V30_SHOWN_STEPS]);
#endif
