/* The board's pages in Unicorn, and the V30 core's view of them. Stores that are not Unicorn's own leave stale
   translations: so the V30 core sees RAM that held executed code as ROM, and its stores there come to `mem_out`. */
#include "unicorn_state.h"
#include <string.h>

void unicorn_glue_forget(unicorn_glue *g, uint32_t start, uint32_t size)
{
    while (size > 0 && start < MEMORY) {
        uint32_t in_page = 0x1000 - (start & 0xFFF);
        if (in_page > size)
            in_page = size;
        if (g->code_page[start >> 12])
            g->api.ctl(g->uc, UNI_CTL_TB_REMOVE_CACHE, (uint64_t)start, (uint64_t)start + in_page);
        start += in_page;
        size -= in_page;
    }
}

static void show_page(unicorn_glue *g, unsigned page)
{
    uint8_t kind = g->board->page[page];
    g->bus.page[page] = kind == PAGE_RAM && g->code_page[page] ? PAGE_ROM : kind;
}

/* A block lies in the page it begins in and at most the next. A page that was not watched may have translations of code
   that was never executed, as the core was asked to do it, and has changed since: 1 = they were thrown away. */
int glue_mark_code(unicorn_glue *g, uint32_t address)
{
    int thrown_away = 0;
    for (unsigned page = address >> 12; page <= (address >> 12) + 1 && page < 256; page++)
        if (!g->code_page[page]) {
            g->code_page[page] = 1;
            show_page(g, page);
            unicorn_glue_forget(g, page << 12, 0x1000);
            thrown_away = 1;
        }
    return thrown_away;
}

/* Decode anew what lies in a page or reaches into it. */
static void forget_slots(unicorn_glue *g, uint32_t start)
{
    uint32_t first = start < GLUE_REACH ? 0 : start - GLUE_REACH;
    memset(&g->slots[first], 0, (start + 0x1000 - first) * sizeof g->slots[0]);
}

void glue_code_changed(unicorn_glue *g, uint32_t address, uint32_t length)
{
    unsigned page = address >> 12;
    unicorn_glue_forget(g, address, length);
    if (++g->changes[page] < GLUE_RESTLESS)
        return;
    unicorn_glue_forget(g, page << 12, 0x1000);
    forget_slots(g, page << 12);
    g->code_page[page] = page > 0 && g->code_page[page - 1];   /* which may run on into this one: see glue_mark_code */
    show_page(g, page);
}

static uint8_t port_in(void *user, uint16_t port)
{
    unicorn_glue *g = user;
    return g->board->port_in(g->board->user, port);
}

static void port_out(void *user, uint16_t port, uint8_t value)
{
    unicorn_glue *g = user;
    board_out(g->board, g->cpu->clock, port, value);
}

static uint8_t mem_in(void *user, uint32_t address)
{
    unicorn_glue *g = user;
    return g->board->mem_in(g->board->user, address);
}

static void mem_out(void *user, uint32_t address, uint8_t value)
{
    unicorn_glue *g = user;
    if (g->board->page[address >> 12] != PAGE_RAM) {
        g->board->mem_out(g->board->user, address, value);
        return;
    }
    if (g->bus.mem[address] != value) {
        g->bus.mem[address] = value;
        unicorn_glue_forget(g, address, 1);
    }
}

static uint8_t int_ack(void *user)
{
    unicorn_glue *g = user;
    return g->board->int_ack(g->board->user);
}

void glue_make_bus(unicorn_glue *g)
{
    g->bus = *g->board;
    g->bus.trace = NULL;
    g->bus.user = g;
    g->bus.sink = NULL;
    g->bus.port_in = port_in;
    g->bus.port_out = port_out;
    g->bus.mem_in = mem_in;
    g->bus.mem_out = mem_out;
    g->bus.int_ack = int_ack;
}

/* The whole image is one region: Unicorn 2.1.4 gives regions that lie apart overlapping internal addresses, and a store
   then restarts instructions of another page. Data accesses that are not plain memory never reach Unicorn, so the kinds
   of page only matter to the hook. */
void glue_map_pages(unicorn_glue *g)
{
    int error = 0;
    if (!g->mapped)
        error |= g->api.mem_map_ptr(g->uc, 0, MEMORY, UNI_PROT_READ | UNI_PROT_WRITE | UNI_PROT_EXEC, g->bus.mem);
    g->mapped = 1;
    memcpy(g->pages, g->board->page, sizeof g->pages);
    memset(g->changes, 0, sizeof g->changes);
    for (unsigned page = 0; page < 256; page++)
        if (g->pages[page] == PAGE_DEVICE)
            forget_slots(g, page << 12);
    error |= g->api.ctl(g->uc, UNI_CTL_TB_FLUSH);
    for (unsigned page = 0; page < 256; page++)
        show_page(g, page);
    g->remap = 0;
    if (error)
        g->error = "the memory map was refused";
}

void unicorn_glue_remap(unicorn_glue *g)
{
    for (unsigned page = 0; page < 256; page++)
        show_page(g, page);
    g->remap = 1;
    g->limit = 0;
}
