/* The groups whose operation is in the modrm, and what needs an address. */
#include "v30_alu.h"
#include "v30_core.h"

void v30_call_far(insn *i, uint16_t ps, uint16_t pc)
{
    v30_push(i, i->cpu->s[V30_PS]);
    v30_push(i, i->cpu->pc);
    i->cpu->s[V30_PS] = ps;
    i->cpu->pc = pc;
}

int v30_no_address(insn *i)
{
    if (v30_is_memory(i->modrm))
        return 0;
    if (i->cpu->options & V30_OPTION_UNDEFINED_STOPS)
        v30_stop(i, V30_STOP_UNDEFINED, i->modrm);
    return 1;
}

void v30_load_far_pointer(insn *i, unsigned segment)
{
    v30 *c = i->cpu;
    if (v30_no_address(i))
        return;
    uint16_t offset = v30_read16(i, i->ea_segment, i->ea);
    c->s[segment] = v30_read16(i, i->ea_segment, (uint16_t)(i->ea + 2));
    c->r[v30_reg_field(i)] = offset;
}

void v30_load_address(insn *i)
{
    if (!v30_no_address(i))
        i->cpu->r[v30_reg_field(i)] = i->ea;
}

void v30_group_fe(insn *i)
{
    v30 *c = i->cpu;
    unsigned operation = v30_reg_field(i);
    if (operation > 1) {
        v30_stop(i, V30_STOP_UNDEFINED, i->modrm);
        return;
    }
    uint8_t a = v30_get_rm8(i);
    v30_put_rm8(i, (uint8_t)(operation == 0 ? v30_inc(c, a, 8) : v30_dec(c, a, 8)));
}

void v30_group_ff(insn *i)
{
    v30 *c = i->cpu;
    unsigned operation = v30_reg_field(i);
    uint16_t a, target;
    switch (operation) {
    case 0: a = v30_get_rm16(i); v30_put_rm16(i, v30_inc(c, a, 16)); break;
    case 1: a = v30_get_rm16(i); v30_put_rm16(i, v30_dec(c, a, 16)); break;
    case 2:   /* CALL */
        target = v30_get_rm16(i);
        v30_push(i, c->pc);
        c->pc = target;
        break;
    case 3:   /* CALL far */
        if (v30_no_address(i))
            break;
        target = v30_read16(i, i->ea_segment, i->ea);
        a = v30_read16(i, i->ea_segment, (uint16_t)(i->ea + 2));
        v30_call_far(i, a, target);
        break;
    case 4: c->pc = v30_get_rm16(i); break;   /* BR */
    case 5:   /* BR far */
        if (v30_no_address(i))
            break;
        target = v30_read16(i, i->ea_segment, i->ea);
        c->s[V30_PS] = v30_read16(i, i->ea_segment, (uint16_t)(i->ea + 2));
        c->pc = target;
        break;
    default:   /* PUSH, and its alias /7; PUSH SP pushes the new SP */
        if (i->modrm >= 0xC0 && (i->modrm & 7) == V30_SP)
            v30_push(i, (uint16_t)(c->r[V30_SP] - 2));
        else
            v30_push(i, v30_get_rm16(i));
        break;
    }
}

void v30_group_80(insn *i)
{
    v30 *c = i->cpu;
    unsigned operation = v30_reg_field(i);
    unsigned bits = i->opcode & 1 ? 16 : 8;
    unsigned b, r;
    b = i->immediate;
    r = v30_alu(c, operation, bits == 16 ? v30_get_rm16(i) : v30_get_rm8(i), b, bits);
    if (operation == ALU_CMP)
        return;
    if (bits == 16)
        v30_put_rm16(i, (uint16_t)r);
    else
        v30_put_rm8(i, (uint8_t)r);
}

/* C0 C1 D0-D3: with a count of 0 the operand is read, and nothing else happens */
void v30_group_shift(insn *i, unsigned count)
{
    v30 *c = i->cpu;
    unsigned operation = v30_reg_field(i);
    uint16_t a = i->opcode & 1 ? v30_get_rm16(i) : v30_get_rm8(i);
    i->count = count;
    if (count == 0) {
        i->path = PATH_NO_COUNT;
        return;
    }
    a = v30_shift(c, operation, a, count, i->opcode & 1 ? 16 : 8);
    if (i->opcode & 1)
        v30_put_rm16(i, a);
    else
        v30_put_rm8(i, (uint8_t)a);
}
