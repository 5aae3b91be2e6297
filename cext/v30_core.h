/* Inside the V30 core: the running instruction, its bus accesses, its operands. Nothing here is for other files. */
#ifndef KORGM1_V30_CORE_H
#define KORGM1_V30_CORE_H
#include "v30.h"
#include "v30_bus_unit.h"

#define V30_NO_SEGMENT 0xFF
#define V30_MAX_PREFIXES 0xFFFF

enum { SUSPECTS = 32 };   /* PREPARE pushes down through all that is near its code */
typedef struct suspect {   /* a byte that may be in the queue was stored to */
    uint32_t address;
    uint8_t old, write;
} suspect;

#define CLK_STALE 0x80000000u   /* in insn.clk: the queue may hold stale bytes */

typedef struct insn {
    v30 *cpu;
    board_bus *bus;
    uint32_t clk;        /* the clocks, where they are said by hand, or CLK_STALE; else 0 */
    uint32_t count;      /* of the shape: see v30_bus_unit.h */
    uint8_t path, sub, mode, odd;
    uint8_t splits;      /* words at odd addresses */
    uint8_t writes;      /* memory cycles written before the present operand, where there are several */
    uint8_t suspects;    /* bytes stored just behind the instruction, see v30_stale.c */
    uint8_t watched;     /* somebody records data cycles */
    uint32_t immediate;  /* all bytes of it, the first lowest; a direct offset of A0-A3 too */
    uint16_t start;      /* pc of the first prefix byte */
    uint16_t prefixes;
    uint16_t ea;         /* offset of the memory operand */
    uint16_t ea_segment; /* its segment value */
    uint8_t opcode;
    uint8_t second;      /* 0F page */
    uint8_t modrm;
    uint8_t segment;     /* V30_DS1.. by a prefix, or V30_NO_SEGMENT */
    uint8_t rep;         /* F2 F3 64 65, or 0 */
    suspect suspect[SUSPECTS];
} insn;

/* ---- bus ---- */

static inline uint32_t v30_physical(uint16_t segment, uint16_t offset)
{
    return (((uint32_t)segment << 4) + offset) & 0xFFFFF;
}

static inline int v30_page_reads(uint8_t kind) { return kind == PAGE_RAM || kind == PAGE_ROM; }

static inline void v30_trace(const board_bus *bus, uint8_t kind, uint32_t address, uint16_t data, uint8_t ube)
{
    bus_trace *t = bus->trace;
    if (t->count < t->capacity)
        t->cycles[t->count] = (bus_cycle){address, data, kind, ube};
    t->count++;
}

/* Write a data cycle down for whoever asked: a byte, or a word at an even address. */
void v30_note_cycle(insn *i, uint8_t kind, uint32_t address, uint16_t data, int word);

/* A store so little behind the instruction's first byte may hit the queue. */
enum { NEAR_CODE = 32 };

static inline int v30_near_code(const insn *i, uint32_t a)
{
    return ((a - v30_physical(i->cpu->s[V30_PS], i->start)) & 0xFFFFF) < NEAR_CODE;
}

/* `a` is about to be stored to. */
void v30_suspect(insn *i, uint32_t a);

/* The instruction had suspects, or began with V30_STALE: settle what the queue holds behind it. Before v30_time. */
void v30_settle_stale(insn *i, v30_shape shape);

static inline int v30_watched(const v30 *c) { return !!c->bus->trace; }

/* A data cycle at the memory address `a` comes next. */
static inline void v30_list_memory(const insn *i, uint32_t a)
{
    if (i->cpu->slow_bus)
        v30_list_cycle(i->cpu, v30_block_waits(&i->cpu->waits, a));
}

static inline uint8_t v30_read_byte(insn *i, uint32_t a)
{
    board_bus *bus = i->bus;
    uint8_t value = v30_page_reads(bus->page[a >> 12]) ? bus->mem[a] : bus->mem_in(bus->user, a);
    v30_list_memory(i, a);
    if (i->watched)
        v30_note_cycle(i, CYCLE_MEMR, a, value, 0);
    return value;
}

static inline void v30_write_byte(insn *i, uint32_t a, uint8_t value)
{
    board_bus *bus = i->bus;
    v30_list_memory(i, a);
    if (i->watched)
        v30_note_cycle(i, CYCLE_MEMW, a, value, 0);
    if (v30_near_code(i, a))
        v30_suspect(i, a);
    if (bus->page[a >> 12] == PAGE_RAM)
        bus->mem[a] = value;
    else
        bus->mem_out(bus->user, a, value);
}

static inline uint8_t v30_read8(insn *i, uint16_t segment, uint16_t offset)
{
    return v30_read_byte(i, v30_physical(segment, offset));
}

static inline void v30_write8(insn *i, uint16_t segment, uint16_t offset, uint8_t value)
{
    v30_write_byte(i, v30_physical(segment, offset), value);
}

/* Anything but an even word of plain memory with nobody recording. A word at an odd address is two byte cycles; at
   offset FFFF the second byte is at offset 0. */
uint16_t v30_read16_slow(insn *i, uint16_t segment, uint16_t offset);
void v30_write16_slow(insn *i, uint16_t segment, uint16_t offset, uint16_t value);

static inline uint16_t v30_read16(insn *i, uint16_t segment, uint16_t offset)
{
    const board_bus *bus = i->bus;
    uint32_t a = v30_physical(segment, offset);
    if ((a & 1) || !v30_page_reads(bus->page[a >> 12]) || i->watched)
        return v30_read16_slow(i, segment, offset);
    v30_list_memory(i, a);
    return (uint16_t)(bus->mem[a] | bus->mem[a + 1] << 8);
}

static inline void v30_write16(insn *i, uint16_t segment, uint16_t offset, uint16_t value)
{
    board_bus *bus = i->bus;
    uint32_t a = v30_physical(segment, offset);
    if ((a & 1) || bus->page[a >> 12] != PAGE_RAM || i->watched || v30_near_code(i, a)) {
        v30_write16_slow(i, segment, offset, value);
        return;
    }
    v30_list_memory(i, a);
    bus->mem[a] = (uint8_t)value;
    bus->mem[a + 1] = (uint8_t)(value >> 8);
}

uint8_t v30_in8(insn *i, uint16_t port);
uint16_t v30_in16(insn *i, uint16_t port);
void v30_out8(insn *i, uint16_t port, uint8_t value);
void v30_out16(insn *i, uint16_t port, uint16_t value);

static inline void v30_push(insn *i, uint16_t value)
{
    v30 *c = i->cpu;
    c->r[V30_SP] = (uint16_t)(c->r[V30_SP] - 2);
    v30_write16(i, c->s[V30_SS], c->r[V30_SP], value);
    i->writes++;
}

static inline uint16_t v30_pop(insn *i)
{
    v30 *c = i->cpu;
    uint16_t value = v30_read16(i, c->s[V30_SS], c->r[V30_SP]);
    c->r[V30_SP] = (uint16_t)(c->r[V30_SP] + 2);
    return value;
}

/* ---- registers ---- */

/* AL CL DL BL AH CH DH BH */
static inline uint8_t v30_reg8(const v30 *c, unsigned n)
{
    return (uint8_t)(c->r[n & 3] >> ((n & 4) * 2));
}

static inline void v30_set_reg8(v30 *c, unsigned n, uint8_t value)
{
    unsigned shift = (n & 4) * 2;
    c->r[n & 3] = (uint16_t)((c->r[n & 3] & (0xFF00 >> shift)) | value << shift);
}

static inline void v30_set_al(v30 *c, uint8_t value) { c->r[V30_AW] = (uint16_t)((c->r[V30_AW] & 0xFF00) | value); }

static inline uint16_t v30_segment_of(const insn *i, unsigned standard)
{
    return i->cpu->s[i->segment == V30_NO_SEGMENT ? standard : i->segment];
}

/* ---- the modrm operand ---- */

static inline int v30_is_memory(uint8_t modrm) { return modrm < 0xC0; }

typedef struct ea_form {
    uint16_t base_mask, index_mask;   /* 0 where there is none */
    uint8_t base, index;              /* V30_BW.. */
    uint8_t segment;                  /* V30_SS or V30_DS0 */
    uint8_t displacement;             /* bytes of it */
} ea_form;

extern const ea_form v30_ea_forms[24];   /* by mod x 8 + rm */

static inline const ea_form *v30_ea_form(uint8_t modrm) { return &v30_ea_forms[(modrm >> 3 & 0x18) | (modrm & 7)]; }

static inline uint16_t v30_ea_offset(const v30 *c, const ea_form *f, uint16_t displacement)
{
    return (uint16_t)((c->r[f->base] & f->base_mask) + (c->r[f->index] & f->index_mask) + displacement);
}

static inline unsigned v30_reg_field(const insn *i) { return i->modrm >> 3 & 7; }

static inline uint8_t v30_get_rm8(insn *i)
{
    return v30_is_memory(i->modrm) ? v30_read8(i, i->ea_segment, i->ea) : v30_reg8(i->cpu, i->modrm & 7);
}

static inline uint16_t v30_get_rm16(insn *i)
{
    return v30_is_memory(i->modrm) ? v30_read16(i, i->ea_segment, i->ea) : i->cpu->r[i->modrm & 7];
}

static inline void v30_put_rm8(insn *i, uint8_t value)
{
    if (v30_is_memory(i->modrm))
        v30_write8(i, i->ea_segment, i->ea, value);
    else
        v30_set_reg8(i->cpu, i->modrm & 7, value);
}

static inline void v30_put_rm16(insn *i, uint16_t value)
{
    if (v30_is_memory(i->modrm))
        v30_write16(i, i->ea_segment, i->ea, value);
    else
        i->cpu->r[i->modrm & 7] = value;
}

static inline void v30_emulate(v30 *c)
{
    c->psw &= (uint16_t)~V30_MD;
    c->state = V30_EMULATING;
}

/* ---- other files of the core ---- */

enum {   /* what follows an opcode byte */
    FORMAT_MODRM = 1, FORMAT_IMM8 = 2, FORMAT_IMM16 = 4, FORMAT_FAR = 8, FORMAT_OFFSET = 16, FORMAT_PREFIX = 32,
    FORMAT_DATA = 64, /* V30_KIND_DATA */
    FORMAT_GROUP = 128, /* the reg field tells the operation, and the clocks by it */
    FORMAT_IMM = FORMAT_IMM8 | FORMAT_IMM16 | FORMAT_FAR | FORMAT_OFFSET
};
extern const uint8_t v30_format[256];
int v30_has_modrm(unsigned opcode, unsigned second);

/* If i->opcode is a prefix, take note of it. */
static inline int v30_take_prefix(insn *i)
{
    if (!(v30_format[i->opcode] & FORMAT_PREFIX))
        return 0;
    if ((i->opcode & 0xE7) == 0x26)
        i->segment = i->opcode >> 3 & 3;
    else if (i->opcode != 0xF0 && i->opcode != 0xF1)   /* BUSLOCK, and the same without a name */
        i->rep = i->opcode;
    return 1;
}

typedef struct code_bytes {
    uint64_t raw;        /* from the opcode on, lowest first, no byte behind the last */
    uint16_t opcode_at;  /* pc of the opcode */
    uint16_t next;       /* pc behind the last byte */
    uint8_t format;      /* FORMAT_*, also of what the second byte or the modrm decides */
} code_bytes;

/* Fetch the instruction at PS:start byte by byte, not one too many; i->cpu, bus and start are set. Sets prefixes,
   segment, rep, opcode, second and modrm. Returns 0 when there are only prefixes. */
int v30_fetch(insn *i, code_bytes *code);

/* The operand of i->modrm, if it is memory. */
void v30_find_operand(insn *i, uint16_t displacement);

int v30_condition(uint16_t psw, unsigned code);   /* of 70-7F, by the low four opcode bits */
void v30_stop(insn *i, uint8_t reason, uint8_t second);

/* A register operand where only memory makes sense: bytes consumed, nothing done (H-UNDEFINED). */
int v30_no_address(insn *i);

/* PSW written by POP PSW, RETI and RETEM; IE turning 1 is seen one boundary later; MD only while it is writable. */
void v30_load_psw(v30 *c, uint16_t value);

void v30_pop_psw(insn *i);             /* 9D */

/* The bits of PSW that an INT recognized now, having pushed them, turns back to what they were before POP PSW. */
uint16_t v30_psw_race(const v30 *c);

/* Vector through the table: two reads, then PSW, PS and PC pushed, IE = BRK = 0, native mode. */
void v30_vector(insn *i, uint8_t vector);

/* The same out of an instruction, which takes this path. */
void v30_trap(insn *i, uint8_t vector, uint8_t path);

void v30_string(insn *i);              /* 6C-6F A4-A7 AA-AF, prefixes and opcode fetched */
void v30_string_element(insn *i);      /* the next element of a repeated one */
void v30_page_0f(insn *i);             /* 0F fetched */
void v30_chkind(insn *i);              /* 62 */
void v30_prepare(insn *i);             /* C8 */
void v30_brkem(insn *i, uint8_t vector);
void v30_group_80(insn *i);            /* 80-83, the immediate widened to the operand */
void v30_group_f6(insn *i);            /* F6 F7 */
void v30_group_fe(insn *i);            /* FE */
void v30_group_ff(insn *i);            /* FF */
void v30_group_shift(insn *i, unsigned count);   /* C0 C1 D0-D3 */
void v30_call_far(insn *i, uint16_t ps, uint16_t pc);
void v30_load_address(insn *i);        /* 8D */
void v30_load_far_pointer(insn *i, unsigned segment);   /* C4 C5 */
void v30_multiply_immediate(insn *i);  /* 69 6B */

uint16_t v30_shift(v30 *c, unsigned operation, uint16_t value, unsigned count, unsigned bits);
void v30_adjust(v30 *c, uint8_t opcode);   /* 27 2F 37 3F */
void v30_cvtbd(v30 *c, uint8_t divisor);   /* D4 */
void v30_cvtdb(v30 *c);                    /* D5 */
#endif
