/* Lines of a trace: their kinds, which are wanted, and their text (docs/trace-format.md). */
#ifndef KORGM1_TRACE_TEXT_H
#define KORGM1_TRACE_TEXT_H
#include <stdint.h>

enum {   /* kinds of line; those of an access are TRACE_ACCESS + CYCLE_* */
    TRACE_INSTRUCTION, TRACE_INTERRUPT, TRACE_WAKE, TRACE_ACCESS, TRACE_KINDS = TRACE_ACCESS + 4
};

enum {   /* what is wanted of an address */
    TRACE_EXEC = 1,
    TRACE_MEMR = 2,
    TRACE_MEMW = 4,
    TRACE_IN = 1,    /* of a port */
    TRACE_OUT = 2
};

typedef struct trace_filter {
    uint8_t memory[0x100000];   /* by address, TRACE_EXEC ... */
    uint8_t port[0x10000];      /* by port, TRACE_IN, TRACE_OUT */
    uint8_t interrupts;         /* wanted, and wakes */
    uint64_t first_clock, end_clock;   /* first_clock <= clock < end_clock */
} trace_filter;

static inline int trace_wants_clock(const trace_filter *f, uint64_t clock)
{
    return clock >= f->first_clock && clock < f->end_clock;
}

static inline int trace_wants_access(const trace_filter *f, unsigned kind, uint32_t address)
{
    static const uint8_t bits[4] = {TRACE_MEMR, TRACE_MEMW, TRACE_IN, TRACE_OUT};
    return kind < 2 ? f->memory[address & 0xFFFFF] & bits[kind] : kind < 4 ? f->port[address & 0xFFFF] & bits[kind] : 0;
}

enum { TRACE_REGISTERS = 12, TRACE_LOW = 10000, TRACE_CODE = 16 };   /* TRACE_CODE: bytes of code shown at most */

typedef struct trace_text {
    uint8_t low[TRACE_LOW][4];  /* the last four digits of a clock */
    uint64_t clock_high;        /* clock / TRACE_LOW, whose digits these are */
    uint8_t digits[16];
    uint8_t digits_size;
} trace_text;

/* Once, when the struct is cleared. */
void trace_text_begin(trace_text *t);

/* Each writes at `at` and returns where its text ends; a line is at most 256 bytes, and 16 more are written to.
   First the clock, at least four digits, and a space; */
uint8_t *trace_text_clock(trace_text *t, uint8_t *at, uint64_t clock);

/* then one of: "exec PS:PC bytes" and ".." when there are more than `shown`, with registers behind it; */
uint8_t *trace_text_code(uint8_t *at, uint32_t place, const uint8_t *code, unsigned shown, int more);

/* those of `changed`, bit by bit, of AW CW DW BW SP BP IX IY DS1 SS DS0 PSW; */
uint8_t *trace_text_registers(uint8_t *at, unsigned changed, const uint16_t *values);

/* "memr 01234 56"; `kind` is a CYCLE_*; */
uint8_t *trace_text_access(uint8_t *at, unsigned kind, uint32_t address, int word, uint32_t value);

/* "int 20 at PS:PC", or "wake at PS:PC" when the vector is above FF. */
uint8_t *trace_text_interrupt(uint8_t *at, unsigned vector, uint32_t place);
#endif
