/* Packed records of a trace back to lines of text (docs/trace-format.md). One struct, which the caller allocates and
   clears. */
#ifndef KORGM1_TRACE_READ_H
#define KORGM1_TRACE_READ_H
#include "profile.h"
#include "trace_pack.h"

typedef struct trace_reader {
    trace_filter wanted;   /* lines that are written, */
    uint64_t left;         /* of which so many at most, */
    uint8_t one_vector;    /* of interrupts only those of `vector`, */
    uint8_t vector;
    uint8_t own;           /* and, if there are calls, only while the watched function runs itself, or what it calls, too */
    profile *calls;
    uint32_t counts[TRACE_KINDS];   /* of the block, written or not */
    trace_text text;
    trace_slots slots;
} trace_reader;

enum { TRACE_EXPANDS = 80 };   /* bytes of text that come out of one byte at most */

/* Once, when the struct is cleared. */
void trace_reader_begin(trace_reader *r);

/* The lines of one block of records, whose first line is at the clock `begins`. `size` bytes at `in`, and TRACE_RECORD
   more that may be looked at; room for size * TRACE_EXPANDS + 256 bytes at `out`. Returns the size of the text, or -1
   when the records are damaged. */
int64_t trace_read(trace_reader *r, uint64_t begins, const uint8_t *in, uint32_t size, uint8_t *out);
#endif
