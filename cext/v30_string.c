/* Primitive block transfers, alone and repeated.
   A repeated one is executed an element at a time: pc stays on its first prefix byte until it is done, so an interrupt
   taken in between returns to all its prefixes. The bytes are not fetched again between elements. */
#include "v30_alu.h"
#include "v30_core.h"

static uint16_t read_size(insn *i, uint16_t segment, uint16_t offset, int word)
{
    return word ? v30_read16(i, segment, offset) : v30_read8(i, segment, offset);
}

static void element(insn *i)
{
    v30 *c = i->cpu;
    uint16_t *r = c->r;
    int word = i->opcode & 1;
    uint16_t step = (uint16_t)(c->psw & V30_DIR ? -(1 + word) : 1 + word);
    uint16_t source = v30_segment_of(i, V30_DS0), target = c->s[V30_DS1];
    uint16_t a, b;
    i->odd = (uint8_t)((r[V30_IX] & 1 ? V30_ODD_IX : 0) | (r[V30_IY] & 1 ? V30_ODD_IY : 0));
    switch (i->opcode & 0xFE) {
    case 0x6C:   /* INM */
        if (word)
            v30_write16(i, target, r[V30_IY], v30_in16(i, r[V30_DW]));
        else
            v30_write8(i, target, r[V30_IY], v30_in8(i, r[V30_DW]));
        break;
    case 0x6E:   /* OUTM */
        if (word)
            v30_out16(i, r[V30_DW], v30_read16(i, source, r[V30_IX]));
        else
            v30_out8(i, r[V30_DW], v30_read8(i, source, r[V30_IX]));
        break;
    case 0xA4:   /* MOVBK */
        if (word)
            v30_write16(i, target, r[V30_IY], v30_read16(i, source, r[V30_IX]));
        else
            v30_write8(i, target, r[V30_IY], v30_read8(i, source, r[V30_IX]));
        break;
    case 0xA6:   /* CMPBK: alone it reads IX first, repeated IY first */
        if (i->rep) {
            b = read_size(i, target, r[V30_IY], word);
            a = read_size(i, source, r[V30_IX], word);
        } else {
            a = read_size(i, source, r[V30_IX], word);
            b = read_size(i, target, r[V30_IY], word);
        }
        v30_sub(c, a, b, 0, word ? 16 : 8);
        break;
    case 0xAA:   /* STM */
        if (word)
            v30_write16(i, target, r[V30_IY], r[V30_AW]);
        else
            v30_write8(i, target, r[V30_IY], (uint8_t)r[V30_AW]);
        break;
    case 0xAC:   /* LDM */
        if (word)
            r[V30_AW] = v30_read16(i, source, r[V30_IX]);
        else
            v30_set_al(c, v30_read8(i, source, r[V30_IX]));
        break;
    default:   /* AE CMPM */
        if (word)
            v30_sub(c, r[V30_AW], v30_read16(i, target, r[V30_IY]), 0, 16);
        else
            v30_sub(c, r[V30_AW] & 0xFF, v30_read8(i, target, r[V30_IY]), 0, 8);
        break;
    }
    switch (i->opcode & 0xFE) {
    case 0xA4: case 0xA6:
        r[V30_IX] = (uint16_t)(r[V30_IX] + step);
        r[V30_IY] = (uint16_t)(r[V30_IY] + step);
        break;
    case 0x6E: case 0xAC: r[V30_IX] = (uint16_t)(r[V30_IX] + step); break;
    default: r[V30_IY] = (uint16_t)(r[V30_IY] + step); break;
    }
}

/* Does the flag condition of the prefix allow another element? REPC and REPNC are plain REP but for comparisons. */
static int goes_on(const v30 *c, uint8_t opcode, uint8_t rep)
{
    if ((opcode & 0xF6) != 0xA6)
        return 1;
    switch (rep) {
    case 0xF3: return (c->psw & V30_Z) != 0;
    case 0xF2: return !(c->psw & V30_Z);
    case 0x65: return (c->psw & V30_CY) != 0;
    default: return !(c->psw & V30_CY);
    }
}

static void repeat_element(insn *i, uint16_t next)
{
    v30 *c = i->cpu;
    i->sub = 1;
    element(i);
    if (--c->r[V30_CW] == 0 || !goes_on(c, i->opcode, i->rep)) {
        c->rep_active = 0;
        c->pc = next;
        return;
    }
    i->path |= PATH_MORE;
    c->rep_active = 1;
    c->rep_prefix = i->rep;
    c->rep_opcode = i->opcode;
    c->rep_segment = i->segment;
    c->rep_next = next;
    c->pc = i->start;
}

void v30_string_element(insn *i)
{
    v30 *c = i->cpu;
    i->rep = c->rep_prefix;
    i->opcode = c->rep_opcode;
    i->segment = c->rep_segment;
    i->path = PATH_NEXT;
    repeat_element(i, c->rep_next);
}

void v30_string(insn *i)
{
    if (!i->rep)
        element(i);
    else if (i->cpu->r[V30_CW] == 0) {
        i->sub = 1;
        i->path = PATH_NOTHING;
    } else
        repeat_element(i, i->cpu->pc);
}
