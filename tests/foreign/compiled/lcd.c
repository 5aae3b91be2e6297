/* The display: no look at its busy flag, it gets the time it needs. */
#include "board.h"

lcd_wait(n)
int n;
{
    int i;

    for (i = 0; i < n; i++)
        ;
}

lcd_byte(value, select)
int value, select;
{
    outp(PIOD, value);
    outp(PIOE, select);
    outp(PIOE, select | 4);
    outp(PIOE, select);
    lcd_wait(4);
}

lcd_init()
{
    int i;

    delay(MS(30));
    for (i = 0; i < 3; i++) {
        lcd_byte(0x38, 0);
        delay(MS(6));
    }
    lcd_byte(0x38, 0);
    lcd_byte(0x0C, 0);
    lcd_clear();
    lcd_byte(0x06, 0);
}

lcd_clear()
{
    lcd_byte(0x01, 0);
    delay(MS(4));
}

lcd_at(line, place)
int line, place;
{
    lcd_byte(0x80 | (line ? 0x40 : 0) | place, 0);
}

lcd_putc(c)
int c;
{
    lcd_byte(c, 1);
}

lcd_puts(s)
char *s;
{
    while (*s)
        lcd_putc(*s++);
}

/* a text of the strings' segment, with an end */
lcd_far(s)
char *s;
{
    int c;

    while ((c = peekb(STRINGS, s++)) != 0)
        lcd_putc(c);
}

/* n characters without an end */
lcd_field(segment, s, n)
unsigned segment;
char *s;
int n;
{
    while (n-- > 0)
        lcd_putc(peekb(segment, s++));
}

lcd_num(value, base, width, fill)
int value, base, width, fill;
{
    char buf[8];
    int n, minus;
    unsigned u;

    n = 0;
    minus = 0;
    if (value < 0 && base == 10) {
        minus = 1;
        value = -value;
    }
    u = value;
    do {
        buf[n] = "0123456789ABCDEF"[u % base];
        n++;
        u /= base;
    } while (u != 0);
    if (minus)
        buf[n++] = '-';
    while (width-- > n)
        lcd_putc(fill);
    while (n > 0)
        lcd_putc(buf[--n]);
}

/* %d %x %c %s (near) %S (in the strings' segment) %n (a name of ten), width and 0 in front */
lcd_printf(format, first)
char *format;
int first;
{
    int *arg;
    int c, width, fill;

    arg = &first;
    while ((c = *format++) != 0) {
        if (c != '%') {
            lcd_putc(c);
            continue;
        }
        width = 0;
        fill = ' ';
        c = *format++;
        if (c == '0')
            fill = '0';
        while (c >= '0' && c <= '9') {
            width = width * 10 + c - '0';
            c = *format++;
        }
        switch (c) {
        case 'c':
            lcd_putc(*arg++);
            break;
        case 'd':
            lcd_num(*arg++, 10, width, fill);
            break;
        case 'x':
            lcd_num(*arg++, 16, width, fill);
            break;
        case 's':
            lcd_puts((char *) *arg++);
            break;
        case 'S':
            lcd_far((char *) *arg++);
            break;
        case 'n':
            lcd_name((char *) *arg++);
            break;
        default:
            lcd_putc(c);
        }
    }
}

/* a name of ten in the RAM */
lcd_name(s)
char *s;
{
    int i, c;

    for (i = 0; i < 10; i++) {
        c = s[i] & 0xFF;
        lcd_putc(c < 32 || c > 126 ? '?' : c);
    }
}
