/* The V30's execution loop and the plain instructions. NEC mnemonics in the comments.
   Sources of behaviour: V20/V30 User's Manual (1986); what silicon does where the manual says undefined: cases
   recorded on a uPD70116C-8. */
#include "v30_alu.h"
#include "v30_8080.h"
#include "v30_core.h"

void v30_reset(v30 *c)
{
    c->s[V30_DS1] = c->s[V30_SS] = c->s[V30_DS0] = 0;
    c->s[V30_PS] = 0xFFFF;
    c->pc = 0;
    c->psw = V30_PSW_ONES;
    c->nmi_latch = c->halted = c->shadow = c->md_writable = c->trap_armed = c->rep_active = c->state = 0;
    c->polling = 0;
    c->stop = V30_STOP_NONE;
    v30_flush_queue(c);
}

void v30_stop(insn *i, uint8_t reason, uint8_t second)
{
    v30 *c = i->cpu;
    c->stop = reason;
    c->stop_code[0] = i->opcode;
    c->stop_code[1] = second;
    c->stop_ps = c->s[V30_PS];
    c->stop_pc = c->pc = i->start;
    c->trap_armed = 0;
    c->instructions--;
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
        uint8_t r = (uint8_t)v30_alu(c, OPERATION, c->r[V30_AW] & 0xFF, IMM8, 8);                                  \
        if (STORE) v30_set_al(c, r);                                                                              \
        break;                                                                                                    \
    }                                                                                                             \
    case base + 5: {                                                                                              \
        uint16_t r = v30_alu(c, OPERATION, c->r[V30_AW], IMM16, 16);                                                \
        if (STORE) c->r[V30_AW] = r;                                                                              \
        break;                                                                                                    \
    }

#define EIGHT(base) \
    case base: case base + 1: case base + 2: case base + 3: case base + 4: case base + 5: case base + 6: case base + 7

/* The immediate bytes of the instruction, taken in the code's order */
#define IMM8 (pc++, (uint8_t)raw)
#define IMM16 (pc = (uint16_t)(pc + 2), (uint16_t)raw)
#define IMM8_SIGNED (pc++, (uint16_t)(int8_t)raw)
#define DIRECT (i->odd |= (uint8_t)((raw & 1) * V30_ODD_EA), IMM16)
#define IMM32 (pc = (uint16_t)(pc + 4), (uint32_t)raw)

/* For what reads or writes cpu->pc */
#define WITH_PC(statement) \
    do {                   \
        c->pc = pc;        \
        statement;         \
        return;            \
    } while (0)

#define BRANCH_IF(jumps)                                                                                          \
    do {                                                                                                          \
        uint16_t distance = IMM8_SIGNED;                                                                          \
        if (jumps) {                                                                                              \
            pc = (uint16_t)(pc + distance);                                                                       \
            i->path = PATH_TAKEN;                                                                                 \
        }                                                                                                         \
    } while (0)

/* The instruction behind its opcode and modrm: what follows is in raw, lowest first, pc is there. */
static inline void execute(insn *i, uint64_t raw, uint16_t pc)
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
    case 0x0F: WITH_PC(v30_page_0f(i)); break;
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
    case 0x62: WITH_PC(v30_chkind(i)); break;
    case 0x63: case 0x66: case 0x67: EIGHT(0xD8):   /* 63 undefined, FPO2, FPO1: one word read and dropped */
        if (v30_is_memory(i->modrm))
            (void)v30_read16(i, i->ea_segment, i->ea);
        break;
    case 0x68: v30_push(i, IMM16); break;
    case 0x69: i->immediate = IMM16; v30_multiply_immediate(i); break;
    case 0x6B: i->immediate = (uint32_t)IMM8_SIGNED; v30_multiply_immediate(i); break;
    case 0x6A: v30_push(i, IMM8_SIGNED); break;
    case 0x6C: case 0x6D: case 0x6E: case 0x6F: case 0xA4: case 0xA5: case 0xA6: case 0xA7:
    case 0xAA: case 0xAB: case 0xAC: case 0xAD: case 0xAE: case 0xAF: WITH_PC(v30_string(i)); break;
    EIGHT(0x70): EIGHT(0x78): BRANCH_IF(v30_condition(c->psw, i->opcode)); break;
    case 0x80: case 0x82: i->immediate = IMM8; v30_group_80(i); break;
    case 0x81: i->immediate = IMM16; v30_group_80(i); break;
    case 0x83: i->immediate = (uint32_t)IMM8_SIGNED; v30_group_80(i); break;
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
        WITH_PC(v30_load_address(i));
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
        n = IMM32;
        WITH_PC(v30_call_far(i, (uint16_t)(n >> 16), (uint16_t)n));
        break;
    case 0x9B:   /* POLL: looks again every 5 clocks; an interrupt may come in between */
        i->path = c->poll_line ? (c->polling ? PATH_WAITS_ON : PATH_WAITS) : c->polling ? PATH_WAITED : PATH_USUAL;
        c->polling = c->poll_line;
        if (c->poll_line) {
            pc--;   /* on the 9B itself: prefixes are not looked at again */
            c->instructions--;
        } else
            c->shadow = V30_SHADOW_INT | V30_SHADOW_NMI;
        break;
    case 0x9C: v30_push(i, c->psw); break;
    case 0x9D: v30_pop_psw(i); break;
    case 0x9E: v30_set_flags(c, 0xD5, (r[V30_AW] >> 8) & 0xD5); break;
    case 0x9F: v30_set_reg8(c, 4, (uint8_t)c->psw); break;
    case 0xA0: v30_set_al(c, v30_read8(i, v30_segment_of(i, V30_DS0), IMM16)); break;
    case 0xA1: r[V30_AW] = v30_read16(i, v30_segment_of(i, V30_DS0), DIRECT); break;
    case 0xA2: v30_write8(i, v30_segment_of(i, V30_DS0), IMM16, (uint8_t)r[V30_AW]); break;
    case 0xA3: v30_write16(i, v30_segment_of(i, V30_DS0), DIRECT, r[V30_AW]); break;
    case 0xA8: v30_logic(c, r[V30_AW] & IMM8, 8); break;
    case 0xA9: v30_logic(c, r[V30_AW] & IMM16, 16); break;
    EIGHT(0xB0): v30_set_reg8(c, i->opcode & 7, IMM8); break;
    EIGHT(0xB8): r[i->opcode & 7] = IMM16; break;
    case 0xC0: case 0xC1: n = IMM8; v30_group_shift(i, n); break;
    case 0xC2: n = IMM16; pc = v30_pop(i); r[V30_SP] = (uint16_t)(r[V30_SP] + n); break;
    case 0xC3: pc = v30_pop(i); break;
    case 0xC4: WITH_PC(v30_load_far_pointer(i, V30_DS1)); break;
    case 0xC5: WITH_PC(v30_load_far_pointer(i, V30_DS0)); break;
    case 0xC6: v30_put_rm8(i, IMM8); break;
    case 0xC7: v30_put_rm16(i, IMM16); break;
    case 0xC8: i->immediate = (uint32_t)raw; pc = (uint16_t)(pc + 3); v30_prepare(i); break;
    case 0xC9: i->odd |= (uint8_t)((r[V30_BP] & 1) * V30_ODD_BP); r[V30_SP] = r[V30_BP]; r[V30_BP] = v30_pop(i); break;
    case 0xCA:
        n = IMM16;
        pc = v30_pop(i);
        c->s[V30_PS] = v30_pop(i);
        r[V30_SP] = (uint16_t)(r[V30_SP] + n);
        break;
    case 0xCB: pc = v30_pop(i); c->s[V30_PS] = v30_pop(i); break;
    case 0xCC: WITH_PC(v30_vector(i, 3)); break;
    case 0xCD: n = IMM8; WITH_PC(v30_vector(i, (uint8_t)n)); break;
    case 0xCE:
        if (c->psw & V30_V)
            WITH_PC(v30_trap(i, 4, PATH_TAKEN));
        break;
    case 0xCF:
        pc = v30_pop(i);
        c->s[V30_PS] = v30_pop(i);
        v30_load_psw(c, v30_pop(i));
        break;
    case 0xD0: case 0xD1: v30_group_shift(i, 1); break;
    case 0xD2: case 0xD3: n = r[V30_CW] & 0xFF; v30_group_shift(i, n); break;
    case 0xD4: v30_cvtbd(c, IMM8); break;
    case 0xD5: (void)IMM8; v30_cvtdb(c); break;
    case 0xD6: case 0xD7:   /* TRANS and its alias */
        v30_set_al(c, v30_read8(i, v30_segment_of(i, V30_DS0), (uint16_t)(r[V30_BW] + (r[V30_AW] & 0xFF))));
        break;
    case 0xE0: r[V30_CW]--; BRANCH_IF(r[V30_CW] != 0 && !(c->psw & V30_Z)); break;
    case 0xE1: r[V30_CW]--; BRANCH_IF(r[V30_CW] != 0 && (c->psw & V30_Z)); break;
    case 0xE2: r[V30_CW]--; BRANCH_IF(r[V30_CW] != 0); break;
    case 0xE3: BRANCH_IF(r[V30_CW] == 0); break;
    case 0xE4: v30_set_al(c, v30_in8(i, IMM8)); break;
    case 0xE5: r[V30_AW] = v30_in16(i, IMM8); break;
    case 0xE6: v30_out8(i, IMM8, (uint8_t)r[V30_AW]); break;
    case 0xE7: v30_out16(i, IMM8, r[V30_AW]); break;
    case 0xE8: word = IMM16; v30_push(i, pc); pc = (uint16_t)(pc + word); break;
    case 0xE9: word = IMM16; pc = (uint16_t)(pc + word); break;
    case 0xEA: pc = (uint16_t)raw; c->s[V30_PS] = (uint16_t)(raw >> 16); break;
    case 0xEB: word = IMM8_SIGNED; pc = (uint16_t)(pc + word); break;
    case 0xEC: v30_set_al(c, v30_in8(i, r[V30_DW])); break;
    case 0xED: r[V30_AW] = v30_in16(i, r[V30_DW]); break;
    case 0xEE: port = r[V30_DW]; v30_out8(i, port, (uint8_t)r[V30_AW]); break;
    case 0xEF: port = r[V30_DW]; v30_out16(i, port, r[V30_AW]); break;
    case 0xF4: c->halted = 1; break;
    case 0xF5: c->psw ^= V30_CY; break;
    case 0xF6:
        if (v30_reg_field(i) < 2)
            i->immediate = IMM8;
        WITH_PC(v30_group_f6(i));
        break;
    case 0xF7:
        if (v30_reg_field(i) < 2)
            i->immediate = IMM16;
        WITH_PC(v30_group_f6(i));
        break;
    case 0xF8: c->psw &= (uint16_t)~V30_CY; break;
    case 0xF9: c->psw |= V30_CY; break;
    case 0xFA: c->psw &= (uint16_t)~V30_IE; break;
    case 0xFB: c->psw |= V30_IE; c->shadow |= V30_SHADOW_INT; break;
    case 0xFC: c->psw &= (uint16_t)~V30_DIR; break;
    case 0xFD: c->psw |= V30_DIR; break;
    case 0xFE: WITH_PC(v30_group_fe(i)); break;
    case 0xFF: WITH_PC(v30_group_ff(i)); break;
    default: break;   /* the prefixes never come here */
    }
    c->pc = pc;
}

/* The plain way: prefixes, bytes in pages that are no memory, the ends of a segment or of memory. */
static int fetch_slowly(insn *i, uint64_t *raw, uint16_t *pc)
{
    code_bytes code;
    if (!v30_fetch(i, &code))
        return 0;
    *raw = code.raw >> 8;
    *pc = (uint16_t)(code.opcode_at + 1);
    return 1;
}

/* The eight bytes at PS:PC when all are plain memory. */
static inline int fetch_at_once(const v30 *c, uint64_t *raw)
{
    const board_bus *bus = c->bus;
    uint32_t a = v30_physical(c->s[V30_PS], c->pc);
    const uint8_t *m = bus->mem + a;
    if (c->pc > 0xFFF8 || a > 0xFFFF8 || !v30_page_reads(bus->page[a >> 12])
        || ((a & 0xFFF) > 0xFF8 && !v30_page_reads(bus->page[(a + 7) >> 12])))
        return 0;
    *raw = (uint64_t)m[0] | (uint64_t)m[1] << 8 | (uint64_t)m[2] << 16 | (uint64_t)m[3] << 24 | (uint64_t)m[4] << 32
        | (uint64_t)m[5] << 40 | (uint64_t)m[6] << 48 | (uint64_t)m[7] << 56;
    return 1;
}

static inline v30_shape shape_of(const insn *i)
{
    return v30_shape_of(i->opcode, i->sub, i->mode, i->prefixes) | (v30_shape)i->path << SHAPE_PATH
        | (v30_shape)i->odd << SHAPE_ODD | (v30_shape)(i->cpu->pc & 1) << SHAPE_TARGET;
}

/* The clocks of what was just executed. */
static inline uint32_t finish(insn *i)
{
    v30 *c = i->cpu;
    v30_shape shape = shape_of(i);
    uint32_t clocks = v30_time_at(c, i->start, shape, i->prefixes, i->count);
    c->clock += clocks;
    return clocks;
}

/* The same where the clocks are said by hand, for a full queue and words at even addresses. */
static uint32_t finish_by_hand(const insn *i)
{
    v30 *c = i->cpu;
    uint32_t clocks = v30_time_by_hand(c, i->clk + 4u * i->splits);
    c->clock += clocks;
    return clocks;
}

static uint32_t finish_stale(insn *i)
{
    v30_settle_stale(i, shape_of(i));
    return finish(i);
}

/* One instruction, or one element of a repeated one. at_once: its bytes are in raw; clk: CLK_STALE or 0. */
static uint32_t execute_one(v30 *c, uint64_t raw, int at_once, uint32_t clk)
{
    insn i;
    uint16_t pc = (uint16_t)(c->pc + 1);
    uint8_t format;
    unsigned prefixes = 0;
    i.cpu = c;
    i.bus = c->bus;
    i.start = c->pc;
    i.clk = clk;
    i.count = 0;
    i.path = i.sub = i.mode = i.splits = i.writes = i.suspects = 0;
    i.watched = (uint8_t)v30_watched(c);
    i.odd = c->r[V30_SP] & 1 ? V30_ODD_SP : 0;
    i.prefixes = 0;
    if (c->rep_active) {
        v30_string_element(&i);
        return i.clk ? finish_stale(&i) : finish(&i);
    }
    if (c->psw & V30_BRK)   /* no store otherwise: v30_run reads `attention` as one word */
        c->trap_armed = 1;
    c->instructions++;
    i.segment = V30_NO_SEGMENT;
    i.rep = 0;
    if (at_once) {
        i.opcode = (uint8_t)raw;
        raw >>= 8;
        while (v30_take_prefix(&i)) {
            if (++prefixes > 2) {   /* two leave six bytes, the most an instruction has */
                at_once = 0;
                break;
            }
            i.opcode = (uint8_t)raw;
            raw >>= 8;
            pc++;
        }
        i.prefixes = (uint16_t)prefixes;
    }
    if (!at_once && !fetch_slowly(&i, &raw, &pc)) {
        v30_stop(&i, V30_STOP_PREFIXES, 0);
        return 0;
    }
    format = v30_format[i.opcode];
    if (format & FORMAT_MODRM) {
        i.modrm = (uint8_t)raw;
        raw >>= 8;
        pc++;
        if (format & FORMAT_GROUP)
            i.sub = i.modrm >> 3 & 7;
        if (v30_is_memory(i.modrm)) {
            const ea_form *form = v30_ea_form(i.modrm);
            uint16_t displacement = 0;
            if (form->displacement == 1) {
                displacement = (uint16_t)(int8_t)raw;
                raw >>= 8;
                pc++;
            } else if (form->displacement == 2) {
                displacement = (uint16_t)raw;
                raw >>= 16;
                pc = (uint16_t)(pc + 2);
            }
            i.mode = (uint8_t)(1 + form->displacement);
            i.ea = v30_ea_offset(c, form, displacement);
            i.ea_segment = v30_segment_of(&i, form->segment);
            i.odd |= (uint8_t)((i.ea & 1) * V30_ODD_EA);
        }
    }
    execute(&i, raw, pc);
    if (c->stop)
        return 0;
    if (i.clk == 0)
        return finish(&i);
    i.clk &= ~CLK_STALE;
    return i.clk ? finish_by_hand(&i) : finish_stale(&i);
}

static uint32_t execute_8080(v30 *c)
{
    insn i = {.cpu = c, .bus = c->bus, .start = c->pc, .watched = (uint8_t)v30_watched(c)};
    if (c->psw & V30_BRK)
        c->trap_armed = 1;
    c->instructions++;
    v30_8080_instruction(&i);
    return c->stop ? 0 : finish_by_hand(&i);
}

uint32_t v30_execute(v30 *c)
{
    uint64_t raw = 0;
    int at_once;
    if (c->halted || c->stop)
        return 0;
    if (!c->rep_active)
        c->trap_armed = 0;
    if (c->state & V30_EMULATING)
        return execute_8080(c);
    if (c->state)   /* V30_STALE */
        return execute_one(c, 0, 0, CLK_STALE);
    at_once = fetch_at_once(c, &raw);
    return execute_one(c, raw, at_once, 0);
}

uint32_t v30_step(v30 *c)
{
    uint32_t taken = c->attention ? v30_accept_interrupts(c) : 0;
    return taken ? taken : v30_execute(c);
}

void v30_run(v30 *c)
{
    while (c->clock < c->horizon) {
        if (c->attention == 0) {
            uint64_t raw = 0;
            int at_once = fetch_at_once(c, &raw);
            (void)execute_one(c, raw, at_once, 0);
        } else if (v30_step(c) == 0)
            v30_let_pass(c);   /* halted or stopped */
    }
}
