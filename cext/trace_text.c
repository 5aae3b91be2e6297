/* Lines are put together from prepared pieces: the clock's last digits come out of a table. */
#include "trace_text.h"
#include <string.h>

/* Four digits at once: the nibbles are spread over four bytes; those above 9 get 7 more, up to the letters. */
static uint8_t *put_hex4(uint8_t *at, uint32_t value)
{
    uint32_t spread = (value | value << 8) & 0x00FF00FF;
    spread = (spread | spread << 4) & 0x0F0F0F0F;
    spread += 0x30303030 + ((spread + 0x06060606) >> 4 & 0x01010101) * 7;
    at[0] = (uint8_t)(spread >> 24);
    at[1] = (uint8_t)(spread >> 16);
    at[2] = (uint8_t)(spread >> 8);
    at[3] = (uint8_t)spread;
    return at + 4;
}

static uint8_t hex_digit(uint32_t value) { return (uint8_t)(value < 10 ? '0' + value : 'A' - 10 + value); }

static uint8_t *put_hex2(uint8_t *at, uint32_t value)
{
    at[0] = hex_digit(value >> 4 & 15);
    at[1] = hex_digit(value & 15);
    return at + 2;
}

static uint8_t *put_text(uint8_t *at, const char *text)
{
    while (*text)
        *at++ = (uint8_t)*text++;
    return at;
}

static uint8_t *put_place(uint8_t *at, uint32_t place)
{
    at = put_hex4(at, place >> 16);
    *at++ = ':';
    return put_hex4(at, place & 0xFFFF);
}

void trace_text_begin(trace_text *t)
{
    for (unsigned low = 0; low < TRACE_LOW; low++)
        for (unsigned digit = 4, rest = low; digit-- > 0; rest /= 10)
            t->low[low][digit] = (uint8_t)('0' + rest % 10);
}

static void take_high(trace_text *t, uint64_t high)
{
    uint8_t reversed[20];
    unsigned size = 0;
    t->clock_high = high;
    t->digits_size = 0;
    for (; high > 0; high /= 10)
        reversed[size++] = (uint8_t)('0' + high % 10);
    while (size > 0)
        t->digits[t->digits_size++] = reversed[--size];
}

uint8_t *trace_text_clock(trace_text *t, uint8_t *at, uint64_t clock)
{
    uint64_t distance = clock - t->clock_high * TRACE_LOW;
    if (distance >= TRACE_LOW) {
        take_high(t, clock / TRACE_LOW);
        distance = clock % TRACE_LOW;
    }
    memcpy(at, t->digits, sizeof t->digits);
    at += t->digits_size;
    memcpy(at, t->low[distance], 4);
    at[4] = ' ';
    return at + 5;
}

uint8_t *trace_text_code(uint8_t *at, uint32_t place, const uint8_t *code, unsigned shown, int more)
{
    at = put_place(put_text(at, "exec "), place);
    *at++ = ' ';
    for (unsigned i = 0; i < shown; i++)
        at = put_hex2(at, code[i]);
    return more ? put_text(at, "..") : at;
}

uint8_t *trace_text_registers(uint8_t *at, unsigned changed, const uint16_t *values)
{
    static const char names[TRACE_REGISTERS][6] = {" aw=", " cw=", " dw=", " bw=", " sp=", " bp=", " ix=", " iy=",
                                                   " ds1=", " ss=", " ds0=", " psw="};
    for (unsigned n = 0; changed != 0 && n < TRACE_REGISTERS; n++, changed >>= 1)
        if (changed & 1)
            at = put_hex4(put_text(at, names[n]), values[n]);
    return at;
}

uint8_t *trace_text_access(uint8_t *at, unsigned kind, uint32_t address, int word, uint32_t value)
{
    static const char names[4][6] = {"memr ", "memw ", "in ", "out "};
    at = put_text(at, names[kind & 3]);
    if (kind < 2)
        *at++ = hex_digit(address >> 16 & 15);
    at = put_hex4(at, address & 0xFFFF);
    *at++ = ' ';
    return word ? put_hex4(at, value & 0xFFFF) : put_hex2(at, value);
}

uint8_t *trace_text_interrupt(uint8_t *at, unsigned vector, uint32_t place)
{
    if (vector > 0xFF)
        at = put_text(at, "wake");
    else
        at = put_hex2(put_text(at, "int "), vector);
    return put_place(put_text(at, " at "), place);
}
