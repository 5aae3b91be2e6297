/* Interrupts, keys, the converter, the serial port. */
#include "board.h"

extern unsigned ticks;
extern unsigned char column, matrix[7], keyq[8], key_in, key_out;
extern unsigned char rxq[64], rx_in, rx_out, rx_lost, porta;

/* called by the interrupt's entry, once a tick */
tick()
{
    unsigned char now, fresh;
    int row;

    ticks++;
    now = ~inp(PIOB) & 0x3F;
    fresh = now & ~matrix[column];
    matrix[column] = now;
    if (fresh)
        for (row = 0; row < 6; row++)
            if (fresh & (1 << row))
                key_push(column * 6 + row);
    if (++column == 7)
        column = 0;
    outp(PIOA, porta | column);
}

key_push(code)
int code;
{
    unsigned char next;

    next = (key_in + 1) & 7;
    if (next != key_out) {
        keyq[key_in] = code;
        key_in = next;
    }
}

int key_get()
{
    int code;

    if (key_in == key_out)
        return K_NONE;
    code = keyq[key_out];
    key_out = (key_out + 1) & 7;
    return code;
}

key_held(code)
int code;
{
    return matrix[code / 6] & (1 << code % 6);
}

serial()
{
    unsigned char next;
    int status;

    while ((status = inp(SCUSTAT)) & RX_READY) {
        if (status & RX_ERROR) {
            outp(SCUSTAT, 0x15);
            rx_lost = 1;
        }
        next = (rx_in + 1) & 63;
        rxq[rx_in] = inp(SCUDATA);
        if (next != rx_out)
            rx_in = next;
        else
            rx_lost = 1;
    }
}

int serial_get()
{
    int c;

    if (rx_in == rx_out)
        return -1;
    c = rxq[rx_out];
    rx_out = (rx_out + 1) & 63;
    return c;
}

far_send(c)
int c;
{
    while ((inp(SCUSTAT) & TX_READY) == 0)
        ;
    outp(SCUDATA, c);
}

delay(n)
unsigned n;
{
    unsigned from;

    from = ticks;
    while (ticks - from <= n)
        ;
}

/* one conversion of a channel, by hand */
int convert(channel)
int channel;
{
    porta = (porta & 0x80) | channel << 3;
    disable();
    outp(PIOA, porta);
    outp(PIOA, porta | 0x40);
    outp(PIOA, porta);
    enable();
    lcd_wait(40);
    return inp(ADC);
}
