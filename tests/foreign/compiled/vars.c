/* Variables of both code segments, and data that is copied to the RAM at start. */
#include "board.h"

unsigned ticks;
unsigned char column;
unsigned char matrix[7];
unsigned char keyq[8];
unsigned char key_in, key_out;
unsigned char rxq[64];
unsigned char rx_in, rx_out;
unsigned char rx_lost;
int page;
int field;
int redraw;
char *notice;
unsigned notice_at;
unsigned char midi_state;
unsigned char midi_len;
unsigned char midi_buf[16];
unsigned char cell;
unsigned char porta = 0x30;

/* what each key of the matrix is worth as a digit; FF: none */
unsigned char digits[42] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0, 1, 2, 3, 4, 0xFF, 5, 6, 7, 8, 9, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
};
