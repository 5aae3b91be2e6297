/* Clocks of every form, one table for all users. */
#ifndef KORGM1_V30_CLOCKS_H
#define KORGM1_V30_CLOCKS_H
#include <stdint.h>

#define V30_ODD_WORD_CLOCKS 4   /* each word transfer at an odd address (UM, DB, measured) */
#define V30_PREFIX_CLOCKS 2

typedef struct v30_timing {
    uint8_t reg;     /* no modrm, or a register operand; a branch not taken */
    uint8_t mem;     /* memory operand, word at an even address */
    uint8_t taken;   /* a conditional branch that jumps */
} v30_timing;

extern const v30_timing v30_timing_main[256];
extern const v30_timing v30_timing_f6[8];      /* F6 by reg field, without the data-dependent part */
extern const v30_timing v30_timing_f7[8];
extern const v30_timing v30_timing_fe[8];
extern const v30_timing v30_timing_ff[8];
extern const v30_timing v30_timing_alu_imm;    /* 80-83 /0-/6 */
extern const v30_timing v30_timing_cmp_imm;    /* 80-83 /7 */
extern const v30_timing v30_timing_0f[64];     /* second byte 00-3F */

enum {
    V30_CLOCKS_INT = 55,          /* boundary to the first byte of the handler */
    V30_CLOCKS_NMI = 43,
    V30_CLOCKS_BRK_FLAG = 43,
    V30_CLOCKS_WAKE = 4,          /* from the pin to the instruction after HALT */
    V30_CLOCKS_WAKE_INT = 59,
    V30_CLOCKS_WAKE_NMI = 48,
    V30_CLOCKS_POLL_SAMPLE = 5,
    V30_CLOCKS_DIVU_TRAP = 51,        /* all of it, register operand */
    V30_CLOCKS_DIV_EARLY_TRAP = 59,
    V30_CLOCKS_DIV_LATE = 35,         /* on top of the division */
    V30_CLOCKS_CHKIND_LOW = 38,       /* on top of CHKIND in range */
    V30_CLOCKS_CHKIND_HIGH = 42,
    V30_SIGNS_DIFFER_CLOCKS = 4,
    V30_NEGATIVE_DIVIDEND_CLOCKS = 3,
    V30_REP_NOTHING_CLOCKS = 12   /* CW = 0, the prefix apart */
};
#endif
