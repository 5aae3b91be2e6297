/* The slower bus accesses: words at odd addresses or off plain memory, recorded ones, ports. */
#include "v30_core.h"

uint16_t v30_read16_slow(insn *i, uint16_t segment, uint16_t offset)
{
    board_bus *bus = i->bus;
    uint32_t a = v30_physical(segment, offset);
    uint16_t value;
    if (a & 1) {
        i->splits++;
        value = v30_bus_read(bus, a);
        return (uint16_t)(value | v30_bus_read(bus, v30_physical(segment, (uint16_t)(offset + 1))) << 8);
    }
    if (v30_page_reads(bus->page[a >> 12]))
        value = (uint16_t)(bus->mem[a] | bus->mem[a + 1] << 8);
    else {
        value = bus->mem_in(bus->user, a);
        value = (uint16_t)(value | bus->mem_in(bus->user, a + 1) << 8);
    }
    if (bus->trace)
        v30_trace(bus, CYCLE_MEMR, a, value, 0);
    return value;
}

void v30_write16_slow(insn *i, uint16_t segment, uint16_t offset, uint16_t value)
{
    board_bus *bus = i->bus;
    uint32_t a = v30_physical(segment, offset);
    if (a & 1) {
        i->splits++;
        v30_bus_write(bus, a, (uint8_t)value);
        v30_bus_write(bus, v30_physical(segment, (uint16_t)(offset + 1)), (uint8_t)(value >> 8));
        return;
    }
    if (bus->trace)
        v30_trace(bus, CYCLE_MEMW, a, value, 0);
    if (bus->page[a >> 12] == PAGE_RAM) {
        bus->mem[a] = (uint8_t)value;
        bus->mem[a + 1] = (uint8_t)(value >> 8);
    } else {
        bus->mem_out(bus->user, a, (uint8_t)value);
        bus->mem_out(bus->user, a + 1, (uint8_t)(value >> 8));
    }
}

/* IN and OUT alone: INM and OUTM have another use for the bit, and go off the chip. */
static void look_where(insn *i, uint16_t port)
{
    if (i->opcode >= 0xE4 && (port >> 8 == 0xFF || port >> 8 == i->cpu->waits.onchip_page))
        i->odd |= V30_ON_CHIP;
}

uint8_t v30_in8(insn *i, uint16_t port)
{
    board_bus *bus = i->bus;
    uint8_t value;
    look_where(i, port);
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
    look_where(i, port);
    value = bus->port_in(bus->user, port);
    value = (uint16_t)(value | bus->port_in(bus->user, (uint16_t)(port + 1)) << 8);
    if (bus->trace)
        v30_trace(bus, CYCLE_IOR, port, value, 0);
    return value;
}

void v30_out8(insn *i, uint16_t port, uint8_t value)
{
    board_bus *bus = i->bus;
    look_where(i, port);
    if (bus->trace)
        v30_trace(bus, CYCLE_IOW, port, (uint16_t)(value * 0x101), !(port & 1));
    bus->port_out(bus->user, port, value);
}

void v30_out16(insn *i, uint16_t port, uint16_t value)
{
    board_bus *bus = i->bus;
    look_where(i, port);
    if (port & 1) {
        i->odd |= V30_ODD_IO;
        i->splits++;
        v30_out8(i, port, (uint8_t)value);
        v30_out8(i, (uint16_t)(port + 1), (uint8_t)(value >> 8));
        return;
    }
    if (bus->trace)
        v30_trace(bus, CYCLE_IOW, port, value, 0);
    bus->port_out(bus->user, port, (uint8_t)value);
    bus->port_out(bus->user, (uint16_t)(port + 1), (uint8_t)(value >> 8));
}
