/* What the CPU core sees of the board: one 1 MB host image, and callbacks for all that is not plain memory. */
#ifndef KORGM1_BUS_H
#define KORGM1_BUS_H
#include <stdint.h>

enum { PAGE_OPEN = 0, PAGE_RAM = 1, PAGE_ROM = 2, PAGE_DEVICE = 3 };

/* kinds of data bus cycle, as a recorder of the pins names them */
enum { CYCLE_MEMR = 0, CYCLE_MEMW = 1, CYCLE_IOR = 2, CYCLE_IOW = 3, CYCLE_INTA = 4 };

typedef struct bus_cycle {
    uint32_t address;
    uint16_t data;   /* both lanes as driven; for a byte cycle only its own lane counts */
    uint8_t kind;
    uint8_t ube;     /* UBE#, 0 = upper lane in use */
} bus_cycle;

typedef struct bus_trace {
    bus_cycle *cycles;
    uint32_t capacity;
    uint32_t count;   /* goes on counting when full */
} bus_trace;

typedef struct board_bus {
    uint8_t *mem;        /* 1,048,576 bytes, page aligned; 100000-10FFFF is 00000-0FFFF again. An open page holds
                            the open bus value: code that has run astray is fetched from there, not logged */
    uint8_t page[256];   /* PAGE_* of every 4 KB */
    bus_trace *trace;    /* NULL, or where data cycles are written down */
    void *user;          /* handed to every callback */
    uint8_t (*port_in)(void *user, uint16_t port);
    void (*port_out)(void *user, uint16_t port, uint8_t value);
    uint8_t (*mem_in)(void *user, uint32_t address);                /* PAGE_OPEN and PAGE_DEVICE */
    void (*mem_out)(void *user, uint32_t address, uint8_t value);   /* everything but PAGE_RAM */
    uint8_t (*int_ack)(void *user);                                 /* second INTA cycle: the vector number */
    /* NULL, or who takes the writes to the ports whose bit is set in sink_ports, in place of port_out: `clock` is that
       at which the instruction began. It calls nobody back. */
    void (*sink)(void *user, uint64_t clock, uint16_t port, uint8_t value);
    void *sink_user;
    const uint8_t *sink_ports;   /* 8,192 bytes, bit 0 of the first is port 0 */
} board_bus;

static inline void board_out(const board_bus *bus, uint64_t clock, uint16_t port, uint8_t value)
{
    if (bus->sink != 0 && bus->sink_ports[port >> 3] >> (port & 7) & 1)
        bus->sink(bus->sink_user, clock, port, value);
    else
        bus->port_out(bus->user, port, value);
}
#endif
