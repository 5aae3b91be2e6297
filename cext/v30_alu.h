/* Arithmetic that sets flags, small enough to be inlined. bits is 8 or 16, operands have no bits above it. */
#ifndef KORGM1_V30_ALU_H
#define KORGM1_V30_ALU_H
#include "v30.h"

#define V30_FLAGS6 (V30_V | V30_S | V30_Z | V30_AC | V30_P | V30_CY)

/* Parity of the low byte, 9669 = even parity of 0-15, one bit each. */
static inline uint16_t v30_parity(unsigned value)
{
    return (uint16_t)((0x9669 >> ((value ^ value >> 4) & 15) & 1) << 2);
}

static inline uint16_t v30_szp(unsigned result, unsigned bits)
{
    return (uint16_t)((result >> (bits - 8) & V30_S) | (result == 0 ? V30_Z : 0) | v30_parity(result));
}

static inline void v30_set_flags(v30 *c, uint16_t mask, uint16_t flags)
{
    c->psw = (uint16_t)((c->psw & ~mask) | flags);
}

static inline uint16_t v30_add(v30 *c, unsigned a, unsigned b, unsigned carry, unsigned bits)
{
    unsigned sum = a + b + carry, r = sum & ((1u << bits) - 1);
    unsigned v = (a ^ r) & (b ^ r);
    v30_set_flags(c, V30_FLAGS6, (uint16_t)(v30_szp(r, bits) | ((a ^ b ^ r) & V30_AC) | (sum >> bits)
                                             | (v >> (bits - 1) & 1) << 11));
    return (uint16_t)r;
}

static inline uint16_t v30_sub(v30 *c, unsigned a, unsigned b, unsigned borrow, unsigned bits)
{
    unsigned difference = a - b - borrow, r = difference & ((1u << bits) - 1);
    unsigned v = (a ^ b) & (a ^ r);
    v30_set_flags(c, V30_FLAGS6, (uint16_t)(v30_szp(r, bits) | ((a ^ b ^ r) & V30_AC) | (difference >> bits & 1)
                                             | (v >> (bits - 1) & 1) << 11));
    return (uint16_t)r;
}

/* AND OR XOR TEST: V, AC and CY are 0 */
static inline uint16_t v30_logic(v30 *c, unsigned r, unsigned bits)
{
    v30_set_flags(c, V30_FLAGS6, v30_szp(r, bits));
    return (uint16_t)r;
}

/* INC and DEC: CY stays */
static inline uint16_t v30_inc(v30 *c, unsigned a, unsigned bits)
{
    uint16_t cy = c->psw & V30_CY, r = v30_add(c, a, 1, 0, bits);
    v30_set_flags(c, V30_CY, cy);
    return r;
}

static inline uint16_t v30_dec(v30 *c, unsigned a, unsigned bits)
{
    uint16_t cy = c->psw & V30_CY, r = v30_sub(c, a, 1, 0, bits);
    v30_set_flags(c, V30_CY, cy);
    return r;
}

enum { ALU_ADD, ALU_OR, ALU_ADDC, ALU_SUBC, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };

static inline uint16_t v30_alu(v30 *c, unsigned operation, unsigned a, unsigned b, unsigned bits)
{
    switch (operation) {
    case ALU_ADD: return v30_add(c, a, b, 0, bits);
    case ALU_OR: return v30_logic(c, a | b, bits);
    case ALU_ADDC: return v30_add(c, a, b, c->psw & V30_CY, bits);
    case ALU_SUBC: return v30_sub(c, a, b, c->psw & V30_CY, bits);
    case ALU_AND: return v30_logic(c, a & b, bits);
    case ALU_XOR: return v30_logic(c, a ^ b, bits);
    default: return v30_sub(c, a, b, 0, bits);
    }
}
#endif
