/* Which instructions Unicorn may run: those that a V30 and a 386 do alike, flags left undefined included, whose clocks
   are known beforehand. The rest is for the V30 core; so is what changes SP other than by a constant, PS, BRK or MD,
   which lets the glue know SP, the segment registers and the PSW's control bits without reading them. */
#include "unicorn_slot.h"

/* By first opcode byte, bit 0 = x0h; the conditions on modrm and operand come in `alike`. */
static const uint16_t alike_rows[16] = {
    0x7F7F,   /* 00-0E but POP DS1, 0F */
    0x7F7F,   /* 10-1E but POP SS, POP DS0 */
    0x3F3F,   /* 20-3D but prefixes, ADJ4A.. */
    0x3F3F,
    0xEFEF,   /* INC, DEC but SP */
    0xEFEF,   /* PUSH, POP but SP */
    0x0500,   /* PUSH imm */
    0xFFFF,   /* conditional branches */
    0x7FFF,   /* 80-8E */
    0xC3EF,   /* XCH but SP, CVTBW, CVTWL, MOV AH */
    0x3F3F,   /* MOV direct, MOVBK, TEST imm, STM, LDM */
    0xEFFF,   /* MOV reg,imm but SP */
    0x00CF,   /* shifts by imm, RET, MOV mem,imm */
    0x0003,   /* shifts by 1 */
    0x0B0C,   /* DBNZ, BCWZ, CALL, BR; at the end of DBNZNE and DBNZE loops Unicorn mixes up the flags */
    0xFFE0    /* flags, F6 F7 FE FF */
};

enum { WRITES_NONE, WRITES_RM, WRITES_REG, WRITES_BOTH };

/* The general registers a modrm word opcode writes. */
static int writes(uint8_t opcode, unsigned reg)
{
    if (opcode < 0x40)
        return (opcode & 0x38) == 0x38 ? WRITES_NONE : opcode & 2 ? WRITES_REG : WRITES_RM;
    switch (opcode) {
    case 0x81: case 0x83:
        return reg == 7 ? WRITES_NONE : WRITES_RM;
    case 0x85: case 0x8E:
        return WRITES_NONE;
    case 0x87:
        return WRITES_BOTH;
    case 0x8B: case 0x8D:
        return WRITES_REG;
    case 0xF7:
        return reg == 0 ? WRITES_NONE : WRITES_RM;
    case 0xFF:
        return reg >= 2 ? WRITES_NONE : WRITES_RM;
    default:
        return WRITES_RM;
    }
}

static int writes_sp(const v30_decoded *d)
{
    unsigned reg = d->modrm >> 3 & 7;
    int which;
    if (!d->has_modrm || (!(d->opcode & 1) && d->opcode != 0x8C))
        return 0;
    which = writes(d->opcode, reg);
    return ((which & WRITES_REG) && reg == V30_SP)
        || ((which & WRITES_RM) && !d->memory && (d->modrm & 7) == V30_SP);
}

/* MOVBK STM LDM */
static int moves(const v30_decoded *d)
{
    uint8_t opcode = d->opcode & 0xFE;
    return opcode == 0xA4 || opcode == 0xAA || opcode == 0xAC;
}

static int alike(const v30_decoded *d, const uint8_t *code)
{
    const uint8_t *after_opcode = code + d->prefixes + 1;
    unsigned reg = d->modrm >> 3 & 7;
    if ((d->kind == V30_KIND_DATA && !moves(d)) || d->rep || d->io_words || d->length > 8)
        return 0;
    if (d->prefixes > 1 || (d->prefixes == 1 && d->segment == SLOT_NO_REGISTER))
        return 0;
    if (!(alike_rows[d->opcode >> 4] >> (d->opcode & 15) & 1) || writes_sp(d))
        return 0;
    switch (d->opcode) {
    case 0x8C:
        return reg < 4;
    case 0x8D:
        return d->memory;
    case 0x8E:
        return !d->memory && reg < 4 && reg != V30_PS;
    case 0xC0: case 0xC1:   /* a 386 takes five bits of the count; V of ROLC, RORC by more than 1 differs */
        return reg != 6 && code[d->length - 1] >= 1
            && code[d->length - 1] < (reg == 2 || reg == 3 ? 2 : d->opcode & 1 ? 16 : 8);
    case 0xC6: case 0xC7:
        return reg == 0;
    case 0xD0: case 0xD1:
        return reg != 6;
    case 0xE2: case 0xE3:
        return after_opcode[0] != 0;
    case 0xF6: case 0xF7:
        return reg == 0 || reg == 2 || reg == 3;
    case 0xFE:
        return reg < 2;
    case 0xFF:   /* PUSH SP is not alike */
        return reg < 3 || reg == 4 || (reg == 6 && (d->memory || (d->modrm & 7) != V30_SP));
    default:   /* a jump to where it falls through anyway hides whether it was taken */
        return (d->opcode & 0xF0) != 0x70 || after_opcode[0] != 0;
    }
}

/* Does it write its operand in memory? */
static int stores(const v30_decoded *d)
{
    unsigned reg = d->modrm >> 3 & 7;
    if (d->opcode < 0x40)
        return !(d->opcode & 2) && (d->opcode & 0x38) != 0x38;
    switch (d->opcode) {
    case 0x80: case 0x81: case 0x82: case 0x83:
        return reg != 7;
    case 0x84: case 0x85: case 0x8A: case 0x8B: case 0xA0: case 0xA1:
        return 0;
    case 0xF6: case 0xF7:
        return reg != 0;
    case 0xFF:
        return reg < 2;
    default:
        return 1;
    }
}

static void operand(slot *s, const v30_decoded *d)
{
    static const uint8_t base[8] = {V30_BW, V30_BW, V30_BP, V30_BP, V30_IX, V30_IY, V30_BP, V30_BW};
    static const uint8_t index[4] = {V30_IX, V30_IY, V30_IX, V30_IY};
    s->kind |= SLOT_LOAD;
    if (stores(d))
        s->kind |= SLOT_STORE;
    if (d->ea_words)
        s->kind |= SLOT_WORD;
    s->base = s->index = SLOT_NO_REGISTER;
    s->displacement = d->displacement;
    if (d->has_modrm && (d->modrm & 0xC7) != 0x06) {
        s->base = base[d->modrm & 7];
        if ((d->modrm & 7) < 4)
            s->index = index[d->modrm & 3];
    }
    s->segment = s->base == V30_BP ? V30_SS : V30_DS0;
    if (d->segment != SLOT_NO_REGISTER)
        s->segment = d->segment;
}

static void string(slot *s, const v30_decoded *d)
{
    s->kind |= SLOT_LOAD | (d->opcode & 1 ? SLOT_WORD : 0);
    s->base = V30_IX;
    s->index = SLOT_NO_REGISTER;
    s->displacement = 0;
    s->segment = d->segment == SLOT_NO_REGISTER ? V30_DS0 : d->segment;
    s->shape = v30_shape_of(d->opcode, 0, 0, d->prefixes);
    if ((d->opcode & 0xFE) == 0xA4)
        s->kind |= SLOT_MOVE;
    if ((d->opcode & 0xFE) == 0xAA) {
        s->kind |= SLOT_STORE;
        s->base = V30_IY;
        s->segment = V30_DS1;
    }
}

static void stack(slot *s, const v30_decoded *d, const uint8_t *code)
{
    if ((d->opcode >= 0x58 && d->opcode <= 0x5F) || d->opcode == 0xC2 || d->opcode == 0xC3) {
        s->kind |= SLOT_POP;
        s->sp_change = 2;
        if (d->opcode == 0xC2)
            s->sp_change = (uint16_t)(2 + (code[d->length - 2] | code[d->length - 1] << 8));
    } else {
        s->kind |= SLOT_PUSH;
        s->sp_change = (uint16_t)-2;
    }
}

void unicorn_slot_decode(slot *s, const board_bus *bus, uint16_t ps, uint16_t pc, uint64_t raw)
{
    v30_decoded d;
    uint8_t code[8];
    unsigned counted, conditional;
    v30_decode(bus, ps, pc, &d);
    for (int i = 0; i < 8; i++)
        code[i] = (uint8_t)(raw >> 8 * i);
    counted = d.length < 8 ? d.length : 8;
    s->mask = counted == 8 ? ~(uint64_t)0 : ((uint64_t)1 << 8 * counted) - 1;
    s->bytes = raw & s->mask;
    s->length = (uint8_t)counted;
    s->kind = SLOT_KNOWN | SLOT_DELEGATE;
    s->times[0].asked = s->times[1].asked = 0;
    if (d.prefixes > 6 || !alike(&d, code))
        return;
    conditional = (d.opcode & 0xF0) == 0x70 || (d.opcode & 0xFC) == 0xE0;
    s->kind = SLOT_KNOWN;
    s->shadow = d.shadow;
    s->shape = d.shape;
    s->count = (uint8_t)d.count;
    s->conditional = (uint8_t)conditional;
    s->sp_change = 0;
    if (d.memory ? d.opcode != 0x8D : d.opcode >= 0xA0 && d.opcode <= 0xA3)
        operand(s, &d);
    if (d.stack_words)
        stack(s, &d, code);
    if (moves(&d))
        string(s, &d);
    if (d.opcode == 0x8E) {
        s->kind |= SLOT_SEGMENT;
        s->segment = d.modrm >> 3 & 3;
        s->base = d.modrm & 7;
    }
    if (d.opcode == 0xFA)
        s->kind |= SLOT_DI;
    if (d.opcode == 0xFB)
        s->kind |= SLOT_EI;
}
