/* Decoding without executing: lengths, operands and clocks, for whoever lets another core execute. */
#include "v30_core.h"
#include <string.h>

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

static int depends_on_data(const v30_decoded *d)
{
    unsigned reg = d->modrm >> 3 & 7;
    return ((d->opcode & 0xFE) == 0xF6 && reg > 3) || (d->opcode == 0xFE && reg > 1);
}

/* A register where only an address makes sense */
static int needs_address(const v30_decoded *d)
{
    unsigned reg = d->modrm >> 3 & 7;
    if (!d->has_modrm || d->memory)
        return 0;
    return d->opcode == 0x8D || d->opcode == 0xC4 || d->opcode == 0xC5 || (d->opcode == 0xFF && (reg == 3 || reg == 5));
}

static uint8_t open_byte(void *user, uint32_t address)
{
    (void)user;
    (void)address;
    return 0xFF;
}

static int decode(v30 *cpu, const board_bus *bus, uint16_t pc, v30_decoded *d)
{
    board_bus quiet = *bus;
    insn i = {.cpu = cpu, .bus = &quiet, .start = pc};
    code_bytes code;
    int begins;
    quiet.mem_in = open_byte;
    begins = v30_fetch(&i, &code);
    *d = (v30_decoded){
        .length = (uint16_t)(code.next - pc), .prefixes = i.prefixes, .opcode = i.opcode, .second = i.second,
        .modrm = i.modrm, .segment = i.segment, .rep = i.rep, .kind = V30_KIND_DATA,
    };
    if (!begins)
        return d->length;
    d->has_modrm = code.format & FORMAT_MODRM;
    d->memory = d->has_modrm && v30_is_memory(i.modrm);
    if (d->memory) {
        unsigned size = v30_ea_form(i.modrm)->displacement, from = i.opcode == 0x0F ? 24 : 16;
        d->displacement = (uint16_t)(code.raw >> from);
        if (size < 2)
            d->displacement = size ? (uint16_t)(int8_t)d->displacement : 0;
    } else if (code.format & FORMAT_OFFSET)
        d->displacement = (uint16_t)(code.raw >> 8);
    else if ((i.opcode & 0xFC) == 0xE4)
        d->displacement = (uint8_t)(code.raw >> 8);
    if ((code.format & FORMAT_DATA) || needs_address(d) || depends_on_data(d))
        return d->length;
    d->kind = is_conditional(d->opcode) ? V30_KIND_BRANCH : V30_KIND_PLAIN;
    d->shadow = shadow_of(d);
    d->ea_words = operand_words(d);
    d->stack_words = stack_words(d);
    d->io_words = (d->opcode & 0xF5) == 0xE5;
    d->shape = v30_shape_of(d->opcode, code.format & FORMAT_GROUP ? d->modrm >> 3 & 7 : 0,
                            d->memory ? 1u + v30_ea_form(d->modrm)->displacement : 0, d->prefixes);
    if ((d->opcode & 0xFE) == 0xC0) {
        unsigned count = (uint8_t)(code.raw >> 8 * ((uint16_t)(code.next - code.opcode_at) - 1));
        d->count = count;
        if (count == 0) {
            d->shape |= (uint64_t)PATH_NO_COUNT << SHAPE_PATH;
            if (d->ea_words)
                d->ea_words = 1;
        }
    }
    return d->length;
}

int v30_decode(const board_bus *bus, uint16_t ps, uint16_t pc, v30_decoded *d)
{
    v30 cpu;   /* v30_fetch looks at nothing but these; to clear the tables behind them takes longer than all the rest */
    cpu.s[V30_PS] = ps;
    cpu.state = 0;
    return decode(&cpu, bus, pc, d);
}

int v30_decode_next(const v30 *c, v30_decoded *d)
{
    v30 cpu;
    cpu.s[V30_PS] = c->s[V30_PS];
    cpu.state = c->state & V30_STALE;
    cpu.stale_count = c->stale_count;
    memcpy(cpu.stale, c->stale, sizeof cpu.stale);
    return decode(&cpu, c->bus, c->pc, d);
}

/* Of the modrm or direct operand (d->memory, A0-A3) */
static uint16_t operand_offset(const v30 *c, const v30_decoded *d)
{
    return d->memory ? v30_ea_offset(c, v30_ea_form(d->modrm), d->displacement) : d->displacement;
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

uint32_t v30_clocks(const v30 *c, const v30_decoded *d, uint16_t target)
{
    uint64_t odd = c->r[V30_SP] & 1 ? V30_ODD_SP : 0;
    unsigned path = 0;
    if (d->kind == V30_KIND_DATA)
        return 0;
    if (d->kind == V30_KIND_BRANCH && jumps(c, d))
        path = PATH_TAKEN;
    if ((d->memory || (d->opcode & 0xFC) == 0xA0) && (operand_offset(c, d) & 1))
        odd |= V30_ODD_EA;
    if (d->io_words && ((d->opcode & 8 ? c->r[V30_DW] : d->displacement) & 1))
        odd |= V30_ODD_IO;
    if (d->opcode == 0xC9 && (c->r[V30_BP] & 1))
        odd |= V30_ODD_BP;
    return v30_foretell(c, d->shape | (uint64_t)path << SHAPE_PATH | odd << SHAPE_ODD
        | (uint64_t)(target & 1) << SHAPE_TARGET, d->prefixes, d->count);
}
