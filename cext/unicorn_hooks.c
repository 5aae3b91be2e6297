/* What happens in front of every instruction: count the last one's clocks, stop at the horizon, and decide who executes
   this one. After a fault in Unicorn 2.1.4, and after the restart of an instruction that stored into its own block, the
   flags are wrong and half of a word may have been stored: so nothing is let to Unicorn before its addresses are known
   to be plain memory, and those of stores to lie in a page that never held executed code. */
#include "unicorn_state.h"
#include <string.h>

static int wants_core(const unicorn_glue *g)
{
    const v30 *cpu = g->cpu;
    return cpu->nmi_latch | cpu->trap_armed | cpu->halted | cpu->stop | cpu->rep_active | cpu->state | g->remap
        | (cpu->int_line && (cpu->psw & V30_IE)) | !!(cpu->psw & V30_BRK);
}

void glue_set_limit(unicorn_glue *g)
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
    if (address > MEMORY - 16 || g->changes[address >> 12] == GLUE_RESTLESS)
        return 1;
    s = &g->slots[address];
    return (s->kind & SLOT_DELEGATE) && (fetch_raw(g, address) & s->mask) == s->bytes;
}

void glue_run_core(unicorn_glue *g)
{
    v30 *cpu = g->cpu;
    do {
        g->delegated++;
        if (v30_step(cpu) == 0)
            break;
        glue_set_limit(g);
        if (cpu->rep_active && cpu->clock < cpu->horizon)
            continue;
        if (cpu->clock >= g->limit)
            break;
    } while (cpu->rep_active || next_is_core(g));
    glue_set_limit(g);
}

static void stop(unicorn_glue *g)
{
    g->api.emu_stop(g->uc);
}

static int code_is_for_unicorn(const unicorn_glue *g, uint32_t address)
{
    unsigned page = address >> 12, last = ((address + GLUE_REACH) & (MEMORY - 1)) >> 12;
    return g->board->page[page] != PAGE_DEVICE && g->board->page[last] != PAGE_DEVICE
           && g->changes[page] < GLUE_RESTLESS && g->changes[last] < GLUE_RESTLESS;
}

/* The core executes the instruction at `address` instead of Unicorn, and what follows as long as it is the core's. */
static void delegate(unicorn_glue *g, uint32_t address)
{
    if (g->newer)
        glue_load_registers(g);
    g->cpu->pc = (uint16_t)(address - g->cs_base);
    glue_run_core(g);
    if (g->cpu->clock >= g->limit) {
        stop(g);
        return;
    }
    glue_store_registers(g);
    glue_go_on_at(g, g->cpu->pc);
}

static int place_is_plain(unicorn_glue *g, unsigned segment, uint16_t offset, int store, int word)
{
    uint32_t address = ((uint32_t)g->cpu->s[segment] << 4) + offset;
    uint8_t page;
    if (address >= MEMORY || (word && (offset & 15) == 15))   /* that may lie across two pages, or wrap */
        return 0;
    if (g->cpu->slow_bus)
        g->blocks |= (uint8_t)(1u << v30_block_waits(&g->cpu->waits, address));
    page = g->bus.page[address >> 12];
    return page == PAGE_RAM || (page == PAGE_ROM && !store);
}

/* May Unicorn access the operand of *s? Then V30_ODD_* of it are added. */
static int operand_is_plain(unicorn_glue *g, const slot *s, v30_shape *odd)
{
    uint16_t offset = s->displacement;
    if (s->base != SLOT_NO_REGISTER)
        offset = (uint16_t)(offset + glue_read_register(g, s->base));
    if (s->index != SLOT_NO_REGISTER)
        offset = (uint16_t)(offset + glue_read_register(g, s->index));
    if (!place_is_plain(g, s->segment, offset, s->kind & SLOT_STORE, s->kind & SLOT_WORD))
        return 0;
    if (offset & 1)
        *odd |= s->base == V30_IY && s->segment == V30_DS1 && (s->shape & 0xFE) == 0xAA ? V30_ODD_IY : V30_ODD_EA;
    if (s->kind & SLOT_MOVE) {
        offset = glue_read_register(g, V30_IY);
        if (!place_is_plain(g, V30_DS1, offset, 1, s->kind & SLOT_WORD))
            return 0;
        if (offset & 1)
            *odd |= V30_ODD_IY;
    }
    return 1;
}

static int stack_is_plain(unicorn_glue *g, const slot *s)
{
    uint16_t offset = s->kind & SLOT_PUSH ? (uint16_t)(g->sp - 2) : g->sp;
    return !(offset & 1) && place_is_plain(g, V30_SS, offset, s->kind & SLOT_PUSH, 1);
}

/* With a slow bus: list the waits of an instruction's data cycles when all are the same, else 0 for the core. */
static int list_waits(unicorn_glue *g)
{
    uint64_t waits = g->blocks > 1;   /* 1 = none, 2 = one, 4 = two, 8 = three */
    if (g->blocks & (g->blocks - 1))
        return 0;
    waits += (g->blocks > 2) + (g->blocks > 4);
    g->cpu->cycle_waits = waits * (0x5555555555555555u & (((uint64_t)1 << 2 * V30_LISTED_CYCLES) - 1));
    g->blocks = 0;
    return 1;
}

/* What the glue knows without asking Unicorn. */
static void follow_control(unicorn_glue *g, const slot *s)
{
    v30 *cpu = g->cpu;
    if (s->kind & SLOT_SEGMENT)
        cpu->s[s->segment] = g->held_s[s->segment] = glue_read_register(g, s->base);
    if (s->kind & SLOT_DI)
        cpu->psw &= (uint16_t)~V30_IE;
    if (s->kind & SLOT_EI) {
        cpu->psw |= V30_IE;
        if (cpu->int_line)
            g->limit = 0;
    }
}

static uint32_t ask_time(v30 *cpu, slot *s, v30_shape shape, uint64_t asked)
{
    uint32_t clocks = v30_time(cpu, shape, shape >> SHAPE_PREFIXES & 3, s->count);
    s->times[1] = s->times[0];
    s->times[0] = (slot_time){.asked = asked, .state = cpu->bus_unit, .state_early = cpu->bus_unit_early,
                              .clocks = (uint16_t)clocks, .early = cpu->early};   /* what Unicorn may run takes no 1,000 */
    return clocks;
}

/* v30_time: an instruction mostly meets the bus unit as it met it one of the last two times, and its answer is nearer
   at hand here. */
static inline uint32_t time_of(v30 *cpu, slot *s, v30_shape shape)
{
    uint64_t asked = (uint64_t)1 << 63 | (uint64_t)cpu->bus_unit << 8 | (shape >> SHAPE_PATH & 0xFF);
    const slot_time *t = &s->times[0];
    if (cpu->slow_bus) {
        v30_code to = v30_code_next(cpu);
        if (!v30_goes_unhindered(cpu, to))
            return v30_time(cpu, shape, shape >> SHAPE_PREFIXES & 3, s->count);
        if (t->asked == asked || s->times[1].asked == asked)
            v30_goes_on_to(cpu, to);
    }
    if (t->asked != asked)
        t = &s->times[1];
    if (t->asked != asked)
        return ask_time(cpu, s, shape, asked);
    cpu->bus_unit = t->state;
    cpu->bus_unit_early = t->state_early;
    cpu->early = t->early;
    return t->clocks;
}

static inline void count_clocks(unicorn_glue *g, uint32_t address)
{
    slot *s = g->running;
    v30_shape shape = g->shape | (v30_shape)(address & 1) << SHAPE_TARGET;
    if (s == NULL)
        return;
    g->running = NULL;
    if (s->conditional && address != g->next)
        shape |= (v30_shape)PATH_TAKEN << SHAPE_PATH;
    g->cpu->pc = (uint16_t)(address - g->cs_base);
    g->cpu->clock += time_of(g->cpu, s, shape);
}

void glue_count(unicorn_glue *g, uint32_t address) { count_clocks(g, address); }

void glue_on_code(void *uc, uint64_t linear, uint32_t size, void *user)
{
    unicorn_glue *g = user;
    v30 *cpu = g->cpu;
    uint32_t address = (uint32_t)linear;
    v30_shape odd = 0;
    uint64_t raw;
    slot *s = &g->slots[address];
    uint16_t kind;
    (void)uc, (void)size;
    count_clocks(g, address);
    if (cpu->clock >= g->limit) {
        if (g->newer)
            glue_load_registers(g);
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
        if (!code_is_for_unicorn(g, address)) {
            delegate(g, address);
            return;
        }
        if (glue_mark_code(g, address)) {
            glue_go_on_at(g, (uint16_t)(address - g->cs_base));
            return;
        }
        unicorn_slot_decode(s, &g->bus, cpu->s[V30_PS], (uint16_t)(address - g->cs_base), raw);
        if (kind != 0) {   /* changed by whom? Have it translated again, in case the host forgot to say so */
            glue_code_changed(g, address, s->length);
            glue_go_on_at(g, (uint16_t)(address - g->cs_base));
            return;
        }
        kind = s->kind;
    }
    if (kind != SLOT_KNOWN) {
        if ((kind & SLOT_DELEGATE) || ((kind & (SLOT_PUSH | SLOT_POP)) && !stack_is_plain(g, s))
            || ((kind & SLOT_LOAD) && !operand_is_plain(g, s, &odd)) || (cpu->slow_bus && !list_waits(g))) {
            g->blocks = 0;
            delegate(g, address);
            return;
        }
        if (kind & (SLOT_SEGMENT | SLOT_DI | SLOT_EI))
            follow_control(g, s);
        g->sp = (uint16_t)(g->sp + s->sp_change);
    }
    g->next = address + s->length;
    g->running = s;
    g->shape = s->shape | odd << SHAPE_ODD;
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
    for (int i = 0; i < size; i++, address++)
        record(t, address, (uint16_t)((data >> 8 * i & 0xFF) * 0x101), kind, !(address & 1));
}

void glue_attach_trace(unicorn_glue *g)
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
