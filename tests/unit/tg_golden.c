/* The tone generator alone. From standard input: interpolation, loop rule, headroom and pan law, the number of words and
   the words, then "w offset value" and "f frames". To standard output: the buses, a number a line. */
#include <stdio.h>
#include "tg_mb87402.h"

static tg_mb87402 chip;
static int16_t words[4096];
static int32_t buses[TG_BUSES * 4096];

int main(void)
{
    unsigned interpolation, loop, headroom, pan, size, a, b;
    char kind;
    if (scanf("%u %u %u %u %u", &interpolation, &loop, &headroom, &pan, &size) != 5 || size > 4096)
        return 2;
    for (unsigned i = 0; i < size; i++)
        if (scanf("%hd", &words[i]) != 1)
            return 2;
    tg_init(&chip, interpolation, loop, headroom, pan);
    while (scanf(" %c %u", &kind, &a) == 2)
        if (kind == 'w' && scanf("%u", &b) == 1) {
            tg_write(&chip, a, (uint8_t)b);
        } else if (kind == 'f' && a <= 4096) {
            tg_frames(&chip, words, size, buses, a);
            for (unsigned i = 0; i < TG_BUSES * a; i++)
                printf("%d\n", (int)buses[i]);
        } else {
            return 2;
        }
    return 0;
}
