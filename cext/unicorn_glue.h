/* The CPU on Unicorn: its x86 translator runs what a V30 and a 386 do alike, the V30 core does the rest.

   A code hook in front of every instruction keeps the clock with the V30 core's table, lets the V30 core execute the
   instruction when Unicorn would do it wrong, and stops at the first boundary at or after the horizon. The v30 struct
   is the state of the CPU; Unicorn's registers are newer than it only between two hooks. */
#ifndef KORGM1_UNICORN_GLUE_H
#define KORGM1_UNICORN_GLUE_H
#include "v30.h"

typedef struct unicorn_glue unicorn_glue;

/* A Unicorn instance for `cpu` on `bus`, with the library at `path`; both must outlive it. cpu->bus is set.
   NULL when it cannot be had: then the reason is at `*why`, a static text. */
unicorn_glue *unicorn_glue_new(const char *path, v30 *cpu, board_bus *bus, const char **why);
void unicorn_glue_free(unicorn_glue *g);

/* As v30_run. */
void unicorn_glue_run(unicorn_glue *g);

/* The host changed memory, or bus->page. Both may be called out of a callback. */
void unicorn_glue_forget(unicorn_glue *g, uint32_t start, uint32_t size);
void unicorn_glue_remap(unicorn_glue *g);

/* Instructions (elements of repeated ones) that the V30 core executed so far. */
uint64_t unicorn_glue_delegated(const unicorn_glue *g);

/* Why Unicorn could not go on, a static text, or NULL. */
const char *unicorn_glue_error(const unicorn_glue *g);
#endif
