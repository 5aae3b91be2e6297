/* Shifts, decimal adjustment, multiplication, division: with every flag as silicon leaves it, the undefined ones too.
   Laws fitted to recordings of a uPD70116C-8; the V20's microcode agrees with them. */
#include "v30_alu.h"
#include "v30_core.h"

enum { SHIFT_ROL, SHIFT_ROR, SHIFT_ROLC, SHIFT_RORC, SHIFT_SHL, SHIFT_SHR, SHIFT_SHL_ALIAS, SHIFT_SHRA };

/* count 1-255, not masked. V is that of a single step for any count: left, top bit xor CY; right, the two top bits.
   Rotates leave S Z AC P. */
uint16_t v30_shift(v30 *c, unsigned operation, uint16_t value, unsigned count, unsigned bits)
{
    uint32_t mask = (1u << bits) - 1, top = 1u << (bits - 1), cy = c->psw & V30_CY, r = value;
    uint64_t ring;
    uint16_t flags;
    unsigned n;
    switch (operation) {
    case SHIFT_ROL:
        n = count % bits;
        r = (r << n | r >> (bits - n)) & mask;
        cy = r & 1;
        break;
    case SHIFT_ROR:
        n = count % bits;
        r = (r >> n | r << (bits - n)) & mask;
        cy = (r & top) != 0;
        break;
    case SHIFT_ROLC: case SHIFT_RORC:   /* a ring of bits + 1, CY on top */
        n = count % (bits + 1);
        if (operation == SHIFT_RORC)
            n = (bits + 1 - n) % (bits + 1);
        ring = (uint64_t)cy << bits | r;
        ring = ring << n | ring >> (bits + 1 - n);
        r = (uint32_t)ring & mask;
        cy = (uint32_t)(ring >> bits) & 1;
        break;
    case SHIFT_SHR:
        cy = count <= bits ? r >> (count - 1) & 1 : 0;
        r = count < bits ? r >> count : 0;
        break;
    case SHIFT_SHRA: {
        int32_t extended = bits == 8 ? (int8_t)r : (int16_t)r;
        n = count < bits ? count : bits;
        cy = (uint32_t)(extended >> (n - 1)) & 1;
        r = (uint32_t)(extended >> n) & mask;
        break;
    }
    default:   /* SHL and its alias */
        cy = count <= bits ? r >> (bits - count) & 1 : 0;
        r = count < bits ? r << count & mask : 0;
        break;
    }
    flags = (uint16_t)cy;
    if (operation & 1)
        flags |= ((r ^ r << 1) & top) ? V30_V : 0;
    else
        flags |= ((r & top) != 0) != (cy != 0) ? V30_V : 0;
    if (operation < SHIFT_SHL)
        v30_set_flags(c, V30_V | V30_CY, flags);
    else
        v30_set_flags(c, V30_FLAGS6, (uint16_t)(flags | v30_szp(r, bits)));
    return (uint16_t)r;
}

/* What ADJ4 adds or subtracts: by AC, CY and the digits; CY of the adjustment in *carry. */
uint8_t v30_decimal_correction(uint8_t value, unsigned ac, unsigned cy, unsigned *carry)
{
    unsigned low = ac || (value & 15) > 9;
    *carry = cy || value > (ac ? 0x9F : 0x99);
    return (uint8_t)((low ? 0x06 : 0) | (*carry ? 0x60 : 0));
}

void v30_adjust(v30 *c, uint8_t opcode)
{
    uint8_t al = (uint8_t)c->r[V30_AW], ah = (uint8_t)(c->r[V30_AW] >> 8), correction;
    unsigned ac = (c->psw & V30_AC) != 0, carry, low = ac || (al & 15) > 9;
    int subtract = (opcode & 0x08) != 0;
    if (opcode & 0x10) {   /* ADJBA ADJBS: S Z P V of the byte before its high digit is dropped */
        correction = low ? 6 : 0;
        carry = low;
    } else
        correction = v30_decimal_correction(al, ac, c->psw & V30_CY, &carry);
    al = (uint8_t)(subtract ? v30_sub(c, al, correction, 0, 8) : v30_add(c, al, correction, 0, 8));
    v30_set_flags(c, V30_AC | V30_CY, (uint16_t)((low ? V30_AC : 0) | (carry ? V30_CY : 0)));
    if (opcode & 0x10) {
        al &= 15;
        ah = (uint8_t)(low ? (subtract ? ah - 1 : ah + 1) : ah);
    }
    c->r[V30_AW] = (uint16_t)(ah << 8 | al);
}

void v30_cvtbd(v30 *c, uint8_t divisor)
{
    uint8_t al = (uint8_t)c->r[V30_AW], quotient = 0xFF;   /* divisor 0: no trap, AL stays */
    if (divisor) {
        quotient = al / divisor;
        al %= divisor;
    }
    c->r[V30_AW] = (uint16_t)(quotient << 8 | al);
    v30_logic(c, al, 8);
}

/* Always by 10, whatever the immediate. */
void v30_cvtdb(v30 *c)
{
    unsigned ah = c->r[V30_AW] >> 8;
    c->r[V30_AW] = v30_add(c, c->r[V30_AW] & 0xFF, ah * 10 & 0xFF, 0, 8);
}

/* MULU: S Z AC P stay */
static void multiply_unsigned(insn *i, unsigned operand, unsigned bits)
{
    v30 *c = i->cpu;
    uint32_t product = (bits == 8 ? c->r[V30_AW] & 0xFFu : c->r[V30_AW]) * (uint32_t)operand;
    c->r[V30_AW] = (uint16_t)product;
    if (bits == 16)
        c->r[V30_DW] = (uint16_t)(product >> 16);
    v30_set_flags(c, V30_CY | V30_V, product >> bits ? V30_CY | V30_V : 0);
    i->count = bits == 8 ? 21 : 28;
}

/* MUL: the flags of adding the low half to itself; CY = V = the high half is no sign extension */
static int32_t multiply_signed(insn *i, int32_t a, int32_t b, unsigned bits)
{
    v30 *c = i->cpu;
    int32_t product = a * b;
    unsigned low = (unsigned)product & ((1u << bits) - 1);
    int fits = bits == 8 ? product == (int8_t)product : product == (int16_t)product;
    i->count = bits == 8 ? 31 : 38;   /* MEASURED; the microcode negates when the signs differ */
    if (i->opcode == 0x69)
        i->count = 36;
    else if (i->opcode == 0x6B)
        i->count = 37;
    if ((a < 0) != (b < 0))
        i->count += 4;
    v30_add(c, low, low, 0, bits);
    v30_set_flags(c, V30_CY | V30_V, fits ? 0 : V30_CY | V30_V);
    return product;
}

void v30_multiply_immediate(insn *i)
{
    int16_t operand = (int16_t)v30_get_rm16(i);
    int16_t immediate = (int16_t)i->immediate;
    i->cpu->r[v30_reg_field(i)] = (uint16_t)multiply_signed(i, operand, immediate, 16);
}

/* DIVU: all six flags are those of comparing the high half with the divisor, which also decides about the trap. */
static int divide_unsigned(insn *i, unsigned divisor, unsigned bits)
{
    v30 *c = i->cpu;
    unsigned high = bits == 8 ? c->r[V30_AW] >> 8 : c->r[V30_DW];
    uint32_t dividend = bits == 8 ? c->r[V30_AW] : (uint32_t)c->r[V30_DW] << 16 | c->r[V30_AW];
    v30_sub(c, high, divisor, 0, bits);
    i->count = bits == 8 ? 10 : 9;
    if (high >= divisor)
        return 0;
    i->count = bits == 8 ? 19 : 25;
    if (bits == 8) {
        c->r[V30_AW] = (uint16_t)((dividend % divisor) << 8 | dividend / divisor);
    } else {
        c->r[V30_AW] = (uint16_t)(dividend / divisor);
        c->r[V30_DW] = (uint16_t)(dividend % divisor);
    }
    return 1;
}

/* DIV: by magnitudes. Too big for the high half: flags of that comparison; else S Z P of the unsigned quotient.
   A quotient of -128 or -32768 traps as well. */
static int divide_signed(insn *i, unsigned operand, unsigned bits)
{
    v30 *c = i->cpu;
    unsigned sign = 1u << (bits - 1), mask = (1u << bits) - 1;
    int64_t signed_dividend = bits == 8 ? (int16_t)c->r[V30_AW] : (int32_t)((uint32_t)c->r[V30_DW] << 16 | c->r[V30_AW]);
    int negative = signed_dividend < 0, differ = negative != ((operand & sign) != 0);
    uint32_t dividend = (uint32_t)(negative ? -signed_dividend : signed_dividend);
    uint32_t divisor = operand & sign ? (0u - operand) & mask : operand, quotient, remainder;
    i->count = negative ? 18 : 15;   /* to the test for the early trap, with its way out: micro-steps counted */
    if (dividend >> bits >= divisor) {
        v30_sub(c, dividend >> bits, divisor, 0, bits);
        i->count += 3;
        return 0;
    }
    i->count += bits + 10;
    quotient = dividend / divisor;
    remainder = dividend % divisor;
    v30_logic(c, quotient, bits);
    if (quotient >= sign)
        return 0;
    i->count += bits == 8 ? 4 : 3;
    quotient = (differ ? 0u - quotient : quotient) & mask;
    remainder = (negative ? 0u - remainder : remainder) & mask;
    if (bits == 8) {
        c->r[V30_AW] = (uint16_t)(remainder << 8 | quotient);
    } else {
        c->r[V30_AW] = (uint16_t)quotient;
        c->r[V30_DW] = (uint16_t)remainder;
    }
    return 1;
}

void v30_group_f6(insn *i)
{
    v30 *c = i->cpu;
    unsigned bits = i->opcode & 1 ? 16 : 8, operation = v30_reg_field(i);
    unsigned a = bits == 16 ? v30_get_rm16(i) : v30_get_rm8(i), mask = (1u << bits) - 1;
    int done = 1;
    switch (operation) {
    case 0: case 1:   /* TEST and its alias */
        v30_logic(c, a & i->immediate, bits);
        return;
    case 2: a = ~a & mask; break;
    case 3: a = v30_sub(c, 0, a, 0, bits); break;
    case 4: multiply_unsigned(i, a, bits); return;
    case 5:
        if (bits == 8) {
            c->r[V30_AW] = (uint16_t)multiply_signed(i, (int8_t)c->r[V30_AW], (int8_t)a, 8);
        } else {
            int32_t product = multiply_signed(i, (int16_t)c->r[V30_AW], (int16_t)a, 16);
            c->r[V30_AW] = (uint16_t)product;
            c->r[V30_DW] = (uint16_t)((uint32_t)product >> 16);
        }
        return;
    case 6:
        done = divide_unsigned(i, a, bits);
        break;
    default: done = divide_signed(i, a, bits); break;
    }
    if (operation < 4) {
        if (bits == 16)
            v30_put_rm16(i, (uint16_t)a);
        else
            v30_put_rm8(i, (uint8_t)a);
    } else if (!done)
        v30_trap(i, 0, PATH_TRAP);
}
