/* 8080 emulation mode, inside the V30 core. */
#ifndef KORGM1_V30_8080_H
#define KORGM1_V30_8080_H
#include "v30_core.h"

/* One whole 8080 instruction at PS:i->start, with its clocks in i->clk; cpu->state has V30_EMULATING. */
void v30_8080_instruction(insn *i);

/* By opcode. Two answers to what nobody measured (H-8080-CLOCKS), words at even addresses. A conditional CALL or RET:
   the clocks when it is not taken. */
extern const uint8_t v30_8080_clocks[256];   /* of the native instruction that does the same, data book (V30) */
extern const uint8_t v30_8080_states[256];   /* the states of an 8080A */

enum {
    V30_8080_CALL_TAKEN = 16 - 4,   /* more than not taken, of the native kind */
    V30_8080_RET_TAKEN = 15 - 4,
    V30_8080_JUMP_TAKEN = 14 - 4,
    V30_8080_TAKEN_STATES = 6,      /* CALL and RET of an 8080A; its jumps take 10 either way */
    V30_CLOCKS_BRKEM = 38,          /* data book; RETEM and CALLN are in the tables' ED rows */
    V30_CLOCKS_RETEM = 27,
    V30_CLOCKS_CALLN = 38
};
#endif
