/* Three pages, and what the keys do on them. */
#include "board.h"

extern int page, field, redraw;
extern unsigned ticks, notice_at;
extern char *notice;
extern unsigned char digits[42];
extern char S_EDIT[], S_GLOB[], N_SOUNDS[];

int play_draw(), play_key(), edit_draw(), edit_key(), glob_draw(), glob_key();

struct page pages[3] = {
    { "PLAY", play_draw, play_key },
    { "EDIT", edit_draw, edit_key },
    { "GLOBAL", glob_draw, glob_key },
};

struct prog *this()
{
    return &ST->prog[ST->current];
}

play_draw()
{
    struct prog *p;

    p = this();
    lcd_at(0, 0);
    lcd_printf("%s  I%02d %n", pages[page].title, ST->current, p->name);
    lcd_at(0, 28);
    lcd_printf("Ch%2d", ST->channel + 1);
    lcd_at(1, 0);
    if (notice)
        lcd_far(notice);
    else {
        lcd_puts("Sound ");
        lcd_field(NAMES, N_SOUNDS + 10 * (p->sound % SOUNDS), 10);
    }
}

select(n)
int n;
{
    if (n < 0)
        n = PROGS - 1;
    if (n >= PROGS)
        n = 0;
    ST->current = n;
    far_seal();
    notice = 0;
    redraw = 1;
}

play_key(code)
int code;
{
    int d;

    switch (code) {
    case K_UP:
        select(ST->current + 1);
        break;
    case K_DOWN:
        select(ST->current - 1);
        break;
    default:
        d = digits[code];
        if (d != 0xFF)
            select((ST->current * 10 + d) % 100 % PROGS);
    }
}

edit_draw()
{
    struct prog *p;

    p = this();
    lcd_at(0, 0);
    lcd_field(STRINGS, S_EDIT, 40);
    lcd_at(1, 0);
    lcd_printf("%n%c %3d      %c%3d", p->name, field ? ' ' : '>', p->level, field ? '>' : ' ', p->cutoff);
}

int limit(value, low, high)
int value, low, high;
{
    if (value < low)
        return low;
    return value > high ? high : value;
}

edit_key(code)
int code;
{
    int step;
    struct prog *p;

    p = this();
    step = 0;
    switch (code) {
    case 14:
    case 15:
    case 16:
    case 17:
        field = code & 1;
        break;
    case K_UP:
        step = 1;
        break;
    case K_DOWN:
        step = -1;
        break;
    }
    if (field)
        p->cutoff = limit(p->cutoff + step, 0, 127);
    else
        p->level = limit(p->level + step, 0, 99);
    far_seal();
    redraw = 1;
}

glob_draw()
{
    lcd_at(0, 0);
    lcd_field(STRINGS, S_GLOB, 40);
    lcd_at(1, 12);
    lcd_printf("%2d     %3d    %3d", ST->channel + 1, ST->tune, ST->transpose);
}

glob_key(code)
int code;
{
    int step;

    step = code == K_UP ? 1 : code == K_DOWN ? -1 : 0;
    switch (field) {
    case 0:
        ST->channel = limit(ST->channel + step, 0, 15);
        break;
    case 1:
        ST->tune = limit(ST->tune + step, -50, 50);
        break;
    case 2:
        ST->transpose = limit(ST->transpose + step, -12, 12);
        break;
    case 3:
    case 4:
        field = 0;
    }
    if (code >= 14 && code <= 16)
        field = code - 14;
    far_seal();
    redraw = 1;
}

go(n)
int n;
{
    page = n;
    field = 0;
    redraw = 1;
    notice = 0;
    outp(PIOC, n == 0 ? 0x11 : n == 1 ? 0x21 : 0x81);
}

keys()
{
    int code;

    code = key_get();
    switch (code) {
    case K_NONE:
        return;
    case K_PROG:
        go(0);
        break;
    case K_EDIT:
        go(1);
        break;
    case K_GLOBAL:
        go(2);
        break;
    default:
        (*pages[page].key)(code);
    }
}

draw()
{
    if (redraw) {
        redraw = 0;
        lcd_clear();
        (*pages[page].draw)();
    }
}
