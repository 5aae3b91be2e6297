/* Fetching and decoding: prefixes, opcode, modrm, displacement, immediate, up to the last byte of an instruction. */
#include "v30_core.h"

#define M FORMAT_MODRM
#define B FORMAT_IMM8
#define W FORMAT_IMM16
#define F FORMAT_FAR
#define O FORMAT_OFFSET
#define P FORMAT_PREFIX
#define D FORMAT_DATA
#define G FORMAT_GROUP

const uint8_t v30_format[256] = {
    /* 00 */ M, M, M, M, B, W, 0, D, M, M, M, M, B, W, 0, D,
    /* 10 */ M, M, M, M, B, W, 0, D, M, M, M, M, B, W, 0, D,
    /* 20 */ M, M, M, M, B, W, P, 0, M, M, M, M, B, W, P, 0,
    /* 30 */ M, M, M, M, B, W, P, 0, M, M, M, M, B, W, P, 0,
    /* 40 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /* 50 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /* 60 */ 0, 0, M | D, M, P, P, M, M, W, M | W | D, B, M | B | D, D, D, D, D,
    /* 70 */ B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    /* 80 */ M | B | G, M | W | G, M | B | G, M | B | G, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 90 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, F, D, 0, D, 0, 0,
    /* A0 */ O, O, O, O, D, D, D, D, B, W, D, D, D, D, D, D,
    /* B0 */ B, B, B, B, B, B, B, B, W, W, W, W, W, W, W, W,
    /* C0 */ M | B, M | B, W, 0, M, M, M | B, M | W, W | B | D, D, W, 0, D, B | D, D, D,
    /* D0 */ M, M, M | D, M | D, B, B, 0, 0, M, M, M, M, M, M, M, M,
    /* E0 */ B, B, B, B, B, B, B, B, W, W, F, B, 0, 0, 0, 0,
    /* F0 */ P, P, P, P, D, 0, M | G, M | G, 0, 0, 0, 0, 0, 0, M | G, M | G,
};

#undef M
#undef B
#undef W
#undef F
#undef O
#undef P
#undef D
#undef G

/* The 0F page decodes in whole blocks: 10-1F and 28-3F have a modrm; 18-1F, 39 and 3B an immediate; 40-FF are BRKEM
   with its vector. */
static uint8_t format_of_0f(uint8_t second)
{
    if (second >= 0x40)
        return FORMAT_IMM8 | FORMAT_DATA;
    if (second < 0x10 || (second & 0xF8) == 0x20)
        return FORMAT_DATA;
    if ((second & 0xF8) == 0x18 || second == 0x39 || second == 0x3B)
        return FORMAT_MODRM | FORMAT_IMM8 | FORMAT_DATA;
    return FORMAT_MODRM | FORMAT_DATA;
}

int v30_has_modrm(unsigned opcode, unsigned second)
{
    return (opcode == 0x0F ? format_of_0f((uint8_t)second) : v30_format[opcode]) & FORMAT_MODRM;
}

const ea_form v30_ea_forms[24] = {
    {0xFFFF, 0xFFFF, V30_BW, V30_IX, V30_DS0, 0}, {0xFFFF, 0xFFFF, V30_BW, V30_IY, V30_DS0, 0},
    {0xFFFF, 0xFFFF, V30_BP, V30_IX, V30_SS, 0}, {0xFFFF, 0xFFFF, V30_BP, V30_IY, V30_SS, 0},
    {0xFFFF, 0, V30_IX, V30_AW, V30_DS0, 0}, {0xFFFF, 0, V30_IY, V30_AW, V30_DS0, 0},
    {0, 0, V30_AW, V30_AW, V30_DS0, 2}, {0xFFFF, 0, V30_BW, V30_AW, V30_DS0, 0},
    {0xFFFF, 0xFFFF, V30_BW, V30_IX, V30_DS0, 1}, {0xFFFF, 0xFFFF, V30_BW, V30_IY, V30_DS0, 1},
    {0xFFFF, 0xFFFF, V30_BP, V30_IX, V30_SS, 1}, {0xFFFF, 0xFFFF, V30_BP, V30_IY, V30_SS, 1},
    {0xFFFF, 0, V30_IX, V30_AW, V30_DS0, 1}, {0xFFFF, 0, V30_IY, V30_AW, V30_DS0, 1},
    {0xFFFF, 0, V30_BP, V30_AW, V30_SS, 1}, {0xFFFF, 0, V30_BW, V30_AW, V30_DS0, 1},
    {0xFFFF, 0xFFFF, V30_BW, V30_IX, V30_DS0, 2}, {0xFFFF, 0xFFFF, V30_BW, V30_IY, V30_DS0, 2},
    {0xFFFF, 0xFFFF, V30_BP, V30_IX, V30_SS, 2}, {0xFFFF, 0xFFFF, V30_BP, V30_IY, V30_SS, 2},
    {0xFFFF, 0, V30_IX, V30_AW, V30_DS0, 2}, {0xFFFF, 0, V30_IY, V30_AW, V30_DS0, 2},
    {0xFFFF, 0, V30_BP, V30_AW, V30_SS, 2}, {0xFFFF, 0, V30_BW, V30_AW, V30_DS0, 2},
};

static uint8_t take8(insn *i, code_bytes *code)
{
    board_bus *bus = i->bus;
    uint32_t a = v30_physical(i->cpu->s[V30_PS], code->next);
    uint8_t value = bus->page[a >> 12] != PAGE_DEVICE ? bus->mem[a] : bus->mem_in(bus->user, a);
    if (i->cpu->state & V30_STALE)
        value = v30_stale_byte_at(i->cpu, a, value);
    code->raw |= (uint64_t)value << 8 * (uint16_t)(code->next++ - code->opcode_at);
    return value;
}

int v30_fetch(insn *i, code_bytes *code)
{
    unsigned more = 0;
    code->next = i->start;
    i->segment = V30_NO_SEGMENT;
    i->rep = 0;
    i->second = 0;
    i->modrm = 0xC0;
    for (i->prefixes = 0;; i->prefixes++) {
        if (i->prefixes == V30_MAX_PREFIXES)
            return 0;
        code->raw = 0;
        code->opcode_at = code->next;
        i->opcode = take8(i, code);
        if (!v30_take_prefix(i))
            break;
    }
    code->format = v30_format[i->opcode];
    if (i->opcode == 0x0F) {
        i->second = take8(i, code);
        code->format = format_of_0f(i->second);
    }
    if (code->format & FORMAT_MODRM) {
        i->modrm = take8(i, code);
        if (v30_is_memory(i->modrm))
            more = v30_ea_form(i->modrm)->displacement;
        if ((i->opcode & 0xFE) == 0xF6 && (i->modrm & 0x30) == 0)   /* TEST: the only one of its group */
            code->format |= i->opcode & 1 ? FORMAT_IMM16 : FORMAT_IMM8;
    }
    more += code->format & FORMAT_IMM8 ? 1 : 0;
    more += code->format & (FORMAT_IMM16 | FORMAT_OFFSET) ? 2 : 0;
    more += code->format & FORMAT_FAR ? 4 : 0;
    while (more-- > 0)
        (void)take8(i, code);
    return 1;
}

void v30_find_operand(insn *i, uint16_t displacement)
{
    const ea_form *form;
    if (!v30_is_memory(i->modrm))
        return;
    form = v30_ea_form(i->modrm);
    i->ea = v30_ea_offset(i->cpu, form, displacement);
    i->ea_segment = v30_segment_of(i, form->segment);
}
