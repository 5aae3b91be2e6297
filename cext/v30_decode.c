/* Decoding without executing: lengths, operands and clocks, for whoever lets another core execute. */
#include "v30_core.h"

#define M FORMAT_MODRM
#define B FORMAT_IMM8
#define W FORMAT_IMM16
#define F FORMAT_FAR
#define O FORMAT_OFFSET
#define P FORMAT_PREFIX
#define D FORMAT_DATA

const uint8_t v30_format[256] = {
    /* 00 */ M, M, M, M, B, W, 0, D, M, M, M, M, B, W, 0, D,
    /* 10 */ M, M, M, M, B, W, 0, D, M, M, M, M, B, W, 0, D,
    /* 20 */ M, M, M, M, B, W, P, 0, M, M, M, M, B, W, P, 0,
    /* 30 */ M, M, M, M, B, W, P, 0, M, M, M, M, B, W, P, 0,
    /* 40 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /* 50 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /* 60 */ 0, 0, M | D, M, P, P, M, M, W, M | W | D, B, M | B | D, D, D, D, D,
    /* 70 */ B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    /* 80 */ M | B, M | W, M | B, M | B, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 90 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, F, D, 0, D, 0, 0,
    /* A0 */ O, O, O, O, D, D, D, D, B, W, D, D, D, D, D, D,
    /* B0 */ B, B, B, B, B, B, B, B, W, W, W, W, W, W, W, W,
    /* C0 */ M | B, M | B, W, 0, M, M, M | B, M | W, W | B | D, D, W, 0, D, B | D, D, D,
    /* D0 */ M, M, M | D, M | D, B, B, 0, 0, M, M, M, M, M, M, M, M,
    /* E0 */ B, B, B, B, B, B, B, B, W, W, F, B, 0, 0, 0, 0,
    /* F0 */ P, P, P, P, D, 0, M, M, 0, 0, 0, 0, 0, 0, M, M,
};

#undef M
#undef B
#undef W
#undef F
#undef O
#undef P
#undef D

static uint8_t code_byte(const board_bus *bus, uint16_t ps, uint16_t pc)
{
    uint32_t a = v30_physical(ps, pc);
    return v30_page_reads(bus->page[a >> 12]) ? bus->mem[a] : 0xFF;
}

static int is_word(const v30_decoded *d) { return d->opcode & 1; }

/* Word transfers by the memory operand: MOV, stores and tests one, read-modify-write two, pointers two. */
static uint8_t operand_words(const v30_decoded *d)
{
    unsigned reg = d->modrm >> 3 & 7;
    switch (d->opcode) {
    case 0xA1: case 0xA3: return 1;
    case 0x63: case 0x66: case 0x67: return d->memory;
    case 0x8C: case 0x8E: case 0x8F: return d->memory;
    case 0x8D: return 0;
    case 0xC4: case 0xC5: return d->memory ? 2 : 0;
    default: break;
    }
    if (!d->memory)
        return 0;
    if (d->opcode >= 0xD8 && d->opcode <= 0xDF)
        return 1;
    if (!is_word(d))
        return 0;
    switch (d->opcode) {
    case 0x81: case 0x83: return reg == 7 ? 1 : 2;
    case 0x87: case 0xD1: return 2;
    case 0xC1: return 2;
    case 0xF7: return reg < 2 ? 1 : 2;
    case 0xFF: return reg == 2 || reg == 4 || reg >= 6 ? 1 : 2;
    default: break;
    }
    return d->opcode < 0x40 && !(d->opcode & 2) && d->opcode != 0x39 ? 2 : 1;
}

static uint8_t stack_words(const v30_decoded *d)
{
    unsigned reg = d->modrm >> 3 & 7;
    if (d->opcode >= 0x50 && d->opcode <= 0x5F)
        return 1;
    switch (d->opcode) {
    case 0x06: case 0x0E: case 0x16: case 0x1E: return 1;
    case 0x60: return 8;
    case 0x61: return 7;
    case 0x68: case 0x6A: case 0x9C: case 0xC2: case 0xC3: case 0xE8: return 1;
    case 0x8F: return d->memory;
    case 0x9A: case 0xCA: case 0xCB: return 2;
    case 0xFF: return reg == 2 || reg >= 6 ? 1 : reg == 3 ? 2 : 0;
    default: return 0;
    }
}

static const v30_timing *timing_of(const v30_decoded *d)
{
    unsigned reg = d->modrm >> 3 & 7;
    switch (d->opcode) {
    case 0x80: case 0x81: case 0x82: case 0x83: return reg == 7 ? &v30_timing_cmp_imm : &v30_timing_alu_imm;
    case 0xF6: return &v30_timing_f6[reg];
    case 0xF7: return &v30_timing_f7[reg];
    case 0xFE: return &v30_timing_fe[reg];
    case 0xFF: return &v30_timing_ff[reg];
    default: return &v30_timing_main[d->opcode];
    }
}

static uint8_t shadow_of(const v30_decoded *d)
{
    switch (d->opcode) {
    case 0x8C: case 0x8E: return V30_SHADOW_INT | V30_SHADOW_NMI;
    case 0xFB: return V30_SHADOW_INT;
    default: return 0;
    }
}

static int is_conditional(uint8_t opcode)
{
    return (opcode & 0xF0) == 0x70 || (opcode >= 0xE0 && opcode <= 0xE3);
}

static uint16_t displacement(const board_bus *bus, uint16_t ps, uint16_t pc, uint8_t modrm, unsigned *size)
{
    unsigned mod = modrm >> 6;
    *size = mod == 1 ? 1 : mod == 2 || (mod == 0 && (modrm & 7) == 6) ? 2 : 0;
    if (*size == 0)
        return 0;
    if (*size == 1)
        return (uint16_t)(int8_t)code_byte(bus, ps, pc);
    return (uint16_t)(code_byte(bus, ps, pc) | code_byte(bus, ps, (uint16_t)(pc + 1)) << 8);
}

/* A register where only an address makes sense */
static int needs_address(const v30_decoded *d)
{
    unsigned reg = d->modrm >> 3 & 7;
    if (!d->has_modrm || d->memory)
        return 0;
    return d->opcode == 0x8D || d->opcode == 0xC4 || d->opcode == 0xC5 || (d->opcode == 0xFF && (reg == 3 || reg == 5));
}

int v30_decode(const board_bus *bus, uint16_t ps, uint16_t pc, v30_decoded *d)
{
    uint16_t at = pc;
    unsigned size, reg;
    uint8_t format;
    const v30_timing *t;
    *d = (v30_decoded){.segment = V30_NO_SEGMENT, .kind = V30_KIND_DATA};
    for (;;) {
        d->opcode = code_byte(bus, ps, at++);
        format = v30_format[d->opcode];
        if (!(format & FORMAT_PREFIX))
            break;
        if ((d->opcode & 0xE7) == 0x26)
            d->segment = d->opcode >> 3 & 3;
        else if (d->opcode != 0xF0 && d->opcode != 0xF1)
            d->rep = d->opcode;
        if (++d->prefixes == 0xFFFF)
            return d->length = 0xFFFF;
    }
    if (d->opcode == 0x0F) {
        d->second = code_byte(bus, ps, at++);
        if (d->second >= 0x40)
            format |= FORMAT_IMM8;
        else if (v30_0f_has_modrm(d->second))
            format |= FORMAT_MODRM | (d->second >= 0x18 && (d->second & 8) && d->second != 0x28 && (d->second & 0xF0) != 0x20
                                          ? FORMAT_IMM8 : 0);
    }
    if (format & FORMAT_MODRM) {
        d->has_modrm = 1;
        d->modrm = code_byte(bus, ps, at++);
        d->memory = (uint8_t)v30_is_memory(d->modrm);
        if (d->memory) {
            d->displacement = displacement(bus, ps, at, d->modrm, &size);
            at = (uint16_t)(at + size);
        }
    }
    reg = d->modrm >> 3 & 7;
    if ((d->opcode & 0xFE) == 0xF6 && reg < 2)
        format |= is_word(d) ? FORMAT_IMM16 : FORMAT_IMM8;
    if (((d->opcode & 0xFE) == 0xF6 && reg > 3) || (d->opcode == 0xFE && reg > 1) || needs_address(d))
        format |= FORMAT_DATA;
    if (format & FORMAT_OFFSET) {
        d->displacement = (uint16_t)(code_byte(bus, ps, at) | code_byte(bus, ps, (uint16_t)(at + 1)) << 8);
        at = (uint16_t)(at + 2);
    }
    at = (uint16_t)(at + (format & FORMAT_IMM8 ? 1 : 0) + (format & FORMAT_IMM16 ? 2 : 0)
                    + (format & FORMAT_FAR ? 4 : 0));
    d->length = (uint16_t)(at - pc);
    if ((d->opcode & 0xFC) == 0xE4)
        d->displacement = code_byte(bus, ps, (uint16_t)(at - 1));
    if (format & FORMAT_DATA)
        return d->length;
    t = timing_of(d);
    d->kind = is_conditional(d->opcode) ? V30_KIND_BRANCH : V30_KIND_PLAIN;
    d->shadow = shadow_of(d);
    d->ea_words = operand_words(d);
    d->stack_words = stack_words(d);
    d->io_words = (d->opcode & 0xF5) == 0xE5;
    d->clocks = (uint16_t)(d->prefixes * V30_PREFIX_CLOCKS + (d->memory ? t->mem : t->reg));
    d->clocks_taken = (uint16_t)(d->prefixes * V30_PREFIX_CLOCKS + t->taken);
    if ((d->opcode & 0xFE) == 0xC0) {
        unsigned count = code_byte(bus, ps, (uint16_t)(at - 1));
        d->clocks = (uint16_t)(d->clocks + count - (count == 0));
        if (count == 0 && d->ea_words)
            d->ea_words = 1;
    }
    return d->length;
}

uint16_t v30_operand_offset(const v30 *c, const v30_decoded *d)
{
    unsigned standard;
    return d->has_modrm ? v30_modrm_offset(c, d->modrm, d->displacement, &standard) : d->displacement;
}

static int jumps(const v30 *c, const v30_decoded *d)
{
    uint16_t cw = (uint16_t)(c->r[V30_CW] - 1);
    switch (d->opcode) {
    case 0xE0: return cw != 0 && !(c->psw & V30_Z);
    case 0xE1: return cw != 0 && (c->psw & V30_Z);
    case 0xE2: return cw != 0;
    case 0xE3: return c->r[V30_CW] == 0;
    default: return v30_condition(c->psw, d->opcode);
    }
}

uint32_t v30_clocks(const v30 *c, const v30_decoded *d)
{
    uint32_t odd = 0;
    if (d->kind == V30_KIND_DATA)
        return 0;
    if (d->kind == V30_KIND_BRANCH)
        return jumps(c, d) ? d->clocks_taken : d->clocks;
    if (d->ea_words && (v30_operand_offset(c, d) & 1))
        odd += d->ea_words;
    if (d->stack_words && (c->r[V30_SP] & 1))
        odd += d->stack_words;
    if (d->io_words) {
        uint16_t port = d->opcode & 8 ? c->r[V30_DW] : d->displacement;
        odd += port & 1;
    }
    return d->clocks + odd * V30_ODD_WORD_CLOCKS;
}
