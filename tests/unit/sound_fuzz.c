/* Random writes to all ports of the sound board, at random clocks, for the sanitisers: every frame has 20 bits, the chips
   stay valid, and a second board that never skips silence says the same. Prints writes, frames, and those skipped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sound_board.h"

enum { WORDS = 5000 };
static uint64_t state = 88172645463325252u;
static int16_t words[WORDS];
static tg_mb87402 tg[2];
static vdf_mb87404 vdf[2][2];
static mde effects[2];

static uint32_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static uint16_t port(void)
{
    uint32_t kind = draw() % 8;
    if (kind < 4)
        return (uint16_t)(SOUND_TG + draw() % TG_PORTS);
    if (kind == 4)
        return (uint16_t)(SOUND_TG + 0x20 * (draw() % TG_VOICES));
    if (kind < 7)
        return (uint16_t)(SOUND_VDF1 + draw() % (2 * VDF_PORTS));
    return (uint16_t)(SOUND_MDE + draw() % 4);
}

static void check(const sound_board *b)
{
    for (size_t i = 0; i < b->heard; i++)
        for (int k = 0; k < 4; k++)
            if (b->out[i][k] < -(1 << 19) || b->out[i][k] >= 1 << 19)
                abort();
}

static void check_alike(sound_board *const *b)
{
    if (b[0]->heard != b[1]->heard || b[0]->hash != b[1]->hash || b[0]->frame != b[1]->frame)
        abort();
    if (b[0]->heard && memcmp(b[0]->out, b[1]->out, b[0]->heard * sizeof b[0]->out[0]) != 0)
        abort();
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    uint64_t clock = 0, writes = 0, skipped = 0;
    sound_board *b[2];
    uint32_t wiring = 0;
    for (int i = 0; i < WORDS; i++)
        words[i] = (int16_t)draw();
    for (int which = 0; which < 2; which++) {
        mde_init(&effects[which], 0);
        b[which] = NULL;
    }
    for (int round = 0; round < rounds; round++) {
        if (round % 40 == 0) {
            wiring = draw();
            clock = 0;
            for (int which = 0; which < 2; which++) {
                sound_board_free(b[which]);
                tg_init(&tg[which], wiring % TG_INTERPOLATIONS, wiring >> 8 & 1, TG_HEADROOM_LEAST + wiring % 3,
                        wiring >> 9 & 1);
                vdf_init(&vdf[which][0], 1 + (wiring >> 10 & 1), wiring >> 11 & 1);
                vdf_init(&vdf[which][1], wiring >> 12 & 1 ? 4 : 2, wiring >> 11 & 1);
                mde_init(&effects[which], (uint8_t)(wiring >> 16));
                b[which] = sound_board_new(&tg[which], &vdf[which][0], &vdf[which][1], &effects[which], words, WORDS,
                                           wiring >> 13 & 1 ? 250 : 256,
                                           (wiring >> 14 & SOUND_INTERLEAVED) | (which ? SOUND_TIRELESS : 0));
                if (b[which] == NULL)
                    return 1;
                sound_board_hold(b[which], 0, 1);
                sound_board_listen(b[which], 1);
            }
        }
        for (int w = 0; w < 1000; w++, writes++) {
            uint32_t kind = draw() % 2000, value = draw() % 4 ? draw() : draw() & 3;
            uint16_t where = port();
            clock += draw() % (kind == 0 ? 4000000 : kind < 20 ? 20000 : 500);
            for (int which = 0; which < 2; which++) {
                if (kind == 1)
                    sound_board_hold(b[which], clock, (int)(value & 1));
                else if (kind == 2)
                    sound_board_hold(b[which], clock, 1);
                else if (kind < 5)      /* silence */
                    for (uint16_t v = 0; v < TG_VOICES; v++)
                        sound_board_write(b[which], clock, (uint16_t)(SOUND_TG + 0x20 * v), 0);
                else
                    sound_board_write(b[which], clock, where, (uint8_t)value);
                if (kind == 6)
                    sound_board_run(b[which], clock + value % 10000);
            }
        }
        for (int which = 0; which < 2; which++) {
            sound_board_run(b[which], clock);
            check(b[which]);
            if (!tg_valid(&tg[which]) || !vdf_valid(&vdf[which][0]) || !vdf_valid(&vdf[which][1])
                || !mde_valid(&effects[which]) || b[which]->lost)
                abort();
        }
        check_alike(b);
        skipped += b[0]->skipped;
        b[0]->skipped = 0;
        sound_board_taken(b[0]);
        sound_board_taken(b[1]);
    }
    printf("%llu %llu\n", (unsigned long long)writes, (unsigned long long)skipped);
    sound_board_free(b[0]);
    sound_board_free(b[1]);
    return 0;
}
