/* What the execution unit does, clock by clock: when it takes bytes from the queue, asks for data cycles and is done.
   The micro-steps follow the microcode of the V20 (listing published with wickerwaka/nec_test, docs/V20UC.TXT): a line is
   a clock, a jump taken in it two. Rows marked MEASURED differ from a plain reading of it, or are counts of loops in it,
   and were settled by the recordings of a uPD70116C-8. Letters:
   . a clock   n the next count of clocks   ( ) a loop, as often as count
   q take a byte   s reserve the bus until x   x flush, the target's fetch may begin
   r w the operand, R W a word of it whatever the opcode   p u pop, push   l a word of the frame at SS:BP
   a b c string: source read, target read, target written   i o port   k interrupt acknowledge   v vector table, and the byte of TRANS
   f wait for the next read's data   g wait until the last write is on its way
   E done: wait for all data cycles and for the next instruction's first byte   e done without waiting
   @ in the middle of an instruction: the next element */
#include "v30_bus_unit.h"
#include "v30_core.h"

#define INTERRUPT ".s.v..v.f..f.g.u.g...u.g.u.xE"   /* vector read, PSW PS PC pushed */

/* The opcodes with (opcode & mask) == match, the modrm reg fields of `subs` (0: all), this path. */
typedef struct row {
    uint8_t mask, match, subs, path;
    const char *plain;    /* no modrm, or a register operand */
    const char *memory;
} row;

#define ANY(plain) plain, plain

static const row rows[] = {
    /* ADD OR ADDC SUBC AND SUB XOR CMP */
    {0xFE, 0x38, 0, 0, ".E", "rf..E"},
    {0xC6, 0x00, 0, 0, ".E", "rf..wE"},
    {0xC7, 0x01, 0, 0, ".E", "rf..wE"},
    {0xC6, 0x02, 0, 0, ".E", "rf..E"},
    {0xC7, 0x04, 0, 0, ANY("q..E")},
    {0xC7, 0x05, 0, 0, ANY("q.q.E")},
    {0xE7, 0x06, 0, 0, ANY(".uE")},                /* PUSH sreg */
    {0xE7, 0x07, 0, 0, ANY("p.fE")},               /* POP sreg */
    {0xF7, 0x27, 0, 0, ANY(".E")},                 /* ADJ4A ADJ4S */
    {0xF7, 0x37, 0, 0, ANY(".....E")},             /* ADJBA ADJBS */
    {0xF0, 0x40, 0, 0, ANY("E")},                  /* INC DEC reg16 */
    {0xF8, 0x50, 0, 0, ANY(".uE")},                /* PUSH */
    {0xF8, 0x58, 0, 0, ANY("p.fE")},               /* POP */
    {0xFF, 0x60, 0, 0, ANY("..u.g..u.g.u.g.u.g.u.g.u.g.u.g.uE")},        /* PUSH R */
    {0xFF, 0x61, 0, 0, ANY("p..p.f..p..f.p.f.p.f.p.f.p.f..fE")},         /* POP R */
    {0xFF, 0x62, 0, PATH_USUAL, "E", "Rf..R....f...E"},                  /* CHKIND */
    {0xFF, 0x62, 0, PATH_TRAP, "E", "Rf..R.....f..." INTERRUPT},
    {0xFF, 0x62, 0, PATH_TRAP_LATE, "E", "Rf..R....f......" INTERRUPT},
    {0xFF, 0x63, 0, 0, "E", "Rf.E"},               /* undefined, by analogy with FPO2 (H-UNDEFINED) */
    {0xFE, 0x66, 0, 0, "E", "Rf.E"},               /* FPO2 */
    {0xF8, 0xD8, 0, 0, "E", "Rf.E"},               /* FPO1 */
    {0xFF, 0x68, 0, 0, ANY("q.q.u.E")},            /* PUSH imm16 */
    {0xFF, 0x6A, 0, 0, ANY("q.u.E")},              /* PUSH imm8 */
    {0xFF, 0x69, 0, 0, "q.q.nE", "Rf.q.q.nE"},     /* MUL reg,rm,imm16; the count MEASURED */
    {0xFF, 0x6B, 0, 0, "q.nE", "Rf.q.nE"},         /* MUL reg,rm,imm8; the same */
    {0xF0, 0x70, 0, PATH_USUAL, ANY("q..E")},      /* Bcond */
    {0xF0, 0x70, 0, PATH_TAKEN, ANY("q...s.xE")},
    {0xFF, 0x81, 0x7F, 0, "q.q...E", "rf.q.q...wE"},   /* ALU rm,imm */
    {0xFC, 0x80, 0x7F, 0, "q....E", "rf.q....wE"},
    {0xFF, 0x81, 0x80, 0, "q.q...E", "rf.q.q...E"},    /* CMP rm,imm */
    {0xFC, 0x80, 0x80, 0, "q....E", "rf.q....E"},
    {0xFE, 0x84, 0, 0, "E", "rf.E"},               /* TEST */
    {0xFE, 0x86, 0, 0, ".E", "rf..wE"},            /* XCH */
    {0xFE, 0x88, 0, 0, ".E", ".wE"},               /* MOV rm,reg */
    {0xFE, 0x8A, 0, 0, ".E", "rf..E"},             /* MOV reg,rm */
    {0xFF, 0x8C, 0, 0, "E", "WE"},                 /* MOV rm,sreg */
    {0xFF, 0x8D, 0, 0, "E", "E"},                  /* LDEA */
    {0xFF, 0x8E, 0, 0, "E", "Rf.E"},               /* MOV sreg,rm */
    {0xFF, 0x8F, 0, 0, "...E", ".p.WE"},         /* POP rm */
    {0xF8, 0x90, 0, 0, ANY(".E")},                 /* XCH AW,reg */
    {0xFF, 0x98, 0, 0, ANY("E")},                  /* CVTBW */
    {0xFF, 0x99, 0, 0, ANY("...E")},               /* CVTWL */
    {0xFF, 0x9A, 0, 0, ANY("q.q.q.q..s..u.g.u.xE")},   /* CALL far */
    {0xFF, 0x9B, 0, PATH_USUAL, ANY(".E")},        /* POLL */
    {0xFF, 0x9B, 0, PATH_WAITS, ANY(".....@")},
    {0xFF, 0x9C, 0, 0, ANY(".uE")},                /* PUSH PSW */
    {0xFF, 0x9D, 0, 0, ANY("p.fE")},               /* POP PSW */
    {0xFF, 0x9E, 0, 0, ANY(".E")},                 /* MOV PSW,AH */
    {0xFF, 0x9F, 0, 0, ANY("E")},                  /* MOV AH,PSW */
    {0xFE, 0xA0, 0, 0, ANY("q.q.r.fE")},           /* MOV acc,direct */
    {0xFE, 0xA2, 0, 0, ANY("q.q.wE")},             /* MOV direct,acc */
    {0xFF, 0xA8, 0, 0, ANY("q..E")},               /* TEST acc,imm */
    {0xFF, 0xA9, 0, 0, ANY("q.q.E")},
    {0xF8, 0xB0, 0, 0, ANY("q..E")},               /* MOV reg,imm */
    {0xF8, 0xB8, 0, 0, ANY("q.q.E")},
    {0xFE, 0xC0, 0, PATH_USUAL, "q.......n.E", "rf.q.......nw.E"},   /* shifts by imm8 */
    {0xFE, 0xC0, 0, PATH_NO_COUNT, "q.......E", "rf.q.......E"},
    {0xFE, 0xD0, 0, 0, "....E", "rf.....wE"},      /* shifts by 1 */
    {0xFE, 0xD2, 0, PATH_USUAL, ".......n.E", "rf........nw.E"},       /* shifts by CL */
    {0xFE, 0xD2, 0, PATH_NO_COUNT, ".......E", "rf........E"},
    {0xFF, 0xC2, 0, 0, ANY("q.q.sp....fxE")},      /* RET pop-value */
    {0xFF, 0xC3, 0, 0, ANY("sp...fxE")},           /* RET */
    {0xFE, 0xC4, 0, 0, "E", "Rf..R.fE"},           /* MOV DS1 (DS0),reg,mem32 */
    {0xFF, 0xC6, 0, 0, "q..E", "q..wE"},           /* MOV rm,imm */
    {0xFF, 0xC7, 0, 0, "q.q.E", "q.q.wE"},
    {0xFF, 0xC8, 0, PATH_USUAL, ANY("q.q.u...q.....E")},               /* PREPARE, level 0 */
    {0xFF, 0xC8, 0, PATH_LEVEL_1, ANY("q.q.u...q........u.E")},
    {0xFF, 0xC8, 0, PATH_LEVELS, ANY("q.q.u...q.....(..l..u)...u.E")},
    {0xFF, 0xC9, 0, 0, ANY("l...fE")},             /* DISPOSE */
    {0xFF, 0xCA, 0, 0, ANY("q.q.sp..p...f..f.xE")},    /* RET far pop-value */
    {0xFF, 0xCB, 0, 0, ANY("sp..p..f..f.xE")},     /* RET far */
    {0xFF, 0xCC, 0, 0, ANY("s..." INTERRUPT)},     /* BRK 3 */
    {0xFF, 0xCD, 0, 0, ANY("q.." INTERRUPT)},      /* BRK imm8 */
    {0xFF, 0xCE, 0, PATH_USUAL, ANY(".E")},        /* BRKV */
    {0xFF, 0xCE, 0, PATH_TAKEN, ANY("...." INTERRUPT)},
    {0xFF, 0xCF, 0, 0, ANY("sp....sp.f.p.fx..fE")},    /* RETI */
    {0xFF, 0xD4, 0, 0, ANY("q.............E")},    /* CVTBD */
    {0xFF, 0xD5, 0, 0, ANY("q......E")},           /* CVTDB */
    {0xFE, 0xD6, 0, 0, ANY(".v.fE")},              /* TRANS: always a byte */
    {0xFE, 0xE0, 0, PATH_USUAL, ANY("..q.E")},     /* DBNZNE DBNZE */
    {0xFE, 0xE0, 0, PATH_TAKEN, ANY("..q...s..xE")},
    {0xFE, 0xE2, 0, PATH_USUAL, ANY("q...E")},     /* DBNZ BCWZ */
    {0xFE, 0xE2, 0, PATH_TAKEN, ANY("q....s..xE")},
    {0xFE, 0xE4, 0, 0, ANY("q.i.fE")},             /* IN OUT */
    {0xFE, 0xE6, 0, 0, ANY("q.oE")},
    {0xFE, 0xEC, 0, 0, ANY("i.fE")},
    {0xFE, 0xEE, 0, 0, ANY("oE")},
    {0xFF, 0xE8, 0, 0, ANY("q.q.s..x.uE")},        /* CALL */
    {0xFF, 0xE9, 0, 0, ANY("q.q..s.xE")},          /* BR */
    {0xFF, 0xEA, 0, 0, ANY("q.q.q.q.s.xE")},
    {0xFF, 0xEB, 0, 0, ANY("q.s..xE")},
    {0xFF, 0xF4, 0, 0, ANY("se")},                 /* HALT: no fetch begins from here on */
    {0xFF, 0xF5, 0, 0, ANY("E")},
    {0xFF, 0xF6, 0x03, 0, ".q..E", "rf..q..E"},    /* TEST rm,imm */
    {0xFF, 0xF7, 0x03, 0, ".q.q.E", "rf..q.q.E"},
    {0xFE, 0xF6, 0x0C, 0, "..E", "rf...wE"},       /* NOT NEG */
    {0xFE, 0xF6, 0xF0, PATH_USUAL, ".nE", "rf..nE"},   /* MULU MUL DIVU DIV; the count in v30_math.c */
    {0xFE, 0xF6, 0xC0, PATH_TRAP, ".n" INTERRUPT, "rf..n" INTERRUPT},
    {0xFC, 0xF8, 0, 0, ANY("E")},
    {0xFE, 0xFC, 0, 0, ANY("E")},
    {0xFE, 0xFE, 0x03, 0, "..E", "rf...wE"},       /* INC DEC */
    {0xFF, 0xFF, 0x04, 0, "..x.u.E", "Rf...x.u.E"},    /* CALL rm */
    {0xFF, 0xFF, 0x08, 0, "E", "Rf..s..R.f..s..u.g..u.xE"},
    {0xFF, 0xFF, 0x10, 0, ".xE", "Rf..xE"},        /* BR rm */
    {0xFF, 0xFF, 0x20, 0, "E", "Rf...sR.f.xE"},
    {0xFF, 0xFF, 0xC0, 0, "...uE", "Rf....uE"},    /* PUSH rm */
    /* single strings */
    {0xFE, 0x6C, 0, 0, ANY("i..cE")},
    {0xFE, 0x6E, 0, 0, ANY("a..oE")},
    {0xFE, 0xA4, 0, 0, ANY(".a..cE")},
    {0xFE, 0xA6, 0, 0, ANY(".a..b.f..fE")},
    {0xFE, 0xAA, 0, 0, ANY(".c.E")},
    {0xFE, 0xAC, 0, 0, ANY(".a..fE")},
    {0xFE, 0xAE, 0, 0, ANY(".b...f.E")},
};

/* The 0F page, by second byte, the same way. */
static const row rows_0f[] = {
    {0xFE, 0x10, 0, 0, "..E", "rf...E"},           /* TEST1 CLR1 SET1 NOT1 rm,CL */
    {0xFE, 0x12, 0, 0, "...E", "rf....wE"},
    {0xF8, 0x10, 0, 0, "..E", "rf...wE"},
    {0xFE, 0x18, 0, 0, "q..E", "rf.q..E"},         /* the same by an immediate */
    {0xFE, 0x1A, 0, 0, "q...E", "rf.q...wE"},
    {0xF8, 0x18, 0, 0, "q..E", "rf.q..wE"},
    {0xFF, 0x26, 0, PATH_USUAL, ANY("...(a...f.b.f......).......E")},     /* CMP4S; the end MEASURED */
    {0xFF, 0x26, 0, PATH_NO_CARRY, ANY("...(a...f.b.f......)........E")},
    {0xFD, 0x20, 0, PATH_USUAL, ANY("...(a...f.b.f...c...).......E")},    /* ADD4S SUB4S */
    {0xFD, 0x20, 0, PATH_NO_CARRY, ANY("...(a...f.b.f...c...)........E")},
    {0xFF, 0x28, 0, 0, "............E", "rf..........w...E"},              /* ROL4 */
    {0xFF, 0x2A, 0, 0, "................E", "rf..............w...E"},      /* ROR4 */
    {0xFF, 0x33, 0, 0, "....a.....f", "rf.....a.....f"},                  /* EXT; what follows in put_field */
    {0xFF, 0x3B, 0, 0, ".q...a.....f", "rf..q...a.....f"},
    {0xFF, 0x31, 0, 0, "..", "rf..."},                                    /* INS */
    {0xFF, 0x39, 0, 0, "..", "rf..."},
};

/* Repeated strings: from the test of CW to the first element; an element up to its jump back; behind the last. */
typedef struct repeated { uint8_t match; const char *element, *end; } repeated;
static const repeated repeats[] = {
    {0x6C, "i..c.", ".......E"}, {0x6E, "a..o.", ".......E"}, {0xA4, "a..c.", ".......E"},
    {0xA6, "b..a.f..f..", ".......E"}, {0xAA, "c.", ".......E"}, {0xAC, "a..f.", ".......E"},
    {0xAE, "b...f..", ".........E"},
};

static const char *find(const row *r, unsigned count, unsigned opcode, unsigned sub, unsigned path, int memory)
{
    for (; count--; r++)
        if ((opcode & r->mask) == r->match && (r->subs == 0 || r->subs >> sub & 1) && r->path == path)
            return memory ? r->memory : r->plain;
    return "E";   /* undocumented, nothing done (H-UNDEFINED) */
}

static char *put(char *at, const char *text)
{
    while (*text)
        *at++ = *text++;
    return at;
}

/* The path through INS or EXT by bit offset and end; the counts are in field_counts of v30_bus_unit.c. */
static char *put_field(char *at, unsigned second, unsigned count)
{
    unsigned offset = count & 15, end = offset + (count >> 4 & 15) + 1, lost = count >> 8;
    if (second & 2) {
        if (lost == 1)
            end = 16;
        else if (lost == 2)
            end = (count >> 4 & 15) + 1;
        return put(at, end == 16 ? "....nE" : end < 16 ? "...nE" : "...a.f.nE");
    }
    at = put(at, offset ? ".b.fn." : "..");
    at = put(at, second & 8 ? ".q." : "..");
    at = put(at, "........");
    if (end >= 16)
        at = put(at, "nc.....");
    return put(at, end == 16 ? "E" : "...b..n...fncE");
}

unsigned v30_steps(v30_shape shape, char *steps)
{
    unsigned opcode = shape & 0xFF, sub = shape >> SHAPE_SUB & 0x3F, mode = shape >> SHAPE_MODE & 3;
    unsigned path = shape >> SHAPE_PATH & 7, count = (unsigned)(shape >> SHAPE_COUNT) & SHAPE_COUNT_MAX;
    char *at = steps;
    const repeated *r = repeats, *repeats_end = repeats + sizeof repeats / sizeof *repeats;
    switch (opcode) {
    case SHAPE_INT: return (unsigned)(put(at, "..sk.f.k.f.." INTERRUPT) - steps);
    case SHAPE_VECTOR: return (unsigned)(put(at, "..s..." INTERRUPT) - steps);
    case SHAPE_BREAK_REPEAT: return (unsigned)(put(at, "........xe") - steps);
    case SHAPE_PASS: return (unsigned)(put(at, path ? "ne" : "sne") - steps);
    default: break;
    }
    if (opcode == 0x9B && path >= PATH_WAITS_ON)
        return (unsigned)(put(at, path == PATH_WAITED ? ".E" : ".....@") - steps);
    for (unsigned n = shape >> SHAPE_PREFIXES & 3; n > 0; n--)
        at = put(at, "q..");
    while (r < repeats_end && r->match != (opcode & 0xFE))
        r++;
    if (r < repeats_end && sub) {   /* sub = 1: repeated */
        if (path & PATH_NOTHING)
            return (unsigned)(put(at, "q............E") - steps);
        if (!(path & PATH_NEXT))
            at = put(at, "q.....");
        at = put(at, r->element);
        return (unsigned)(put(at, path & PATH_MORE ? "..@" : r->end) - steps);
    }
    at = put(at, "q");
    if (opcode == 0x0F)
        at = put(at, "..q");
    if (mode)
        at = put(at, mode == 1 ? ".q.." : mode == 2 ? ".q.q.." : ".q.q.q..");
    else
        at = put(at, v30_has_modrm(opcode, sub) ? ".q." : "..");
    if (opcode != 0x0F)
        return (unsigned)(put(at, find(rows, sizeof rows / sizeof *rows, opcode, sub, path, mode != 0)) - steps);
    at = put(at, find(rows_0f, sizeof rows_0f / sizeof *rows_0f, sub, 0, path, mode != 0));
    if (sub == 0x31 || sub == 0x33 || sub == 0x39 || sub == 0x3B)
        at = put_field(at, sub, count);
    return (unsigned)(at - steps);
}
