/* 8080 emulation mode (MD = 0): the uPD8080AF's instruction set on the V30's registers, and the ways in and out.
   A = AL, B C = CH CL, D E = DH DL, H L = BH BL, SP = BP, flags = the low byte of PSW, code at PS:PC, data and 8080
   stack in DS0; native frames at SS:SP. BRKEM and its aliases (0F 40-FF) enter, RETEM (ED FD) goes back, CALLN (ED ED)
   and every interrupt go to native code, from where RETI returns: MD can be written from BRKEM to RETEM only.
   Confirmed (V20/V30 User's Manual 1986, section 8; instruction manual U11301E): all that. Measured on a uPD70116C-8:
   the bus cycles of BRKEM and its aliases 40 60 80 A0 C0 E4, RST pushes at BP - 2. Guessed: flags (H-8080-FLAGS), clocks
   (H-8080-CLOCKS), IE and BRK at CALLN (H-CALLN); the free codes 08..38 CB D9 DD FD are those of an 8080, ED xx other
   than the two does nothing or stops (H-UNDEFINED); the order of the two bus cycles of XTHL. */
#include "v30_8080.h"
#include "v30_alu.h"

static const uint8_t reg8_of[8] = {5, 1, 6, 2, 7, 3, 0xFF, 0};   /* B C D E H L M A as AL CL DL BL AH CH DH BH */
static const uint8_t reg16_of[4] = {V30_CW, V30_DW, V30_BW, V30_BP};

static uint8_t take8(insn *i)
{
    board_bus *bus = i->bus;
    v30 *c = i->cpu;
    uint32_t a = v30_physical(c->s[V30_PS], c->pc++);
    return bus->page[a >> 12] != PAGE_DEVICE ? bus->mem[a] : bus->mem_in(bus->user, a);
}

static uint16_t take16(insn *i)
{
    uint8_t low = take8(i);
    return (uint16_t)(low | take8(i) << 8);
}

static uint8_t get8(insn *i, unsigned n)
{
    v30 *c = i->cpu;
    return n == 6 ? v30_read8(i, c->s[V30_DS0], c->r[V30_BW]) : v30_reg8(c, reg8_of[n]);
}

static void put8(insn *i, unsigned n, uint8_t value)
{
    v30 *c = i->cpu;
    if (n == 6)
        v30_write8(i, c->s[V30_DS0], c->r[V30_BW], value);
    else
        v30_set_reg8(c, reg8_of[n], value);
}

static void push(insn *i, uint16_t value)
{
    v30 *c = i->cpu;
    c->r[V30_BP] = (uint16_t)(c->r[V30_BP] - 2);
    v30_write16(i, c->s[V30_DS0], c->r[V30_BP], value);
}

static uint16_t pop(insn *i)
{
    v30 *c = i->cpu;
    uint16_t value = v30_read16(i, c->s[V30_DS0], c->r[V30_BP]);
    c->r[V30_BP] = (uint16_t)(c->r[V30_BP] + 2);
    return value;
}

/* NZ Z NC C PO PE P M */
static int holds(const v30 *c, unsigned code)
{
    static const uint8_t flag[4] = {V30_Z, V30_CY, V30_P, V30_S};
    return ((c->psw & flag[code >> 1]) != 0) == (code & 1);
}

static int like_8080(const v30 *c) { return c->options & V30_OPTION_8080_FLAGS; }

static void set_ac(v30 *c, unsigned on) { v30_set_flags(c, V30_AC, on ? V30_AC : 0); }

/* ADD ADC SUB SBB ANA XRA ORA CMP. An 8080 subtracts by adding the complement: AC is not the borrow but its contrary;
   ANA leaves the OR of the operands' bits 3 in it. */
static void alu(insn *i, unsigned operation, uint8_t b)
{
    static const uint8_t native[8] = {
        ALU_ADD, ALU_ADDC, ALU_SUB, ALU_SUBC, ALU_AND, ALU_XOR, ALU_OR, ALU_CMP};
    v30 *c = i->cpu;
    uint8_t a = (uint8_t)c->r[V30_AW], r = (uint8_t)v30_alu(c, native[operation], a, b, 8);
    if (operation != 7)
        v30_set_al(c, r);
    if (!like_8080(c))
        return;
    if (operation == 2 || operation == 3 || operation == 7)
        c->psw ^= V30_AC;
    else if (operation == 4)
        set_ac(c, (a | b) & 8);
}

static void daa(v30 *c)
{
    uint8_t a = (uint8_t)c->r[V30_AW], correction = 0;
    int carry = c->psw & V30_CY;
    if (!like_8080(c)) {
        v30_adjust(c, 0x27);
        return;
    }
    if ((c->psw & V30_AC) || (a & 15) > 9)
        correction = 0x06;
    if (carry || a > 0x99) {
        correction |= 0x60;
        carry = 1;
    }
    v30_set_al(c, (uint8_t)v30_add(c, a, correction, 0, 8));
    v30_set_flags(c, V30_CY, carry ? V30_CY : 0);
}

static void step8(insn *i, unsigned n, int down)
{
    v30 *c = i->cpu;
    uint8_t value = get8(i, n);
    put8(i, n, (uint8_t)(down ? v30_dec(c, value, 8) : v30_inc(c, value, 8)));
    if (down && like_8080(c))
        c->psw ^= V30_AC;
}

static void add_to_hl(v30 *c, uint16_t value)
{
    uint32_t sum = (uint32_t)c->r[V30_BW] + value;
    c->r[V30_BW] = (uint16_t)sum;
    v30_set_flags(c, V30_CY, sum >> 16 ? V30_CY : 0);
}

static void taken(insn *i, uint32_t clocks, uint32_t states)
{
    i->clk += i->cpu->options & V30_OPTION_8080_STATES ? states : clocks;
}

static void call(insn *i, uint16_t target)
{
    push(i, i->cpu->pc);
    i->cpu->pc = target;
}

/* ED: RETEM, CALLN */
static void nec_page(insn *i)
{
    v30 *c = i->cpu;
    uint8_t second = take8(i);
    uint16_t pc, flags = c->psw & (V30_IE | V30_BRK);
    if (second == 0xED) {
        uint8_t vector = take8(i);
        i->clk = V30_CLOCKS_CALLN;
        v30_vector(i, vector);
        if (!(c->options & V30_OPTION_CALLN_CLEARS))
            c->psw |= flags;
    } else if (second == 0xFD) {
        i->clk = V30_CLOCKS_RETEM;
        pc = v30_pop(i);
        c->s[V30_PS] = v30_pop(i);
        v30_load_psw(c, v30_pop(i) | V30_MD);
        c->pc = pc;
        c->md_writable = c->state = 0;
    } else if (c->options & V30_OPTION_UNDEFINED_STOPS)
        v30_stop(i, V30_STOP_UNDEFINED, second);
}

void v30_brkem(insn *i, uint8_t vector)
{
    v30 *c = i->cpu;
    uint16_t flags = c->psw & (V30_IE | V30_BRK);
    i->clk = V30_CLOCKS_BRKEM;
    v30_vector(i, vector);
    c->psw |= flags;
    c->md_writable = 1;
    v30_emulate(c);
}

/* 00-3F: the low three bits choose, bits 5-4 a register pair, bits 5-3 a register. */
static void first_quarter(insn *i, uint8_t opcode)
{
    v30 *c = i->cpu;
    uint16_t *pair = &c->r[reg16_of[opcode >> 4 & 3]], address;
    unsigned n = opcode >> 3 & 7;
    switch (opcode & 15) {
    case 0x1: *pair = take16(i); return;
    case 0x3: ++*pair; return;
    case 0x9: add_to_hl(c, *pair); return;
    case 0xB: --*pair; return;
    default: break;
    }
    switch (opcode & 7) {
    case 2: {
        uint16_t segment = c->s[V30_DS0];
        address = opcode < 0x20 ? *pair : take16(i);
        switch (n) {
        case 4: v30_write16(i, segment, address, c->r[V30_BW]); break;
        case 5: c->r[V30_BW] = v30_read16(i, segment, address); break;
        case 0: case 2: case 6: v30_write8(i, segment, address, (uint8_t)c->r[V30_AW]); break;
        default: v30_set_al(c, v30_read8(i, segment, address)); break;
        }
        break;
    }
    case 4: step8(i, n, 0); break;
    case 5: step8(i, n, 1); break;
    case 6: {
        uint8_t value = take8(i);
        put8(i, n, value);
        break;
    }
    case 7:
        switch (n) {
        case 4: daa(c); break;
        case 5: v30_set_al(c, (uint8_t)~c->r[V30_AW]); break;
        case 6: c->psw |= V30_CY; break;
        case 7: c->psw ^= V30_CY; break;
        default: v30_set_al(c, (uint8_t)v30_shift(c, n, c->r[V30_AW] & 0xFF, 1, 8)); break;   /* RLC RRC RAL RAR */
        }
        break;
    default: break;   /* NOP and its seven aliases */
    }
}

/* C0-FF */
static void last_quarter(insn *i, uint8_t opcode)
{
    v30 *c = i->cpu;
    uint16_t *r = c->r, word;
    unsigned n = opcode >> 3 & 7;
    uint8_t byte;
    switch (opcode & 7) {
    case 0:
        if (holds(c, n)) {
            taken(i, V30_8080_RET_TAKEN, V30_8080_TAKEN_STATES);
            c->pc = pop(i);
        }
        return;
    case 2:
        word = take16(i);
        if (holds(c, n)) {
            taken(i, V30_8080_JUMP_TAKEN, 0);
            c->pc = word;
        }
        return;
    case 4:
        word = take16(i);
        if (holds(c, n)) {
            taken(i, V30_8080_CALL_TAKEN, V30_8080_TAKEN_STATES);
            call(i, word);
        }
        return;
    case 6: byte = take8(i); alu(i, n, byte); return;
    case 7: call(i, opcode & 0x38); return;
    default: break;
    }
    switch (opcode) {
    case 0xC1: case 0xD1: case 0xE1: word = pop(i); r[reg16_of[n >> 1]] = word; break;
    case 0xF1:
        word = pop(i);
        v30_set_al(c, (uint8_t)(word >> 8));
        v30_set_flags(c, 0xD5, word & 0xD5);
        break;
    case 0xC5: case 0xD5: case 0xE5: push(i, r[reg16_of[n >> 1]]); break;
    case 0xF5: push(i, (uint16_t)(r[V30_AW] << 8 | (c->psw & 0xFF))); break;
    case 0xC3: case 0xCB: c->pc = take16(i); break;
    case 0xC9: case 0xD9: c->pc = pop(i); break;
    case 0xCD: case 0xDD: case 0xFD: word = take16(i); call(i, word); break;
    case 0xD3: byte = take8(i); v30_out8(i, byte, (uint8_t)r[V30_AW]); break;
    case 0xDB: byte = take8(i); v30_set_al(c, v30_in8(i, byte)); break;
    case 0xE3:   /* XTHL */
        word = v30_read16(i, c->s[V30_DS0], r[V30_BP]);
        v30_write16(i, c->s[V30_DS0], r[V30_BP], r[V30_BW]);
        r[V30_BW] = word;
        break;
    case 0xE9: c->pc = r[V30_BW]; break;
    case 0xEB: word = r[V30_DW]; r[V30_DW] = r[V30_BW]; r[V30_BW] = word; break;
    case 0xED: nec_page(i); break;
    case 0xF3: c->psw &= (uint16_t)~V30_IE; break;
    case 0xF9: r[V30_BP] = r[V30_BW]; break;
    default: c->psw |= V30_IE; c->shadow |= V30_SHADOW_INT; break;   /* FB: EI */
    }
}

void v30_8080_instruction(insn *i)
{
    v30 *c = i->cpu;
    uint16_t v = c->psw & V30_V;
    int keep_v = like_8080(c);
    uint8_t opcode;
    c->pc = i->start;
    opcode = i->opcode = take8(i);
    i->clk = (c->options & V30_OPTION_8080_STATES ? v30_8080_states : v30_8080_clocks)[opcode];
    if (opcode < 0x40)
        first_quarter(i, opcode);
    else if (opcode >= 0xC0)
        last_quarter(i, opcode);
    else if (opcode == 0x76)
        c->halted = 1;
    else if (opcode < 0x80)
        put8(i, opcode >> 3 & 7, get8(i, opcode & 7));
    else
        alu(i, opcode >> 3 & 7, get8(i, opcode & 7));
    if (keep_v && (c->state & V30_EMULATING))
        v30_set_flags(c, V30_V, v);
}
