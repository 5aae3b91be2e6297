/* What NEC added: the 0F page, CHKIND, PREPARE.
   0F second bytes: 00-0F do nothing; 10-1F single bits; 20-27 BCD strings; 28-2F digit rotation and 30-3F bit fields
   take a modrm; 40-FF are BRKEM (FF by the manual, six others probed, the rest H-UNDEFINED). What nobody documented or
   probed below 40 does nothing here (H-UNDEFINED); 24, 2C, 30 and 34 are known to run off or lock up: stop. */
#include "v30_alu.h"
#include "v30_core.h"

uint8_t v30_decimal_correction(uint8_t value, unsigned ac, unsigned cy, unsigned *carry);

/* TEST1 CLR1 SET1 NOT1: bit 0 of the second byte = word, bit 3 = immediate bit number */
static void single_bit(insn *i, uint8_t second)
{
    v30 *c = i->cpu;
    unsigned bits = second & 1 ? 16 : 8;
    unsigned a = bits == 16 ? v30_get_rm16(i) : v30_get_rm8(i);
    unsigned number = second & 8 ? i->immediate : c->r[V30_CW] & 0xFF;
    unsigned bit = 1u << (number & (bits - 1));
    switch (second >> 1 & 3) {
    case 0: v30_logic(c, a & bit, bits); return;   /* TEST1 */
    case 1: a &= ~bit; break;
    case 2: a |= bit; break;
    default: a ^= bit; break;
    }
    if (bits == 16)
        v30_put_rm16(i, (uint16_t)a);
    else
        v30_put_rm8(i, (uint8_t)a);
}

/* ADD4S 20, SUB4S 22, CMP4S 26: CL digits, byte by byte, each corrected like ADJ4A and ADJ4S. Z: no byte had a bit set
   before its correction; S = AC = CY, P = Z, V = 0. CL = 0 counts 65,536 bytes, as the microcode reads (H-UNDEFINED). */
static void bcd_string(insn *i, uint8_t second)
{
    v30 *c = i->cpu;
    uint32_t count = ((c->r[V30_CW] & 0xFFu) + 1) / 2, n;
    uint16_t source = v30_segment_of(i, V30_DS0), target = c->s[V30_DS1];
    unsigned carry = 0, zero = 1;
    if (count == 0) {
        if (c->options & V30_OPTION_UNDEFINED_STOPS) {
            v30_stop(i, V30_STOP_UNDEFINED, second);
            return;
        }
        count = 0x10000;
    }
    for (n = 0; n < count; n++) {
        uint8_t b = v30_read8(i, source, (uint16_t)(c->r[V30_IX] + n));
        uint8_t a = v30_read8(i, target, (uint16_t)(c->r[V30_IY] + n));
        uint8_t r = (uint8_t)(second == 0x20 ? v30_add(c, a, b, carry, 8) : v30_sub(c, a, b, carry, 8));
        uint8_t correction = v30_decimal_correction(r, c->psw & V30_AC, c->psw & V30_CY, &carry);
        zero &= r == 0;
        if (second == 0x20)
            v30_write8(i, target, (uint16_t)(c->r[V30_IY] + n), (uint8_t)(r + correction));
        else if (second == 0x22)
            v30_write8(i, target, (uint16_t)(c->r[V30_IY] + n), (uint8_t)(r - correction));
        if (i->writes < 0xFF)
            i->writes++;
    }
    v30_set_flags(c, V30_FLAGS6, (uint16_t)((carry ? V30_S | V30_AC | V30_CY : 0) | (zero ? V30_Z | V30_P : 0)));
    i->count = count;
    i->path = carry ? PATH_USUAL : PATH_NO_CARRY;
}

/* ROL4 28, ROR4 2A: the operand is written first, then all of AL */
static void rotate_digit(insn *i, uint8_t second)
{
    v30 *c = i->cpu;
    uint8_t a = v30_get_rm8(i), al = (uint8_t)c->r[V30_AW];
    if (second == 0x28) {
        v30_put_rm8(i, (uint8_t)(a << 4 | (al & 15)));
        v30_set_al(c, (uint8_t)(al << 4 | a >> 4));
    } else {
        v30_put_rm8(i, (uint8_t)(al << 4 | a >> 4));
        v30_set_al(c, a);
    }
}

/* INS 31 39: `length` low bits of AW into the string at DS1:IY from bit `offset` on. The offset operand is written
   before AW is read. Flags: those of 15 - end. */
static void insert_field(insn *i, unsigned offset, unsigned length)
{
    v30 *c = i->cpu;
    unsigned end = offset + length;
    uint16_t segment = c->s[V30_DS1], iy = c->r[V30_IY], low = 0;
    uint32_t mask = ((1u << length) - 1) << offset, field;
    if (offset)
        low = v30_read16(i, segment, iy);
    v30_put_rm8(i, end & 15);
    field = ((uint32_t)c->r[V30_AW] << offset) & mask;
    if (end < 16) {
        low = v30_read16(i, segment, iy);
        v30_write16(i, segment, iy, (uint16_t)((low & ~mask) | field));
    } else {
        v30_write16(i, segment, iy, (uint16_t)((low & ~mask) | field));
        c->r[V30_IY] = iy = (uint16_t)(iy + 2);
        if (end > 16) {
            uint16_t high = v30_read16(i, segment, iy);
            v30_write16(i, segment, iy, (uint16_t)((high & ~(mask >> 16)) | field >> 16));
        }
    }
    v30_sub(c, 15, end, 0, 8);
}

/* EXT 33 3B: `length` bits of the string at DS0:IX from bit `offset` on into AW. Flags: those of 16 - end.
   The microcode keeps 15 - (length - 1) in AW meanwhile, so an offset in AL or AH is lost: AL leads to the whole word,
   AH to the whole word (length 16) or to a shift by 256 x length and 0. */
static void extract_field(insn *i, unsigned offset, unsigned length)
{
    v30 *c = i->cpu;
    int in_al = (i->modrm & 0xC7) == 0xC0, in_ah = (i->modrm & 0xC7) == 0xC4;
    uint16_t segment = v30_segment_of(i, V30_DS0), ix = c->r[V30_IX];
    uint32_t word = v30_read16(i, segment, ix);
    unsigned end;
    i->count |= in_al ? 0x100 : in_ah ? 0x200 : 0;
    if (in_al)
        offset = 16 - length;
    else if (in_ah)
        offset = 0;
    end = offset + length;
    if (end >= 16)
        c->r[V30_IX] = ix = (uint16_t)(ix + 2);
    if (end > 16)
        word |= (uint32_t)v30_read16(i, segment, ix) << 16;
    v30_put_rm8(i, end & 15);
    if (in_ah && length < 16)
        c->r[V30_AW] = 0;
    else if (in_al || in_ah)
        c->r[V30_AW] = (uint16_t)word;
    else
        c->r[V30_AW] = (uint16_t)(word >> offset & ((1u << length) - 1));
    v30_sub(c, 15, end - 1, 0, 8);
}

static void bit_field(insn *i, uint8_t second)
{
    const v30 *c = i->cpu;
    unsigned offset = v30_get_rm8(i) & 15;
    unsigned length = second & 8 ? i->immediate : v30_reg8(i->cpu, v30_reg_field(i));
    length = (length & 15) + 1;
    i->count = offset | (length - 1) << 4;
    i->odd = (uint8_t)((c->r[V30_IX] & 1 ? V30_ODD_IX : 0) | (c->r[V30_IY] & 1 ? V30_ODD_IY : 0));
    if (second & 2)
        extract_field(i, offset, length);
    else
        insert_field(i, offset, length);
}

/* Documented, or probed on a V30: 00 04 08 0C 21 27 do nothing, 40 60 80 A0 C0 E4 are BRKEM. */
static int known(uint8_t second)
{
    switch (second) {
    case 0x00: case 0x04: case 0x08: case 0x0C: case 0x21: case 0x27: case 0x20: case 0x22: case 0x26: case 0x28:
    case 0x2A: case 0x31: case 0x33: case 0x39: case 0x3B: case 0x40: case 0x60: case 0x80: case 0xA0: case 0xC0:
    case 0xE4: case 0xFF: return 1;
    default: return second >= 0x10 && second < 0x20;
    }
}

void v30_page_0f(insn *i)
{
    const v30 *c = i->cpu;
    code_bytes code;
    uint8_t second;
    unsigned size = 0, at = 24;
    (void)v30_fetch(i, &code);
    second = i->second;
    if (second == 0x24 || second == 0x2C || second == 0x30 || second == 0x34) {
        v30_stop(i, V30_STOP_UNDEFINED, second);
        return;
    }
    if ((c->options & V30_OPTION_UNDEFINED_STOPS) && !known(second)) {
        v30_stop(i, V30_STOP_UNDEFINED, second);
        return;
    }
    i->sub = second & 0x3F;
    if (v30_is_memory(i->modrm)) {
        size = v30_ea_form(i->modrm)->displacement;
        i->mode = (uint8_t)(1 + size);
        v30_find_operand(i, size == 2 ? (uint16_t)(code.raw >> at) : size ? (uint16_t)(int8_t)(code.raw >> at) : 0);
    }
    i->odd = (uint8_t)(i->odd | (i->mode && (i->ea & 1) ? V30_ODD_EA : 0));
    i->immediate = (uint8_t)(code.raw >> (at + 8 * size));
    i->cpu->pc = code.next;
    if (second >= 0x40) {
        v30_brkem(i, (uint8_t)(code.raw >> 16));
        return;
    }
    if (second >= 0x10 && second < 0x20)
        single_bit(i, second);
    else if (second == 0x20 || second == 0x22 || second == 0x26)
        bcd_string(i, second);
    else if (second == 0x28 || second == 0x2A)
        rotate_digit(i, second);
    else if (second == 0x31 || second == 0x33 || second == 0x39 || second == 0x3B)
        bit_field(i, second);
}

/* Signed; both bounds are read before the first is compared; flags stay. */
void v30_chkind(insn *i)
{
    int16_t value, low, high;
    if (v30_no_address(i))
        return;
    value = (int16_t)i->cpu->r[v30_reg_field(i)];
    low = (int16_t)v30_read16(i, i->ea_segment, i->ea);
    high = (int16_t)v30_read16(i, i->ea_segment, (uint16_t)(i->ea + 2));
    if (value < low)
        v30_trap(i, 5, PATH_TRAP);
    else if (value > high)
        v30_trap(i, 5, PATH_TRAP_LATE);
}

/* The level is a whole byte. */
void v30_prepare(insn *i)
{
    v30 *c = i->cpu;
    uint16_t size = (uint16_t)i->immediate, frame;
    unsigned level = i->immediate >> 16 & 0xFF;
    i->odd = (uint8_t)(i->odd | (c->r[V30_BP] & 1 ? V30_ODD_BP : 0));
    v30_push(i, c->r[V30_BP]);
    frame = c->r[V30_SP];
    if (level) {
        i->path = level == 1 ? PATH_LEVEL_1 : PATH_LEVELS;
        i->count = level - 1;
        while (--level) {
            c->r[V30_BP] = (uint16_t)(c->r[V30_BP] - 2);
            v30_push(i, v30_read16(i, c->s[V30_SS], c->r[V30_BP]));
        }
        v30_push(i, frame);
    }
    c->r[V30_BP] = frame;
    c->r[V30_SP] = (uint16_t)(c->r[V30_SP] - size);
}
