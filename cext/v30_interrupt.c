/* Interrupts, traps and what puts them off.
   Boundary rules measured on a V30: INT and IE are looked at once, between instructions; a segment register move, a
   prefix and POLL put off INT and NMI by one instruction, EI puts off INT; HALT ends on INT even with IE = 0.
   BRK = 1 when an instruction begins arms vector 1 behind it; another vectoring in between does not disarm it. */
#include "v30_core.h"

void v30_load_psw(v30 *c, uint16_t value)
{
    if (!(c->psw & V30_IE) && (value & V30_IE))
        c->shadow |= V30_SHADOW_INT;
    c->psw = (uint16_t)((value & V30_PSW_WRITABLE) | V30_PSW_ONES);
    if (c->md_writable && !(value & V30_MD))
        v30_emulate(c);
}

void v30_vector(insn *i, uint8_t vector)
{
    v30 *c = i->cpu;
    uint16_t table = (uint16_t)(vector * 4);
    uint16_t pc = v30_read16(i, 0, table);
    uint16_t ps = v30_read16(i, 0, (uint16_t)(table + 2));
    v30_push(i, c->psw);
    c->psw = (uint16_t)((c->psw & ~(V30_IE | V30_BRK)) | V30_MD);
    c->state = 0;
    v30_push(i, c->s[V30_PS]);
    v30_push(i, c->pc);
    c->s[V30_PS] = ps;
    c->pc = pc;
}

void v30_trap(insn *i, uint8_t vector, uint8_t path)
{
    i->path = path;
    v30_vector(i, vector);
}

/* The two cycles: the ICU is on the chip, so they have no waits. */
static void acknowledged(insn *i)
{
    for (int n = 0; n < 2 && i->cpu->slow_bus; n++)
        v30_list_cycle(i->cpu, 0);
}

/* `back`: clocks by which it begins before the boundary */
static uint32_t take(v30 *c, uint8_t vector, unsigned sequence, uint32_t back)
{
    insn i = {.cpu = c, .bus = c->bus, .watched = (uint8_t)v30_watched(c)};
    uint64_t odd = c->r[V30_SP] & 1 ? V30_ODD_SP : 0, before = c->clock;
    uint8_t repeats = c->rep_active;
    c->halted = c->rep_active = c->polling = 0;
    c->clock -= back;
    if (repeats)
        c->clock += v30_time(c, v30_shape_of(SHAPE_BREAK_REPEAT, 0, 0, 0), 0, 0);
    if (sequence == SHAPE_INT)
        acknowledged(&i);
    v30_vector(&i, vector);
    c->clock += v30_time(c, v30_shape_of(sequence, 0, 0, 0) | odd << SHAPE_ODD | (uint64_t)(c->pc & 1) << SHAPE_TARGET, 0, 0);
    return (uint32_t)(c->clock - before);
}

static uint8_t acknowledge(v30 *c)
{
    board_bus *bus = c->bus;
    uint8_t vector = bus->int_ack(bus->user);
    if (bus->trace) {
        v30_trace(bus, CYCLE_INTA, 0, vector, 0);
        v30_trace(bus, CYCLE_INTA, 0, vector, 0);
    }
    return vector;
}

static uint32_t take_int(v30 *c, uint32_t back)
{
    uint8_t vector = acknowledge(c);
    uint16_t turned_back = v30_psw_race(c);
    uint32_t clocks = take(c, vector, SHAPE_INT, back);
    c->psw ^= turned_back;
    return clocks;
}

/* Clocks a pin must be high before a boundary to be seen there (MEASURED): INT 3, NMI 4; between two elements of a
   repeated instruction, whose boundary we put behind the microcode's jump, two more. */
enum { SEEN_AFTER_INT = 3, SEEN_AFTER_NMI = 4, ELEMENT = 2 };
/* From the pin to the boundary that HALT ends with (MEASURED) */
enum { WAKES_AFTER_INT = 4, WAKES_AFTER_NMI = 5 };

static int was_high(const v30 *c, int64_t since, int clocks)
{
    return (int64_t)c->clock >= since + clocks + (c->rep_active ? ELEMENT : 0);
}

/* Time in HALT. */
static uint32_t halt_passes(v30 *c, int64_t until, int fetching)
{
    uint64_t clocks = until > (int64_t)c->clock ? (uint64_t)until - c->clock : 0;
    v30_time_passes(c, clocks, fetching);
    return (uint32_t)clocks;
}

void v30_let_pass(v30 *c)
{
    int64_t until = (int64_t)c->horizon;
    if (c->halted && c->int_line && c->int_since > (int64_t)c->clock && c->int_since < until)
        until = c->int_since;
    if (c->halted && c->nmi_latch && c->nmi_since > (int64_t)c->clock && c->nmi_since < until)
        until = c->nmi_since;
    if (c->stop)
        c->clock = (uint64_t)until;
    else
        (void)halt_passes(c, until, 0);
}

/* HALT ends: NMI, INT; with IE = 0 execution goes on. */
static uint32_t wake(v30 *c)
{
    uint32_t clocks;
    if (c->nmi_latch && (int64_t)c->clock >= c->nmi_since) {
        clocks = halt_passes(c, c->nmi_since + WAKES_AFTER_NMI, 0);
        c->nmi_latch = 0;
        return clocks + take(c, 2, SHAPE_VECTOR, 0);
    }
    if (!c->int_line || (int64_t)c->clock < c->int_since)
        return 0;
    clocks = halt_passes(c, c->int_since + WAKES_AFTER_INT - 1, 0);
    clocks += halt_passes(c, (int64_t)c->clock + 1, 1);   /* a queue with room begins a fetch */
    c->halted = 0;
    if (c->psw & V30_IE)
        clocks += take_int(c, 0);
    return clocks;
}

static int sees_nmi(const v30 *c, uint8_t shadow)
{
    return c->nmi_latch && !(shadow & V30_SHADOW_NMI) && was_high(c, c->nmi_since, SEEN_AFTER_NMI);
}

static int sees_int(const v30 *c, uint8_t shadow)
{
    return c->int_line && (c->psw & V30_IE) && !(shadow & V30_SHADOW_INT) && was_high(c, c->int_since, SEEN_AFTER_INT);
}

int v30_will_vector(const v30 *c)
{
    if (c->stop)
        return 0;
    return (c->trap_armed && !c->rep_active) || sees_nmi(c, c->shadow) || sees_int(c, c->shadow);
}

uint32_t v30_accept_interrupts(v30 *c)
{
    uint8_t shadow = c->shadow;
    if (!(c->int_line | c->nmi_latch | c->trap_armed | shadow) || c->stop)
        return 0;
    c->shadow = 0;
    if (c->trap_armed && !c->rep_active) {
        c->trap_armed = 0;
        return take(c, 1, SHAPE_VECTOR, v30_take_back(c, INT64_MIN));
    }
    if (c->halted)
        return wake(c);
    if (sees_nmi(c, shadow)) {
        uint32_t back = v30_take_back(c, c->nmi_since + SEEN_AFTER_NMI);
        c->nmi_latch = 0;
        return take(c, 2, SHAPE_VECTOR, back);
    }
    if (sees_int(c, shadow))
        return take_int(c, v30_take_back(c, c->int_since + SEEN_AFTER_INT));
    return 0;
}
