/* NEC V30 core (the CPU inside the uPD70216 V50). One struct, no globals, integers only. */
#ifndef KORGM1_V30_H
#define KORGM1_V30_H
#include <stdint.h>
#include "bus.h"

enum { V30_AW, V30_CW, V30_DW, V30_BW, V30_SP, V30_BP, V30_IX, V30_IY };
enum { V30_DS1, V30_PS, V30_SS, V30_DS0 };   /* ES CS SS DS, in the encoding's order */

enum {   /* PSW bits */
    V30_CY = 0x0001, V30_P = 0x0004, V30_AC = 0x0010, V30_Z = 0x0040, V30_S = 0x0080,
    V30_BRK = 0x0100, V30_IE = 0x0200, V30_DIR = 0x0400, V30_V = 0x0800, V30_MD = 0x8000
};
#define V30_PSW_WRITABLE 0x0FD5
#define V30_PSW_ONES 0xF002

enum {   /* why the core stopped for good */
    V30_STOP_NONE = 0,
    V30_STOP_UNDEFINED = 1,   /* an opcode on which silicon runs away or locks up */
    V30_STOP_PREFIXES = 3     /* a whole segment of prefixes: no instruction ever begins */
};

enum {   /* guesses that can be made otherwise */
    V30_OPTION_UNDEFINED_STOPS = 1,    /* H-UNDEFINED: opcodes nobody documented stop the core; else they do nothing */
    V30_OPTION_POP_SEGMENT_PLAIN = 2,  /* H-POPSEG: POP sreg leaves no interrupt shadow; else it does */
    V30_OPTION_8080_FLAGS = 4,         /* H-8080-FLAGS: AC and V in 8080 mode as on an 8080; else as in native mode */
    V30_OPTION_8080_STATES = 8,        /* H-8080-CLOCKS: the states of an 8080A; else clocks of like native code */
    V30_OPTION_CALLN_CLEARS = 16,      /* H-CALLN: CALLN clears IE and BRK; else it keeps them */
    V30_OPTION_FRESH_QUEUE = 64,       /* H-STALE: bytes in the queue follow stores to memory; else they stay as fetched */
    V30_OPTION_WRITE_OVERLAP = 32      /* H-WRITE-OVERLAP: the next instruction begins while a memory write ends, as on a
                                          V50; else behind it, as on a V30 */
};

enum {
    V30_EMULATING = 1,   /* 8080 emulation mode: MD = 0 in psw */
    V30_STALE = 2        /* the queue holds bytes of `stale` */
};
enum { V30_STALE_BYTES = 6 };

typedef struct v30_stale_byte {   /* memory has changed since it was fetched */
    uint32_t address;
    uint8_t byte;
} v30_stale_byte;

enum { V30_SHADOW_INT = 1, V30_SHADOW_NMI = 2 };   /* what the next boundary does not sample */

/* What an instruction did to the bus unit, remembered: see v30_bus_unit.c. */
enum { V30_REMEMBERED_BITS = 13 };
enum { V30_PLACES_BITS = 12 };
typedef struct v30_place {   /* the answer the instruction at an address got last */
    uint64_t key;
    uint32_t state, state_early;
    uint16_t clocks, early;
} v30_place;
typedef struct v30_remembered {
    uint64_t key;     /* shape and state before; 0 = nothing */
    uint64_t extra;   /* waits, and what the refresh unit asks for */
    uint32_t state, state_early;   /* behind it */
    uint16_t clocks, early;
} v30_remembered;

/* Wait states of the CPU's bus cycles, 0 to 3 (uPD70216: WMB, WCY1). Ports on the chip have none: those of the page FF
   and those of the page `onchip_page` (A15-A8) whose bit is set in `onchip`. */
typedef struct v30_waits {
    uint32_t lower_end, upper_start;   /* addresses: lower below, upper from there on, middle between */
    uint8_t lower, middle, upper, io;
    uint8_t onchip_page;
    uint8_t onchip[32];
} v30_waits;

enum { V30_CODE_MIXED = 0xFF };
typedef struct v30_code {   /* what is fetched next */
    uint16_t ps, pc;
    uint8_t waits;         /* of its fetches, or V30_CODE_MIXED about the end of a block or a segment */
} v30_code;

typedef struct v30 {
    uint16_t r[8];
    uint16_t s[4];
    uint16_t pc;
    uint16_t psw;
    uint64_t clock;        /* CPU clocks since power-on; inside a callback: at the start of the instruction
                              (of the element, in a repeated string instruction) */
    uint64_t horizon;      /* v30_run returns at the first boundary at or after it; a callback may lower it */
    int64_t int_since, nmi_since;   /* when the pin rose; may lie ahead of clock */
    uint64_t instructions; /* executed so far; a repeated string instruction counts once */
    union {
        uint64_t attention;    /* all eight at once: 0 = the next boundary has nothing to look at */
        struct {
            uint8_t int_line;      /* level of the ICU's INT output */
            uint8_t nmi_latch;     /* a rising edge was seen and not yet taken */
            uint8_t halted;
            uint8_t shadow;        /* V30_SHADOW_* */
            uint8_t trap_armed;    /* BRK was 1 when the last instruction began: vector 1 at the next boundary */
            uint8_t stop;          /* V30_STOP_* */
            uint8_t rep_active;    /* between two elements of a repeated string instruction, see below */
            uint8_t state;         /* V30_EMULATING, V30_STALE */
        };
    };
    uint8_t poll_line;     /* level of the POLL# pin */
    uint8_t md_writable;   /* between BRKEM and RETEM */
    uint8_t options;       /* V30_OPTION_*, 0 after a reset of the whole struct */
    uint8_t stop_code[2];  /* the first opcode bytes after the prefixes */
    uint16_t stop_ps, stop_pc;   /* the first prefix byte of that instruction */
    /* A repeated string instruction between two of its elements: pc stays on the first prefix byte, the next
       v30_execute goes on without fetching it again. */
    uint8_t rep_prefix;    /* F2 F3 64 65 */
    uint8_t rep_opcode;
    uint8_t rep_segment;   /* V30_DS1.. of the source */
    uint8_t polling;       /* POLL has found its pin high */
    uint16_t rep_next;     /* pc after the instruction */
    uint16_t psw_before;   /* of the last POP PSW that left IE 1, which was 1 before: see v30_pop_psw.c */
    uint16_t popped_pc;    /* pc behind it */
    uint64_t popped_at;    /* `instructions` behind it; 0 = there was none */
    uint32_t bus_unit;     /* state of the bus unit at this boundary, packed (v30_bus_unit.c) */
    uint32_t bus_unit_early;   /* and `early` clocks before it, when all was done but the wait for the next byte */
    uint16_t early;
    uint8_t stale_count;   /* with V30_STALE */
    v30_stale_byte stale[V30_STALE_BYTES];
    uint8_t slow_bus;      /* there are waits or refreshes */
    v30_code code;         /* the queue's, with slow_bus */
    v30_waits waits;
    uint32_t refresh_interval;   /* clocks; 0 = no refresh */
    uint8_t refresh_waits;
    uint32_t bus_settings; /* counts changes to waits and refresh */
    uint64_t refresh_next; /* clock at which the next refresh is asked for, */
    uint64_t refresh_next_early;   /* and as it was `early` clocks ago */
    uint64_t cycle_waits;  /* of the running instruction's data cycles, see v30_cycle_waits; with slow_bus only */
    uint32_t cycles;       /* number of them */
    board_bus *bus;
    v30_remembered remembered[1 << V30_REMEMBERED_BITS];   /* no state: may be forgotten at any time, */
    v30_place places[1 << V30_PLACES_BITS];                /* and neither is this */
} v30;

/* RESET: PS FFFF, PC 0, PSW F002, other segments 0, queue empty; general registers are left alone. */
void v30_reset(v30 *cpu);

/* The boundary between two instructions: single step, NMI, INT, the shadows, the end of HALT. When something is taken:
   vectoring done, its clocks added to cpu->clock and returned; else 0. Uses up the shadow. */
uint32_t v30_accept_interrupts(v30 *cpu);

/* Whether v30_accept_interrupts would vector now; HALT, out of which it may wake, is not looked at. */
int v30_will_vector(const v30 *cpu);

/* One whole instruction with its prefixes, or one element of a repeated string instruction; looks at no interrupt.
   Returns its clocks and adds them to cpu->clock; 0 when halted or stopped. An instruction that sets cpu->stop
   changes nothing else and takes 0 clocks. */
uint32_t v30_execute(v30 *cpu);

/* v30_accept_interrupts, and when nothing was taken v30_execute. */
uint32_t v30_step(v30 *cpu);

/* Halted or stopped: the time up to the horizon, or to the next pin, passes. */
void v30_let_pass(v30 *cpu);

/* v30_step to the first boundary at or after cpu->horizon. A halted or stopped core lets the time pass. */
void v30_run(v30 *cpu);

/* What else than v30_run moves PC says so: the queue is refilled from there. */
void v30_flush_queue(v30 *cpu);

/* The queue holds `bytes` at PC and the bus is idle; 0: the first was just fetched behind a jump. */
void v30_prefetch(v30 *cpu, unsigned bytes);

/* The state was put in from outside; its waits may still have to be set. */
void v30_restored(v30 *cpu);

/* Can bus_unit or bus_unit_early have this value? */
int v30_is_bus_unit(uint32_t state);

/* From now on (H-WAITS). */
void v30_set_waits(v30 *cpu, const v30_waits *waits);

/* A refresh cycle with `waits` is asked for every `interval` clocks, 0 = never, else at least V30_REFRESH_LEAST, which
   leaves time for the CPU (H-REFRESH). A change starts the interval anew. */
enum { V30_REFRESH_LEAST = 40 };
void v30_set_refresh(v30 *cpu, uint32_t interval, unsigned waits);

enum {   /* what the clocks of an instruction depend on */
    V30_KIND_PLAIN = 0,    /* its operands' addresses */
    V30_KIND_BRANCH = 1,   /* the same, and whether it jumps */
    V30_KIND_DATA = 2      /* the data (MUL DIV, shifts by CL, strings, BCD and bit fields, traps, undefined opcodes):
                              only v30_execute can tell */
};

typedef struct v30_decoded {
    uint16_t length;        /* bytes, prefixes included */
    uint16_t prefixes;      /* bytes of prefixes */
    uint8_t opcode;         /* first byte after the prefixes */
    uint8_t second;         /* 0F page: the second byte, else 0 */
    uint8_t has_modrm;
    uint8_t modrm;
    uint8_t memory;         /* the modrm names memory */
    uint8_t segment;        /* V30_DS1.. by a prefix, or 0xFF */
    uint8_t rep;            /* F2 F3 64 65, or 0 */
    uint8_t kind;           /* V30_KIND_* */
    uint8_t shadow;         /* V30_SHADOW_* it leaves behind, for PLAIN and BRANCH kinds */
    uint8_t ea_words;       /* word transfers by the modrm or direct address */
    uint8_t stack_words;    /* word transfers at SS:SP (in a branch: only when taken) */
    uint8_t io_words;       /* word transfers at a port */
    uint64_t shape;         /* for v30_time (v30_bus_unit.h), without path, odd, target and count */
    uint32_t count;
    uint16_t displacement;  /* of the modrm form, sign extended, or the direct offset of A0-A3, the port of E4-E7 */
} v30_decoded;

/* Decode the instruction at PS:PC from plain memory (bytes of other pages read FF), without executing it.
   Returns its length in bytes. */
int v30_decode(const board_bus *bus, uint16_t ps, uint16_t pc, v30_decoded *out);

/* With V30_STALE: what the queue holds for the code byte at `address`, whose memory holds `value`. */
uint8_t v30_stale_byte_at(const v30 *cpu, uint32_t address, uint8_t value);

/* The one at PS:PC, as the queue has it. */
int v30_decode_next(const v30 *cpu, v30_decoded *out);

/* Clocks of a PLAIN or BRANCH instruction, from cpu as it is before it, when it leads to PC = target: the number
   v30_execute would return. For V30_KIND_DATA: 0. */
uint32_t v30_clocks(const v30 *cpu, const v30_decoded *in, uint16_t target);
#endif
