/* The slower bus accesses: words at odd addresses or off plain memory, watched ones, ports. */
#include "v30_core.h"

void v30_note_cycle(insn *i, uint8_t kind, uint32_t address, uint16_t data, int word)
{
    if (!i->bus->trace)   /* a callback may have ended it */
        return;
    if (word)
        v30_trace(i->bus, kind, address, data, 0);
    else
        v30_trace(i->bus, kind, address, (uint16_t)(data * 0x101), !(address & 1));
}

uint16_t v30_read16_slow(insn *i, uint16_t segment, uint16_t offset)
{
    board_bus *bus = i->bus;
    uint32_t a = v30_physical(segment, offset);
    uint16_t value;
    if (a & 1) {
        i->splits++;
        value = v30_read_byte(i, a);
        return (uint16_t)(value | v30_read_byte(i, v30_physical(segment, (uint16_t)(offset + 1))) << 8);
    }
    if (v30_page_reads(bus->page[a >> 12]))
        value = (uint16_t)(bus->mem[a] | bus->mem[a + 1] << 8);
    else {
        value = bus->mem_in(bus->user, a);
        value = (uint16_t)(value | bus->mem_in(bus->user, a + 1) << 8);
    }
    v30_list_memory(i, a);
    if (i->watched)
        v30_note_cycle(i, CYCLE_MEMR, a, value, 1);
    return value;
}

void v30_write16_slow(insn *i, uint16_t segment, uint16_t offset, uint16_t value)
{
    board_bus *bus = i->bus;
    uint32_t a = v30_physical(segment, offset);
    if (a & 1) {
        i->splits++;
        v30_write_byte(i, a, (uint8_t)value);
        i->writes++;
        v30_write_byte(i, v30_physical(segment, (uint16_t)(offset + 1)), (uint8_t)(value >> 8));
        return;
    }
    v30_list_memory(i, a);
    if (i->watched)
        v30_note_cycle(i, CYCLE_MEMW, a, value, 1);
    if (v30_near_code(i, a)) {
        v30_suspect(i, a);
        v30_suspect(i, a + 1);
    }
    if (bus->page[a >> 12] == PAGE_RAM) {
        bus->mem[a] = (uint8_t)value;
        bus->mem[a + 1] = (uint8_t)(value >> 8);
    } else {
        bus->mem_out(bus->user, a, (uint8_t)value);
        bus->mem_out(bus->user, a + 1, (uint8_t)(value >> 8));
    }
}

static void list_port(const insn *i, uint16_t port)
{
    if (i->cpu->slow_bus)
        v30_list_cycle(i->cpu, v30_port_waits(&i->cpu->waits, port));
}

/* A port's callback may change the waits: the cycle has those from before. */
uint8_t v30_in8(insn *i, uint16_t port)
{
    board_bus *bus = i->bus;
    uint8_t value;
    list_port(i, port);
    value = bus->port_in(bus->user, port);
    if (bus->trace)
        v30_trace(bus, CYCLE_IOR, port, (uint16_t)(value * 0x101), !(port & 1));
    return value;
}

uint16_t v30_in16(insn *i, uint16_t port)
{
    board_bus *bus = i->bus;
    uint16_t value;
    if (port & 1) {
        i->odd |= V30_ODD_IO;
        i->splits++;
        value = v30_in8(i, port);
        return (uint16_t)(value | v30_in8(i, (uint16_t)(port + 1)) << 8);
    }
    list_port(i, port);
    value = bus->port_in(bus->user, port);
    value = (uint16_t)(value | bus->port_in(bus->user, (uint16_t)(port + 1)) << 8);
    if (bus->trace)
        v30_trace(bus, CYCLE_IOR, port, value, 0);
    return value;
}

void v30_out8(insn *i, uint16_t port, uint8_t value)
{
    board_bus *bus = i->bus;
    list_port(i, port);
    if (bus->trace)
        v30_note_cycle(i, CYCLE_IOW, port, value, 0);
    board_out(bus, i->cpu->clock, port, value);
}

void v30_out16(insn *i, uint16_t port, uint16_t value)
{
    board_bus *bus = i->bus;
    if (port & 1) {
        i->odd |= V30_ODD_IO;
        i->splits++;
        v30_out8(i, port, (uint8_t)value);
        v30_out8(i, (uint16_t)(port + 1), (uint8_t)(value >> 8));
        return;
    }
    list_port(i, port);
    if (bus->trace)
        v30_note_cycle(i, CYCLE_IOW, port, value, 1);
    board_out(bus, i->cpu->clock, port, (uint8_t)value);
    board_out(bus, i->cpu->clock, (uint16_t)(port + 1), (uint8_t)(value >> 8));
}
