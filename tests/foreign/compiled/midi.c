/* The second code segment: what comes in over MIDI. */
#include "board.h"

extern unsigned char rx_in, rx_out, rxq[64], midi_state, midi_len, midi_buf[16];
extern int redraw;
extern char *notice;
#if VERSION != 24
extern char S_SENT[];
#endif

#define IDLE 0
#define INSIDE 1
#define PROGRAM 2

far_midi()
{
    int c;

    while (rx_in != rx_out) {
        c = rxq[rx_out];
        rx_out = (rx_out + 1) & 63;
        if (c < 0xF8)
            midi_byte(c);
    }
}

midi_byte(c)
int c;
{
    if (c & 0x80) {
        if (c == 0xF7 && midi_state == INSIDE)
            exclusive();
        midi_state = IDLE;
        midi_len = 0;
        if (c == 0xF0)
            midi_state = INSIDE;
        else if (c == (0xC0 | ST->channel))
            midi_state = PROGRAM;
        return;
    }
    switch (midi_state) {
    case INSIDE:
        if (midi_len < 16)
            midi_buf[midi_len++] = c;
        break;
    case PROGRAM:
        if (c < PROGS) {
            ST->current = c;
            far_seal();
            notice = 0;
            redraw = 1;
        }
    }
}

head(function)
int function;
{
    far_send(0xF0);
    far_send(0x42);
    far_send(0x30 | ST->channel);
    far_send(0x19);
    far_send(function);
}

/* eight bytes for seven: their high bits first */
packed(p, n)
unsigned char *p;
int n;
{
    int i, k;
    unsigned char high;

    while (n > 0) {
        k = n < 7 ? n : 7;
        high = 0;
        for (i = 0; i < k; i++)
            if (p[i] & 0x80)
                high |= 1 << i;
        far_send(high);
        for (i = 0; i < k; i++)
            far_send(p[i] & 0x7F);
        p += k;
        n -= k;
    }
}

identity()
{
    far_send(0xF0);
    far_send(0x7E);
    far_send(ST->channel);
    far_send(6);
    far_send(2);
    far_send(0x42);
    far_send(0x19);
    far_send(0);
    far_send(0);
    far_send(0);
    far_send(VERSION);
    far_send(0);
    far_send(1);
    far_send(0);
    far_send(0xF7);
}

exclusive()
{
    if (midi_len == 4 && midi_buf[0] == 0x7E && midi_buf[2] == 6 && midi_buf[3] == 1) {
        identity();
        return;
    }
    if (midi_len < 4 || midi_buf[0] != 0x42 || midi_buf[1] != (0x30 | ST->channel) || midi_buf[2] != 0x19)
        return;
    switch (midi_buf[3]) {
    case 0x10:
        head(0x40);
        packed(&ST->prog[ST->current], PROG_SIZE);
        far_send(0xF7);
#if VERSION != 24
        notice = S_SENT;
        redraw = 1;
#endif
        break;
#if VERSION != 24
    case 0x12:
        head(0x42);
        far_send(2);
        far_send(0);
        far_send(0xF7);
        break;
#endif
    }
}
