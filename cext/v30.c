/* The V30's execution loop and the plain instructions. NEC mnemonics in the comments.
   Sources of behaviour: V20/V30 User's Manual (1986); what silicon does where the manual says undefined: cases
   recorded on a uPD70116C-8. */
#include "v30_alu.h"
#include "v30_core.h"

void v30_reset(v30 *c)
{
    c->s[V30_DS1] = c->s[V30_SS] = c->s[V30_DS0] = 0;
    c->s[V30_PS] = 0xFFFF;
    c->pc = 0;
    c->psw = V30_PSW_ONES;
    c->nmi_latch = c->halted = c->shadow = c->md_writable = c->trap_armed = c->rep_active = 0;
    c->stop = V30_STOP_NONE;
}

void v30_stop(insn *i, uint8_t reason, uint8_t second)
{
    v30 *c = i->cpu;
    c->stop = reason;
    c->stop_code[0] = i->opcode;
    c->stop_code[1] = second;
    c->stop_ps = c->s[V30_PS];
    c->stop_pc = c->pc = i->start;
    i->clk = 0;
}

uint8_t v30_in8(insn *i, uint16_t port)
{
    board_bus *bus = i->bus;
    uint8_t value = bus->port_in(bus->user, port);
    if (bus->trace)
        v30_trace(bus, CYCLE_IOR, port, (uint16_t)(value * 0x101), !(port & 1));
    return value;
}

uint16_t v30_in16(insn *i, uint16_t port)
{
    board_bus *bus = i->bus;
    uint16_t value;
    if (port & 1) {
        i->clk += V30_ODD_WORD_CLOCKS;
        value = v30_in8(i, port);
        return (uint16_t)(value | v30_in8(i, (uint16_t)(port + 1)) << 8);
    }
    value = bus->port_in(bus->user, port);
    value = (uint16_t)(value | bus->port_in(bus->user, (uint16_t)(port + 1)) << 8);
    if (bus->trace)
        v30_trace(bus, CYCLE_IOR, port, value, 0);
    return value;
}

void v30_out8(insn *i, uint16_t port, uint8_t value)
{
    board_bus *bus = i->bus;
    if (bus->trace)
        v30_trace(bus, CYCLE_IOW, port, (uint16_t)(value * 0x101), !(port & 1));
    bus->port_out(bus->user, port, value);
}

void v30_out16(insn *i, uint16_t port, uint16_t value)
{
    board_bus *bus = i->bus;
    if (port & 1) {
        i->clk += V30_ODD_WORD_CLOCKS;
        v30_out8(i, port, (uint8_t)value);
        v30_out8(i, (uint16_t)(port + 1), (uint8_t)(value >> 8));
        return;
    }
    if (bus->trace)
        v30_trace(bus, CYCLE_IOW, port, value, 0);
    bus->port_out(bus->user, port, (uint8_t)value);
    bus->port_out(bus->user, (uint16_t)(port + 1), (uint8_t)(value >> 8));
}

/* 70-7F and the like: opcode bits 3-0 */
int v30_condition(uint16_t psw, unsigned code)
{
    int holds;
    switch (code >> 1 & 7) {
    case 0: holds = psw & V30_V; break;
    case 1: holds = psw & V30_CY; break;
    case 2: holds = psw & V30_Z; break;
    case 3: holds = psw & (V30_CY | V30_Z); break;
    case 4: holds = psw & V30_S; break;
    case 5: holds = psw & V30_P; break;
    case 6: holds = !(psw & V30_S) != !(psw & V30_V); break;
    default: holds = (psw & V30_Z) || !(psw & V30_S) != !(psw & V30_V); break;
    }
    return (holds != 0) != (int)(code & 1);
}

static void branch_if(insn *i, int taken)
{
    int8_t distance = (int8_t)v30_fetch8(i);
    const v30_timing *t = &v30_timing_main[i->opcode];
    if (taken) {
        i->cpu->pc = (uint16_t)(i->cpu->pc + distance);
        i->clk += (uint32_t)(t->taken - t->reg);
    }
}

static void call_far(insn *i, uint16_t ps, uint16_t pc)
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

static void load_far_pointer(insn *i, unsigned segment)
{
    v30 *c = i->cpu;
    if (v30_no_address(i))
        return;
    uint16_t offset = v30_read16(i, i->ea_segment, i->ea);
    c->s[segment] = v30_read16(i, i->ea_segment, (uint16_t)(i->ea + 2));
    c->r[v30_reg_field(i)] = offset;
}

static void group_fe(insn *i)
{
    v30 *c = i->cpu;
    unsigned operation = v30_reg_field(i);
    if (operation > 1) {
        v30_stop(i, V30_STOP_UNDEFINED, i->modrm);
        return;
    }
    v30_take_clocks(i, &v30_timing_fe[operation]);
    uint8_t a = v30_get_rm8(i);
    v30_put_rm8(i, (uint8_t)(operation == 0 ? v30_inc(c, a, 8) : v30_dec(c, a, 8)));
}

static void group_ff(insn *i)
{
    v30 *c = i->cpu;
    unsigned operation = v30_reg_field(i);
    uint16_t a, target;
    v30_take_clocks(i, &v30_timing_ff[operation]);
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
        call_far(i, a, target);
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

static void group_80(insn *i)
{
    v30 *c = i->cpu;
    unsigned operation = v30_reg_field(i);
    unsigned bits = i->opcode & 1 ? 16 : 8;
    unsigned b, r;
    const v30_timing *t = operation == ALU_CMP ? &v30_timing_cmp_imm : &v30_timing_alu_imm;
    v30_take_clocks(i, t);
    if (i->opcode == 0x81)
        b = v30_fetch16(i);
    else
        b = bits == 16 ? (uint16_t)(int8_t)v30_fetch8(i) : v30_fetch8(i);
    r = v30_alu(c, operation, bits == 16 ? v30_get_rm16(i) : v30_get_rm8(i), b, bits);
    if (operation == ALU_CMP)
        return;
    if (bits == 16)
        v30_put_rm16(i, (uint16_t)r);
    else
        v30_put_rm8(i, (uint8_t)r);
}

/* C0 C1 D0-D3: with a count of 0 the operand is read, and nothing else happens */
static void group_shift(insn *i, unsigned count)
{
    v30 *c = i->cpu;
    unsigned operation = v30_reg_field(i);
    uint16_t a = i->opcode & 1 ? v30_get_rm16(i) : v30_get_rm8(i);
    if (count == 0) {
        i->clk--;
        return;
    }
    a = v30_shift(c, operation, a, count, i->opcode & 1 ? 16 : 8);
    if (i->opcode & 1)
        v30_put_rm16(i, a);
    else
        v30_put_rm8(i, (uint8_t)a);
}

#define ALU_FORMS(base, OPERATION, STORE)                                                                        \
    case base + 0: {                                                                                              \
        uint8_t r = (uint8_t)v30_alu(c, OPERATION, v30_get_rm8(i), v30_reg8(c, v30_reg_field(i)), 8);             \
        if (STORE) v30_put_rm8(i, r);                                                                             \
        break;                                                                                                    \
    }                                                                                                             \
    case base + 1: {                                                                                              \
        uint16_t r = v30_alu(c, OPERATION, v30_get_rm16(i), c->r[v30_reg_field(i)], 16);                          \
        if (STORE) v30_put_rm16(i, r);                                                                            \
        break;                                                                                                    \
    }                                                                                                             \
    case base + 2: {                                                                                              \
        uint8_t r = (uint8_t)v30_alu(c, OPERATION, v30_reg8(c, v30_reg_field(i)), v30_get_rm8(i), 8);             \
        if (STORE) v30_set_reg8(c, v30_reg_field(i), r);                                                          \
        break;                                                                                                    \
    }                                                                                                             \
    case base + 3: {                                                                                              \
        uint16_t r = v30_alu(c, OPERATION, c->r[v30_reg_field(i)], v30_get_rm16(i), 16);                          \
        if (STORE) c->r[v30_reg_field(i)] = r;                                                                    \
        break;                                                                                                    \
    }                                                                                                             \
    case base + 4: {                                                                                              \
        uint8_t r = (uint8_t)v30_alu(c, OPERATION, c->r[V30_AW] & 0xFF, v30_fetch8(i), 8);                        \
        if (STORE) v30_set_al(c, r);                                                                              \
        break;                                                                                                    \
    }                                                                                                             \
    case base + 5: {                                                                                              \
        uint16_t r = v30_alu(c, OPERATION, c->r[V30_AW], v30_fetch16(i), 16);                                     \
        if (STORE) c->r[V30_AW] = r;                                                                              \
        break;                                                                                                    \
    }

#define EIGHT(base) \
    case base: case base + 1: case base + 2: case base + 3: case base + 4: case base + 5: case base + 6: case base + 7

/* The instruction after its prefixes: opcode, and modrm where it has one, are fetched. */
static inline void execute(insn *i)
{
    v30 *c = i->cpu;
    uint16_t *r = c->r;
    uint16_t word, port;
    unsigned n;
    switch (i->opcode) {
    ALU_FORMS(0x00, ALU_ADD, 1)
    ALU_FORMS(0x08, ALU_OR, 1)
    ALU_FORMS(0x10, ALU_ADDC, 1)
    ALU_FORMS(0x18, ALU_SUBC, 1)
    ALU_FORMS(0x20, ALU_AND, 1)
    ALU_FORMS(0x28, ALU_SUB, 1)
    ALU_FORMS(0x30, ALU_XOR, 1)
    ALU_FORMS(0x38, ALU_CMP, 0)
    case 0x06: case 0x0E: case 0x16: case 0x1E: v30_push(i, c->s[i->opcode >> 3]); break;   /* PUSH sreg */
    case 0x07: case 0x17: case 0x1F:   /* POP sreg; the shadow: H-POPSEG */
        c->s[i->opcode >> 3] = v30_pop(i);
        if (!(c->options & V30_OPTION_POP_SEGMENT_PLAIN))
            c->shadow = V30_SHADOW_INT | V30_SHADOW_NMI;
        break;
    case 0x0F: v30_page_0f(i); break;
    case 0x27: case 0x2F: case 0x37: case 0x3F: v30_adjust(c, i->opcode); break;
    EIGHT(0x40): n = i->opcode & 7; r[n] = v30_inc(c, r[n], 16); break;
    EIGHT(0x48): n = i->opcode & 7; r[n] = v30_dec(c, r[n], 16); break;
    EIGHT(0x50):   /* PUSH reg16; PUSH SP pushes the new SP */
        r[V30_SP] = (uint16_t)(r[V30_SP] - 2);
        v30_write16(i, c->s[V30_SS], r[V30_SP], r[i->opcode & 7]);
        break;
    EIGHT(0x58): word = v30_pop(i); r[i->opcode & 7] = word; break;
    case 0x60:   /* PUSH R */
        word = r[V30_SP];
        for (n = 0; n < 8; n++)
            v30_push(i, n == V30_SP ? word : r[n]);
        break;
    case 0x61:   /* POP R: the SP slot is skipped unread */
        for (n = 8; n-- > 0;)
            if (n == V30_SP)
                r[V30_SP] = (uint16_t)(r[V30_SP] + 2);
            else
                r[n] = v30_pop(i);
        break;
    case 0x62: v30_chkind(i); break;
    case 0x63: case 0x66: case 0x67: EIGHT(0xD8):   /* 63 undefined, FPO2, FPO1: one word read and dropped */
        if (v30_is_memory(i->modrm))
            (void)v30_read16(i, i->ea_segment, i->ea);
        break;
    case 0x68: v30_push(i, v30_fetch16(i)); break;
    case 0x69: case 0x6B: v30_multiply_immediate(i); break;
    case 0x6A: v30_push(i, (uint16_t)(int8_t)v30_fetch8(i)); break;
    case 0x6C: case 0x6D: case 0x6E: case 0x6F: case 0xA4: case 0xA5: case 0xA6: case 0xA7:
    case 0xAA: case 0xAB: case 0xAC: case 0xAD: case 0xAE: case 0xAF: v30_string(i); break;
    EIGHT(0x70): EIGHT(0x78): branch_if(i, v30_condition(c->psw, i->opcode)); break;
    case 0x80: case 0x81: case 0x82: case 0x83: group_80(i); break;
    case 0x84: v30_logic(c, v30_get_rm8(i) & v30_reg8(c, v30_reg_field(i)), 8); break;
    case 0x85: v30_logic(c, v30_get_rm16(i) & r[v30_reg_field(i)], 16); break;
    case 0x86: {   /* XCH */
        uint8_t byte = v30_get_rm8(i), other = v30_reg8(c, v30_reg_field(i));
        v30_put_rm8(i, other);
        v30_set_reg8(c, v30_reg_field(i), byte);
        break;
    }
    case 0x87:
        word = v30_get_rm16(i);
        n = r[v30_reg_field(i)];
        v30_put_rm16(i, (uint16_t)n);
        r[v30_reg_field(i)] = word;
        break;
    case 0x88: v30_put_rm8(i, v30_reg8(c, v30_reg_field(i))); break;
    case 0x89: v30_put_rm16(i, r[v30_reg_field(i)]); break;
    case 0x8A: v30_set_reg8(c, v30_reg_field(i), v30_get_rm8(i)); break;
    case 0x8B: r[v30_reg_field(i)] = v30_get_rm16(i); break;
    case 0x8C:   /* MOV rm16,sreg; bit 5 of the modrm is ignored */
        v30_put_rm16(i, c->s[v30_reg_field(i) & 3]);
        c->shadow = V30_SHADOW_INT | V30_SHADOW_NMI;
        break;
    case 0x8D:
        if (!v30_no_address(i))
            r[v30_reg_field(i)] = i->ea;
        break;
    case 0x8E:
        c->s[v30_reg_field(i) & 3] = v30_get_rm16(i);
        c->shadow = V30_SHADOW_INT | V30_SHADOW_NMI;
        break;
    case 0x8F:   /* POP rm16; a register is not written (silicon) */
        if (v30_is_memory(i->modrm))
            v30_put_rm16(i, v30_pop(i));
        else
            r[V30_SP] = (uint16_t)(r[V30_SP] + 2);
        break;
    case 0x90: break;
    case 0x91: case 0x92: case 0x93: case 0x94: case 0x95: case 0x96: case 0x97:
        n = i->opcode & 7;
        word = r[V30_AW];
        r[V30_AW] = r[n];
        r[n] = word;
        break;
    case 0x98: r[V30_AW] = (uint16_t)(int8_t)r[V30_AW]; break;
    case 0x99: r[V30_DW] = r[V30_AW] & 0x8000 ? 0xFFFF : 0; break;
    case 0x9A:
        word = v30_fetch16(i);
        n = v30_fetch16(i);
        call_far(i, (uint16_t)n, word);
        break;
    case 0x9B:   /* POLL: looks again every 5 clocks; an interrupt may come in between */
        if (c->poll_line) {
            c->pc--;   /* on the 9B itself: prefixes are not looked at again */
            c->instructions--;
            i->clk = V30_CLOCKS_POLL_SAMPLE;
        } else
            c->shadow = V30_SHADOW_INT | V30_SHADOW_NMI;
        break;
    case 0x9C: v30_push(i, c->psw); break;
    case 0x9D: v30_load_psw(c, v30_pop(i)); break;
    case 0x9E: v30_set_flags(c, 0xD5, (r[V30_AW] >> 8) & 0xD5); break;
    case 0x9F: v30_set_reg8(c, 4, (uint8_t)c->psw); break;
    case 0xA0: v30_set_al(c, v30_read8(i, v30_segment_of(i, V30_DS0), v30_fetch16(i))); break;
    case 0xA1: r[V30_AW] = v30_read16(i, v30_segment_of(i, V30_DS0), v30_fetch16(i)); break;
    case 0xA2: v30_write8(i, v30_segment_of(i, V30_DS0), v30_fetch16(i), (uint8_t)r[V30_AW]); break;
    case 0xA3: v30_write16(i, v30_segment_of(i, V30_DS0), v30_fetch16(i), r[V30_AW]); break;
    case 0xA8: v30_logic(c, r[V30_AW] & v30_fetch8(i), 8); break;
    case 0xA9: v30_logic(c, r[V30_AW] & v30_fetch16(i), 16); break;
    EIGHT(0xB0): v30_set_reg8(c, i->opcode & 7, v30_fetch8(i)); break;
    EIGHT(0xB8): r[i->opcode & 7] = v30_fetch16(i); break;
    case 0xC0: case 0xC1: n = v30_fetch8(i); i->clk += n; group_shift(i, n); break;
    case 0xC2: n = v30_fetch16(i); c->pc = v30_pop(i); r[V30_SP] = (uint16_t)(r[V30_SP] + n); break;
    case 0xC3: c->pc = v30_pop(i); break;
    case 0xC4: load_far_pointer(i, V30_DS1); break;
    case 0xC5: load_far_pointer(i, V30_DS0); break;
    case 0xC6: v30_put_rm8(i, v30_fetch8(i)); break;
    case 0xC7: v30_put_rm16(i, v30_fetch16(i)); break;
    case 0xC8: v30_prepare(i); break;
    case 0xC9: r[V30_SP] = r[V30_BP]; r[V30_BP] = v30_pop(i); break;
    case 0xCA:
        n = v30_fetch16(i);
        c->pc = v30_pop(i);
        c->s[V30_PS] = v30_pop(i);
        r[V30_SP] = (uint16_t)(r[V30_SP] + n);
        break;
    case 0xCB: c->pc = v30_pop(i); c->s[V30_PS] = v30_pop(i); break;
    case 0xCC: v30_vector(i, 3); break;
    case 0xCD: v30_vector(i, v30_fetch8(i)); break;
    case 0xCE:
        if (c->psw & V30_V)
            v30_trap(i, 4, (uint32_t)(v30_timing_main[0xCE].taken - v30_timing_main[0xCE].reg));
        break;
    case 0xCF:
        c->pc = v30_pop(i);
        c->s[V30_PS] = v30_pop(i);
        v30_load_psw(c, v30_pop(i));
        break;
    case 0xD0: case 0xD1: group_shift(i, 1); break;
    case 0xD2: case 0xD3: n = r[V30_CW] & 0xFF; i->clk += n; group_shift(i, n); break;
    case 0xD4: v30_cvtbd(c, v30_fetch8(i)); break;
    case 0xD5: (void)v30_fetch8(i); v30_cvtdb(c); break;
    case 0xD6: case 0xD7:   /* TRANS and its alias */
        v30_set_al(c, v30_read8(i, v30_segment_of(i, V30_DS0), (uint16_t)(r[V30_BW] + (r[V30_AW] & 0xFF))));
        break;
    case 0xE0: r[V30_CW]--; branch_if(i, r[V30_CW] != 0 && !(c->psw & V30_Z)); break;
    case 0xE1: r[V30_CW]--; branch_if(i, r[V30_CW] != 0 && (c->psw & V30_Z)); break;
    case 0xE2: r[V30_CW]--; branch_if(i, r[V30_CW] != 0); break;
    case 0xE3: branch_if(i, r[V30_CW] == 0); break;
    case 0xE4: v30_set_al(c, v30_in8(i, v30_fetch8(i))); break;
    case 0xE5: r[V30_AW] = v30_in16(i, v30_fetch8(i)); break;
    case 0xE6: v30_out8(i, v30_fetch8(i), (uint8_t)r[V30_AW]); break;
    case 0xE7: v30_out16(i, v30_fetch8(i), r[V30_AW]); break;
    case 0xE8: word = v30_fetch16(i); v30_push(i, c->pc); c->pc = (uint16_t)(c->pc + word); break;
    case 0xE9: word = v30_fetch16(i); c->pc = (uint16_t)(c->pc + word); break;
    case 0xEA: word = v30_fetch16(i); c->s[V30_PS] = v30_fetch16(i); c->pc = word; break;
    case 0xEB: word = (uint16_t)(int8_t)v30_fetch8(i); c->pc = (uint16_t)(c->pc + word); break;
    case 0xEC: v30_set_al(c, v30_in8(i, r[V30_DW])); break;
    case 0xED: r[V30_AW] = v30_in16(i, r[V30_DW]); break;
    case 0xEE: port = r[V30_DW]; v30_out8(i, port, (uint8_t)r[V30_AW]); break;
    case 0xEF: port = r[V30_DW]; v30_out16(i, port, r[V30_AW]); break;
    case 0xF4: c->halted = 1; break;
    case 0xF5: c->psw ^= V30_CY; break;
    case 0xF6: case 0xF7: v30_group_f6(i); break;
    case 0xF8: c->psw &= (uint16_t)~V30_CY; break;
    case 0xF9: c->psw |= V30_CY; break;
    case 0xFA: c->psw &= (uint16_t)~V30_IE; break;
    case 0xFB: c->psw |= V30_IE; c->shadow |= V30_SHADOW_INT; break;
    case 0xFC: c->psw &= (uint16_t)~V30_DIR; break;
    case 0xFD: c->psw |= V30_DIR; break;
    case 0xFE: group_fe(i); break;
    case 0xFF: group_ff(i); break;
    default: break;   /* the prefixes never come here */
    }
}

/* Fetch the prefixes and the opcode. Returns 0 when the segment holds nothing but prefixes. */
static int fetch_opcode(insn *i)
{
    uint32_t prefixes = 0;
    for (;;) {
        i->opcode = v30_fetch8(i);
        switch (i->opcode) {
        case 0x26: case 0x2E: case 0x36: case 0x3E: i->segment = i->opcode >> 3 & 3; break;
        case 0x64: case 0x65: case 0xF2: case 0xF3: i->rep = i->opcode; break;
        case 0xF0: case 0xF1: break;   /* BUSLOCK, and the same without a name */
        default:
            i->clk += prefixes * V30_PREFIX_CLOCKS;
            return 1;
        }
        if (++prefixes >= V30_MAX_PREFIXES)
            return 0;
    }
}

uint32_t v30_execute(v30 *c)
{
    insn i = {c, c->bus, 0, c->pc, 0, 0, 0, 0xFF, V30_NO_SEGMENT, 0};
    uint8_t format;
    if (c->halted || c->stop)
        return 0;
    if (c->rep_active) {
        v30_string_element(&i);
        c->clock += i.clk;
        return i.clk;
    }
    c->trap_armed = (c->psw & V30_BRK) != 0;
    c->instructions++;
    if (!fetch_opcode(&i)) {
        v30_stop(&i, V30_STOP_PREFIXES, 0);
    } else {
        format = v30_format[i.opcode];
        if (format & FORMAT_MODRM) {
            v30_modrm(&i);
            v30_take_clocks(&i, &v30_timing_main[i.opcode]);
        } else
            i.clk += v30_timing_main[i.opcode].reg;
        execute(&i);
    }
    if (c->stop)
        c->instructions--;
    c->clock += i.clk;
    return i.clk;
}

uint32_t v30_step(v30 *c)
{
    uint32_t taken = v30_accept_interrupts(c);
    return taken ? taken : v30_execute(c);
}

void v30_run(v30 *c)
{
    while (c->clock < c->horizon)
        if (v30_step(c) == 0 && (c->halted || c->stop)) {
            c->clock = c->horizon;
            return;
        }
}
