/* Conditions of a debugger's stops: stack programs of 64-bit integers, which wrap, compiled by korgm1.debugging. */
#ifndef KORGM1_CONDITION_H
#define KORGM1_CONDITION_H
#include "v30.h"

enum { CONDITION_DEEPEST = 256 };   /* numbers on the stack; who compiles sees to it that this is enough */

enum {   /* codes; "a" lies under "b", which is the top */
    CONDITION_CONSTANT,                       /* push `number` */
    CONDITION_REGISTER,                       /* push r[number]; 8-11 s[]; 12 pc; 13 psw */
    CONDITION_VALUE,                          /* push what was hit; -1: nothing of the kind */
    CONDITION_ADDRESS, CONDITION_VECTOR, CONDITION_CLOCK, CONDITION_STEPS,
    CONDITION_BYTE, CONDITION_WORD,           /* pop an address, push what memory holds there */
    CONDITION_LAST_IN, CONDITION_LAST_OUT,    /* pop a port, push the last byte of it, or -1 */
    CONDITION_JOIN,                           /* a segment and an offset: the physical address */
    CONDITION_NEGATE, CONDITION_INVERT, CONDITION_IS_ZERO,
    CONDITION_SKIP_TRUE,                      /* the top is not 0: it becomes 1, and `number` steps are left out */
    CONDITION_SKIP_FALSE,                     /* the top is 0: `number` steps are left out */
    CONDITION_OR_ELSE, CONDITION_AND_THEN, CONDITION_OR, CONDITION_XOR, CONDITION_AND,
    CONDITION_EQUAL, CONDITION_UNEQUAL, CONDITION_LESS, CONDITION_AT_MOST, CONDITION_MORE, CONDITION_AT_LEAST,
    CONDITION_LEFT, CONDITION_RIGHT,          /* shifts by b & 3F; left by 32 at most */
    CONDITION_ADD, CONDITION_SUBTRACT, CONDITION_MULTIPLY,
    CONDITION_CODES
};

typedef struct condition_op {
    int64_t number;
    uint8_t code;
} condition_op;

typedef struct condition_ports {   /* the last byte of each port, */
    uint8_t in[0x10000], out[0x10000];
    uint8_t seen[0x10000];         /* where there is one: 1 in, 2 out */
} condition_ports;

typedef struct condition_about {   /* what a program is asked about */
    const v30 *cpu;
    const condition_ports *ports;
    uint64_t steps;
    int64_t value, address, vector;
    uint8_t (*peek)(void *user, uint32_t address);   /* memory of PAGE_DEVICE, without side effects */
    void *user;
} condition_about;

/* The number a program leaves on the stack. */
int64_t condition_value(const condition_op *program, uint32_t length, const condition_about *of);
#endif
