/* Power-on and the loop. */
#include "board.h"

extern unsigned ticks, notice_at;
extern int redraw;
extern char *notice;
extern unsigned char cell, key_in, key_out, porta;
extern char S_BANNER[], S_VERSION[], S_CELL[], S_BAD[], S_CLEAR[];
#if VERSION == 24
extern char S_BUILT[];
#endif

/* the sound chips, quiet */
struct regval quiet[] = {
    { MDE, 0x00 }, { MDE + 2, 0x00 }, { MDE, 0x01 }, { MDE + 2, 0x40 },
    { TG + 0x10, 0x00 }, { TG + 0x12, 0x00 }, { TG + 0x14, 0xFF },
#if VERSION != 24
    { TG + 0x16, 0x0F },
#endif
    { 0, 0 },
};

chips()
{
    struct regval *r;

    porta |= 0x80;
    outp(PIOA, porta);
    for (r = quiet; r->port; r++)
        outp(r->port, r->value);
}

banner()
{
    lcd_at(0, 6);
    lcd_far(S_BANNER);
    lcd_at(1, 10);
    lcd_far(S_VERSION);
}

say(text)
char *text;
{
    lcd_clear();
    lcd_at(0, 0);
    lcd_far(text);
    delay(MS(1000));
}

battery()
{
    int i;
    unsigned sum;

    sum = 0;
    for (i = 0; i < 4; i++)
        sum += convert(CELL);
    cell = sum / 4;
    if (cell < CELL_LOW)
        notice = S_CELL;
}

memory()
{
    if (key_held(CLEAR_KEY)) {
        far_setup();
        say(S_CLEAR);
    } else if (!far_valid()) {
        far_setup();
        say(S_BAD);
    }
}

main()
{
    enable();
    lcd_init();
    banner();
    delay(MS(BANNER_MS));
#if VERSION == 24
    if (key_held(K_CARD))
        say(S_BUILT);
#endif
    memory();
    battery();
    chips();
    key_out = key_in;
    go(0);
    if (cell < CELL_LOW)
        notice = S_CELL;
    for (;;) {
        far_midi();
        keys();
        draw();
    }
}
