/* NEC V30 core (the CPU inside the uPD70216 V50). One struct, no globals, integers only. */
#ifndef KORGM1_V30_H
#define KORGM1_V30_H
#include <stdint.h>
#include "bus.h"

enum { V30_AW, V30_CW, V30_DW, V30_BW, V30_SP, V30_BP, V30_IX, V30_IY };
enum { V30_DS1, V30_PS, V30_SS, V30_DS0 };   /* ES CS SS DS, in the encoding's order */

enum {   /* PSW bits */
    V30_CY = 0x0001, V30_P = 0x0004, V30_AC = 0x0010, V30_Z = 0x0040, V30_S = 0x0080,
    V30_BRK = 0x0100, V30_IE = 0x0200, V30_DIR = 0x0400, V30_V = 0x0800, V30_MD = 0x8000,
    V30_PSW_WRITABLE = 0x0ED5, V30_PSW_ONES = 0xF002
};

enum {   /* why the core stopped for good */
    V30_STOP_NONE = 0,
    V30_STOP_UNDEFINED = 1,   /* an opcode on which silicon runs away or locks up */
    V30_STOP_BRKEM = 2        /* 8080 emulation mode asked for */
};

enum { V30_SHADOW_INT = 1, V30_SHADOW_NMI = 2 };   /* what the next boundary does not sample */

typedef struct v30 {
    uint16_t r[8];
    uint16_t s[4];
    uint16_t pc;
    uint16_t psw;
    uint64_t clock;        /* CPU clocks since power-on; inside a callback: at the start of the instruction
                              (of the element, in a repeated string instruction) */
    uint64_t horizon;      /* v30_run returns at the first boundary at or after it; a callback may lower it */
    uint64_t instructions; /* executed so far; a repeated string instruction counts once */
    uint8_t int_line;      /* level of the ICU's INT output */
    uint8_t nmi_latch;     /* a rising edge was seen and not yet taken */
    uint8_t poll_line;     /* level of the POLL# pin */
    uint8_t halted;
    uint8_t shadow;        /* V30_SHADOW_* */
    uint8_t md_writable;
    uint8_t trap_armed;    /* single step pending */
    uint8_t stop;          /* V30_STOP_* */
    uint16_t stop_ps, stop_pc;
    board_bus *bus;
} v30;

/* RESET: PS FFFF, PC 0, PSW F002, other segments 0, queue empty; general registers are left alone. */
void v30_reset(v30 *cpu);

/* One instruction (one element of a repeated one), or the acceptance of an interrupt. Returns its clocks and adds
   them to cpu->clock. A halted core that nothing wakes, and a stopped one, return 0. */
uint32_t v30_step(v30 *cpu);

/* Run to the first boundary at or after cpu->horizon. A halted or stopped core lets the time pass. */
void v30_run(v30 *cpu);
#endif
