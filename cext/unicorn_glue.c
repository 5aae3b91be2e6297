/* The code hook, the two-way register exchange, the run loop. Traps of Unicorn 2.1.4 that shape it:
   - after a fault, and after the restart of an instruction that stored into its own block, the flags are wrong, and
     half of a word may have been stored: so no instruction is let to Unicorn before its addresses are known to be
     plain memory, and for stores to lie in a page that never held executed code;
   - stores that are not Unicorn's own leave stale translations: the V30 core sees pages that held executed code as ROM,
     so its stores there come through `write_code_page`;
   - inside a hook a new IP must be the last register written, alone;
   - 100000-10FFFF and offsets beyond FFFF are not wrapped: what may go there is the core's. */
#include "unicorn_glue.h"
#include "unicorn_api.h"
#include "unicorn_slot.h"
#include <stdlib.h>
#include <string.h>

#define MEMORY 0x100000u
#define NOWHERE 0xFFFFFFFFu
#define LAST_OFFSET 0xFFF0u   /* behind it an instruction could wrap at 64 KB */
#define TRANSLATIONS (32u << 20)

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
    uint32_t cost, taken;  /* its clocks when it goes on to `next`, or elsewhere */
    uint8_t newer;         /* Unicorn's general registers and flags are newer than cpu's */
    uint16_t sp;           /* when `newer`; else cpu->r[V30_SP] is the same */
    uint8_t remap;         /* board->page changed */
    uint8_t code_page[256];
    uint8_t mapped[256];   /* PAGE_* as mapped into Unicorn */
    uint16_t held[8];      /* what Unicorn's registers hold */
    uint16_t held_psw;
    uint16_t held_s[4];
    size_t code_hook, memory_hook;
    uint64_t delegated;
    const char *error;
};

enum {
    ALIKE_FLAGS = V30_CY | V30_P | V30_AC | V30_Z | V30_S | V30_DIR | V30_V   /* kept in Unicorn's EFLAGS */
};

static const int general[8] = {UNI_REG_AX, UNI_REG_CX, UNI_REG_DX, UNI_REG_BX,
                               UNI_REG_SP, UNI_REG_BP, UNI_REG_SI, UNI_REG_DI};
static const int segments[4] = {UNI_REG_ES, UNI_REG_CS, UNI_REG_SS, UNI_REG_DS};

/* ---- registers ---- */

static void load_registers(unicorn_glue *g)
{
    static const int ids[9] = {UNI_REG_AX, UNI_REG_CX, UNI_REG_DX, UNI_REG_BX, UNI_REG_SP,
                               UNI_REG_BP, UNI_REG_SI, UNI_REG_DI, UNI_REG_EFLAGS};
    v30 *cpu = g->cpu;
    uint32_t flags = 0;
    void *to[9] = {&cpu->r[0], &cpu->r[1], &cpu->r[2], &cpu->r[3], &cpu->r[4],
                   &cpu->r[5], &cpu->r[6], &cpu->r[7], &flags};
    g->api.reg_read_batch(g->uc, ids, to, 9);
    cpu->psw = (uint16_t)((cpu->psw & ~ALIKE_FLAGS) | (flags & ALIKE_FLAGS));
    memcpy(g->held, cpu->r, sizeof g->held);
    g->held_psw = cpu->psw;
    g->newer = 0;
}

static void store_registers(unicorn_glue *g)
{
    v30 *cpu = g->cpu;
    for (int i = 0; i < 8; i++)
        if (cpu->r[i] != g->held[i])
            g->api.reg_write(g->uc, general[i], &cpu->r[i]);
    memcpy(g->held, cpu->r, sizeof g->held);
    if ((cpu->psw ^ g->held_psw) & ALIKE_FLAGS) {
        uint32_t flags = 2u | (cpu->psw & ALIKE_FLAGS);
        g->api.reg_write(g->uc, UNI_REG_EFLAGS, &flags);
    }
    g->held_psw = cpu->psw;
    for (int i = 0; i < 4; i++)
        if (cpu->s[i] != g->held_s[i]) {
            g->api.reg_write(g->uc, segments[i], &cpu->s[i]);
            g->held_s[i] = cpu->s[i];
        }
    g->cs_base = (uint32_t)cpu->s[V30_PS] << 4;
    g->window = MEMORY - 16 - g->cs_base;
    if (g->window > LAST_OFFSET)
        g->window = LAST_OFFSET;
    g->sp = cpu->r[V30_SP];
}

/* Nothing runs in Unicorn yet; the next hook is to be at offset `pc` of PS. */
static uint32_t expect(unicorn_glue *g, uint16_t pc)
{
    g->next = g->cs_base + pc;
    g->cost = g->taken = 0;
    return g->next;
}

/* From inside a hook: leave the block and fetch there. */
static void go_on_at(unicorn_glue *g, uint16_t pc)
{
    expect(g, pc);
    g->api.reg_write(g->uc, UNI_REG_IP, &pc);
}

/* ---- boundaries ---- */

static int wants_core(const unicorn_glue *g)
{
    const v30 *cpu = g->cpu;
    return cpu->nmi_latch | cpu->trap_armed | cpu->halted | cpu->stop | cpu->rep_active | cpu->emulating | g->remap
        | (cpu->int_line && (cpu->psw & V30_IE)) | !!(cpu->psw & V30_BRK);
}

static void set_limit(unicorn_glue *g)
{
    g->limit = wants_core(g) ? 0 : g->cpu->horizon;
}

static uint64_t fetch_raw(const unicorn_glue *g, uint32_t address)
{
    uint64_t raw;
    memcpy(&raw, g->bus.mem + address, sizeof raw);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    raw = __builtin_bswap64(raw);
#endif
    return raw;
}

/* Whether PS:PC holds an instruction known to be the core's. */
static int next_is_core(const unicorn_glue *g)
{
    uint32_t address = ((uint32_t)g->cpu->s[V30_PS] << 4) + g->cpu->pc;
    const slot *s;
    if (address > MEMORY - 16)
        return 1;
    s = &g->slots[address];
    return (s->kind & SLOT_DELEGATE) && (fetch_raw(g, address) & s->mask) == s->bytes;
}

/* Let the V30 core execute from the boundary in cpu, until what follows is for Unicorn or ends the run. */
static void run_core(unicorn_glue *g)
{
    v30 *cpu = g->cpu;
    do {
        g->delegated++;
        if (v30_step(cpu) == 0)
            break;
        set_limit(g);
        if (cpu->rep_active && cpu->clock < cpu->horizon)
            continue;
        if (cpu->clock >= g->limit)
            break;
    } while (cpu->rep_active || next_is_core(g));
    set_limit(g);
}

/* ---- translations ---- */

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

/* A block lies in the page it begins in and at most the next. */
static void mark_code(unicorn_glue *g, uint32_t address)
{
    for (unsigned page = address >> 12; page <= (address >> 12) + 1 && page < 256; page++)
        if (!g->code_page[page]) {
            g->code_page[page] = 1;
            show_page(g, page);
        }
}

/* ---- hooks ---- */

static void stop(unicorn_glue *g)
{
    g->api.emu_stop(g->uc);
}

/* The core executes the instruction at `address` instead of Unicorn, and what follows as long as it is the core's. */
static void delegate(unicorn_glue *g, uint32_t address)
{
    if (g->newer)
        load_registers(g);
    g->cpu->pc = (uint16_t)(address - g->cs_base);
    run_core(g);
    if (g->cpu->clock >= g->limit) {
        stop(g);
        return;
    }
    store_registers(g);
    go_on_at(g, g->cpu->pc);
}

/* May Unicorn access the operand of *s? Then its offset is at *offset. */
static int operand_is_plain(unicorn_glue *g, const slot *s, uint16_t *offset)
{
    uint16_t at = s->displacement, value = 0;
    uint32_t address;
    uint8_t page;
    if (s->base != SLOT_NO_REGISTER) {
        g->api.reg_read(g->uc, general[s->base], &value);
        at = (uint16_t)(at + value);
        if (s->index != SLOT_NO_REGISTER) {
            g->api.reg_read(g->uc, general[s->index], &value);
            at = (uint16_t)(at + value);
        }
    }
    address = ((uint32_t)g->cpu->s[s->segment] << 4) + at;
    if (address >= MEMORY)
        return 0;
    page = g->bus.page[address >> 12];
    *offset = at;
    return (page == PAGE_RAM || (page == PAGE_ROM && !(s->kind & SLOT_STORE)))
        && !((s->kind & SLOT_WORD) && (at & 15) == 15);   /* that may lie across two pages, or wrap */
}

static int stack_is_plain(const unicorn_glue *g, const slot *s)
{
    uint16_t at = s->kind & SLOT_PUSH ? (uint16_t)(g->sp - 2) : g->sp;
    uint32_t address = ((uint32_t)g->cpu->s[V30_SS] << 4) + at;
    uint8_t page;
    if ((at & 1) || address >= MEMORY)
        return 0;
    page = g->bus.page[address >> 12];
    return page == PAGE_RAM || (page == PAGE_ROM && !(s->kind & SLOT_PUSH));
}

static void on_code(void *uc, uint64_t linear, uint32_t size, void *user)
{
    unicorn_glue *g = user;
    v30 *cpu = g->cpu;
    uint32_t address = (uint32_t)linear, cost;
    uint64_t raw;
    slot *s = &g->slots[address];
    uint8_t kind;
    (void)uc, (void)size;
    cpu->clock += address == g->next ? g->cost : g->taken;
    if (cpu->clock >= g->limit) {
        if (g->newer)
            load_registers(g);
        cpu->pc = (uint16_t)(address - g->cs_base);
        stop(g);
        return;
    }
    if (address - g->cs_base > g->window) {
        delegate(g, address);
        return;
    }
    raw = fetch_raw(g, address);
    kind = s->kind;
    if ((raw & s->mask) != s->bytes || kind == 0) {
        mark_code(g, address);
        unicorn_slot_decode(s, &g->bus, cpu->s[V30_PS], (uint16_t)(address - g->cs_base), raw);
        if (kind != 0) {   /* changed by whom? Have it translated again, in case the host forgot to say so */
            unicorn_glue_forget(g, address, s->length);
            go_on_at(g, (uint16_t)(address - g->cs_base));
            return;
        }
        kind = s->kind;
    }
    cost = s->clocks;
    if (kind != SLOT_KNOWN) {
        uint16_t offset = 0;
        if ((kind & SLOT_DELEGATE) || ((kind & (SLOT_PUSH | SLOT_POP)) && !stack_is_plain(g, s))
            || ((kind & SLOT_LOAD) && !operand_is_plain(g, s, &offset))) {
            delegate(g, address);
            return;
        }
        if (offset & 1)
            cost += s->odd_clocks;
        g->sp = (uint16_t)(g->sp + s->sp_change);
    }
    g->next = address + s->length;
    g->cost = cost;
    g->taken = s->taken + (cost - s->clocks);
    g->newer = 1;
    cpu->shadow = s->shadow;
    cpu->instructions++;
}

static void record(bus_trace *t, uint32_t address, uint16_t data, uint8_t kind, uint8_t ube)
{
    if (t->count < t->capacity)
        t->cycles[t->count] = (bus_cycle){address, data, kind, ube};
    t->count++;
}

/* Only while somebody records: words that lie across two pages never come here. */
static void on_memory(void *uc, int type, uint64_t linear, int size, int64_t value, void *user)
{
    unicorn_glue *g = user;
    bus_trace *t = g->bus.trace;
    uint32_t address = (uint32_t)linear;
    uint8_t kind = type == UNI_MEM_WRITE ? CYCLE_MEMW : CYCLE_MEMR;
    uint16_t data;
    (void)uc;
    if (address >= MEMORY || t == NULL)
        return;
    data = (uint16_t)value;
    if (kind == CYCLE_MEMR) {
        data = g->bus.mem[address];
        if (size == 2)
            data = (uint16_t)(data | g->bus.mem[(address + 1) & (MEMORY - 1)] << 8);
    }
    if (size == 2 && !(address & 1)) {
        record(t, address, data, kind, 0);
        return;
    }
    for (int i = 0; i < size; i++)
        record(t, address + (unsigned)i, (uint16_t)((data >> 8 * i & 0xFF) * 0x101), kind, !((address + (unsigned)i) & 1));
}

/* ---- the V30 core's bus ---- */

static uint8_t port_in(void *user, uint16_t port)
{
    unicorn_glue *g = user;
    return g->board->port_in(g->board->user, port);
}

static void port_out(void *user, uint16_t port, uint8_t value)
{
    unicorn_glue *g = user;
    g->board->port_out(g->board->user, port, value);
}

static uint8_t mem_in(void *user, uint32_t address)
{
    unicorn_glue *g = user;
    return g->board->mem_in(g->board->user, address);
}

static void write_code_page(void *user, uint32_t address, uint8_t value)
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

/* ---- the run loop ---- */

static unsigned run_of(const uint8_t *pages, unsigned page)
{
    unsigned end = page;
    while (end < 256 && pages[end] == pages[page])
        end++;
    return end;
}

static int is_memory(uint8_t kind) { return kind == PAGE_RAM || kind == PAGE_ROM; }

static void map_pages(unicorn_glue *g)
{
    int error = 0;
    for (unsigned page = 0, end; page < 256; page = end) {
        end = run_of(g->mapped, page);
        if (is_memory(g->mapped[page]))
            error |= g->api.mem_unmap(g->uc, (uint64_t)page << 12, (size_t)(end - page) << 12);
    }
    memcpy(g->mapped, g->board->page, sizeof g->mapped);
    for (unsigned page = 0, end; page < 256; page = end) {
        end = run_of(g->mapped, page);
        if (is_memory(g->mapped[page]))
            error |= g->api.mem_map_ptr(g->uc, (uint64_t)page << 12, (size_t)(end - page) << 12,
                                        UNI_PROT_READ | UNI_PROT_EXEC
                                            | (g->mapped[page] == PAGE_RAM ? UNI_PROT_WRITE : 0),
                                        g->bus.mem + ((size_t)page << 12));
    }
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

static void attach_trace(unicorn_glue *g)
{
    if (!g->bus.trace != !g->board->trace) {
        if (g->board->trace)
            g->api.hook_add(g->uc, &g->memory_hook, UNI_HOOK_MEM_READ | UNI_HOOK_MEM_WRITE, (void *)on_memory, g,
                            (uint64_t)1, (uint64_t)0);
        else
            g->api.hook_del(g->uc, g->memory_hook);
        g->api.ctl(g->uc, UNI_CTL_TB_FLUSH);
    }
    g->bus.trace = g->board->trace;
}

/* The next block reaches into a page without memory: the instruction before which Unicorn stopped is the core's. */
static void after_fetch_fault(unicorn_glue *g)
{
    v30 *cpu = g->cpu;
    uint16_t ip = cpu->pc;
    g->api.reg_read(g->uc, UNI_REG_IP, &ip);
    cpu->clock += g->cs_base + ip == g->next ? g->cost : g->taken;
    cpu->pc = ip;
    if (cpu->clock < g->limit)
        run_core(g);
}

static void run_unicorn(unicorn_glue *g)
{
    int error;
    store_registers(g);
    error = g->api.emu_start(g->uc, expect(g, g->cpu->pc), NOWHERE, 0, 0);
    if (g->newer)
        load_registers(g);
    if (error == UNI_ERR_FETCH_UNMAPPED || error == UNI_ERR_FETCH_PROT)
        after_fetch_fault(g);
    else if (error != UNI_OK)
        g->error = g->api.strerror(error);
}

void unicorn_glue_run(unicorn_glue *g)
{
    v30 *cpu = g->cpu;
    attach_trace(g);
    if (memcmp(g->mapped, g->board->page, sizeof g->mapped) != 0)
        g->remap = 1;
    while (cpu->clock < cpu->horizon && g->error == NULL) {
        if (g->remap)
            map_pages(g);
        set_limit(g);
        if (g->limit == 0) {
            if (v30_step(cpu) == 0)
                cpu->clock = cpu->horizon;
            g->delegated++;
        } else if (((uint32_t)cpu->s[V30_PS] << 4) + cpu->pc > MEMORY - 16)
            run_core(g);
        else
            run_unicorn(g);
    }
}

uint64_t unicorn_glue_delegated(const unicorn_glue *g) { return g->delegated; }

const char *unicorn_glue_error(const unicorn_glue *g) { return g->error; }

/* ---- life ---- */

unicorn_glue *unicorn_glue_new(const char *path, v30 *cpu, board_bus *bus, const char **why)
{
    unicorn_glue *g = calloc(1, sizeof *g);
    int error;
    *why = "there is no memory for it";
    if (g == NULL || (g->slots = calloc(MEMORY, sizeof *g->slots)) == NULL) {
        free(g);
        return NULL;
    }
    *why = unicorn_api_load(&g->api, path);
    if (*why != NULL) {
        unicorn_glue_free(g);
        return NULL;
    }
    error = g->api.open(UNI_ARCH_X86, UNI_MODE_16, &g->uc);
    if (error == UNI_OK)
        error = g->api.ctl(g->uc, UNI_CTL_TCG_BUFFER_SIZE, (uint32_t)TRANSLATIONS);
    if (error == UNI_OK)
        error = g->api.hook_add(g->uc, &g->code_hook, UNI_HOOK_CODE, (void *)on_code, g, (uint64_t)1, (uint64_t)0);
    if (error != UNI_OK) {
        *why = g->api.strerror(error);
        unicorn_glue_free(g);
        return NULL;
    }
    g->cpu = cpu;
    g->board = bus;
    g->bus = *bus;
    g->bus.trace = NULL;
    g->bus.user = g;
    g->bus.port_in = port_in;
    g->bus.port_out = port_out;
    g->bus.mem_in = mem_in;
    g->bus.mem_out = write_code_page;
    g->bus.int_ack = int_ack;
    cpu->bus = &g->bus;
    g->held_psw = (uint16_t)~cpu->psw;
    for (int i = 0; i < 8; i++)
        g->held[i] = (uint16_t)~cpu->r[i];
    for (int i = 0; i < 4; i++)
        g->held_s[i] = (uint16_t)~cpu->s[i];
    store_registers(g);
    return g;
}

void unicorn_glue_free(unicorn_glue *g)
{
    if (g == NULL)
        return;
    if (g->uc != NULL)
        g->api.close(g->uc);
    free(g->slots);
    free(g);
}
