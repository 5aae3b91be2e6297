/* Inside the Unicorn glue: its state, and what its files call in each other. Nothing here is for other files. */
#ifndef KORGM1_UNICORN_STATE_H
#define KORGM1_UNICORN_STATE_H
#include "unicorn_api.h"
#include "unicorn_glue.h"
#include "unicorn_slot.h"

#define MEMORY 0x100000u
#define NOWHERE 0xFFFFFFFFu
#define LAST_OFFSET 0xFFF0u   /* behind it an instruction could wrap at 64 KB */

enum { GLUE_REACH = 7 };   /* bytes behind the first that an instruction given to Unicorn may have */
enum { GLUE_RESTLESS = 100 };   /* changes to executed code after which a page is left to the V30 core */

struct unicorn_glue {
    unicorn_api api;
    void *uc;
    v30 *cpu;
    board_bus *board;      /* the real bus */
    board_bus bus;         /* what the V30 core sees of it: pages with executed code as PAGE_ROM */
    slot *slots;           /* by address */
    uint64_t limit;        /* the horizon, or 0 when something wants the V30 core's boundary logic */
    uint32_t cs_base;
    uint32_t window;       /* furthest offset from cs_base that Unicorn may run */
    uint32_t next;         /* behind the instruction that Unicorn runs */
    slot *running;         /* that instruction, whose clocks are still to be counted; or NULL */
    v30_shape shape;       /* its shape */
    uint8_t blocks;        /* with cpu->slow_bus: a bit for each number of waits that the running one's operands have */
    uint8_t newer;         /* Unicorn's general registers and flags are newer than cpu's */
    uint16_t sp;           /* when `newer`; else cpu->r[V30_SP] is the same */
    uint8_t remap;         /* board->page changed */
    uint8_t code_page[256];
    uint8_t changes[256];  /* to code that had been executed, up to GLUE_RESTLESS */
    uint8_t mapped;        /* Unicorn has the image */
    uint8_t pages[256];    /* board->page as last looked at */
    uint16_t held[8];      /* what Unicorn's registers hold */
    uint16_t held_psw;
    uint16_t held_s[4];
    size_t code_hook, memory_hook;
    uint64_t delegated;
    const char *error;
};

/* ---- unicorn_registers.c ---- */

extern const int glue_general[8];   /* Unicorn's numbers of AW CW .. IY */

static inline uint16_t glue_read_register(const unicorn_glue *g, unsigned number)
{
    uint16_t value = 0;
    g->api.reg_read(g->uc, glue_general[number], &value);
    return value;
}

/* Unicorn's general registers and flags into *cpu; and what changed in *cpu into Unicorn. */
void glue_load_registers(unicorn_glue *g);
void glue_store_registers(unicorn_glue *g);

/* Nothing runs in Unicorn yet; the next hook is to be at offset `pc` of PS, whose address is returned. */
uint32_t glue_expect(unicorn_glue *g, uint16_t pc);

/* From inside a hook: leave the block and fetch there. */
void glue_go_on_at(unicorn_glue *g, uint16_t pc);

/* ---- unicorn_hooks.c ---- */

/* The horizon, or 0: recomputed after whatever may have changed a pin or a control bit. */
void glue_set_limit(unicorn_glue *g);

/* Let the V30 core execute from the boundary in *cpu, until what follows is for Unicorn or ends the run. */
void glue_run_core(unicorn_glue *g);

/* Count the clocks of the instruction that Unicorn has run, and which led to `address`. */
void glue_count(unicorn_glue *g, uint32_t address);

/* Unicorn's callback in front of every instruction. */
void glue_on_code(void *uc, uint64_t linear, uint32_t size, void *user);

/* Follow the board in recording data cycles or not. */
void glue_attach_trace(unicorn_glue *g);

/* ---- unicorn_pages.c ---- */

/* The V30 core's view of the board. */
void glue_make_bus(unicorn_glue *g);

/* Code at `address` is about to run. */
int glue_mark_code(unicorn_glue *g, uint32_t address);

/* Code at `address` has changed since it was decoded: translating it anew costs far more than executing it once. */
void glue_code_changed(unicorn_glue *g, uint32_t address, uint32_t length);

/* The board's pages changed: outside of any hook. */
void glue_map_pages(unicorn_glue *g);
#endif
