/* The board as this firmware uses it: ports, memory, the stored data. */

#define ICU0 0x60           /* the units of the V50, where init.s puts them */
#define ICU1 0x62
#define TCU0 0x70
#define TCU1 0x72
#define TCUMODE 0x76
#define SCUDATA 0x80
#define SCUSTAT 0x82
#define SCUMODE 0x84
#define SCUMASK 0x86

#define MDE 0x0500
#define ADC 0x0900
#define PIOA 0x0A00
#define PIOB 0x0A02
#define PIOC 0x0A04
#define PIOD 0x0A06
#define PIOE 0x0A08
#define PIODIR 0x0A0C
#define PIODIRE 0x0A0E
#define TG 0x1000

#define TX_READY 1
#define RX_READY 2
#define RX_ERROR 0x38

#define CELL 6              /* the converter's channel of the internal battery */

#define STRINGS 0xE800      /* segments of the constants */
#define NAMES 0xEC00

#if VERSION == 24
#define CELL_LOW 0x73
#define STORE 0x7800        /* in the data segment: 8000 in the memory */
#define TICKS_S 1000
#define BANNER_MS 800
#define SOUNDS 24
#define CLEAR_KEY K_GLOBAL
#else
#define CELL_LOW 0x7B
#define STORE 0x7A00
#define TICKS_S 500
#define BANNER_MS 1200
#define SOUNDS 26
#define CLEAR_KEY K_SEQ
#endif

#define MS(t) ((t) / (1000 / TICKS_S))

#define PROGS 50
#define PROG_SIZE 143
#define MAGIC 0x4B1D

struct prog {
    char name[10];
    unsigned char sound;
    unsigned char level;
    unsigned char cutoff;
    unsigned char rest[PROG_SIZE - 13];
};

struct store {
    unsigned magic;
    unsigned char sum;
    unsigned char channel;
    unsigned char current;
    char tune;
    char transpose;
    unsigned char spare;
    struct prog prog[PROGS];
};

#define ST ((struct store *) STORE)

struct page {
    char *title;
    int (*draw)();
    int (*key)();
};

struct regval {
    unsigned port;
    unsigned char value;
};

#define K_INT 2
#define K_CARD 3
#define K_COMBI 4
#define K_PROG 8
#define K_EDIT 9
#define K_SEQ 10
#define K_GLOBAL 11
#define K_UP 12
#define K_DOWN 13
#define K_NONE -1

int inp();
int outp();
