/* Random writes to the TG, for the sanitisers: any port, whole voices near the words there are, any frames, and damaged
   copies that tg_valid lets through. Prints the number of writes, frames and damaged copies run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tg_mb87402.h"

enum { WORDS = 300, MOST = 100 };

static uint64_t state = 88172645463325252u;
static tg_mb87402 chip, copy;
static int16_t *words;

static uint32_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static void run(tg_mb87402 *t, uint32_t n)
{
    int32_t samples[TG_VOICES * TG_BLOCK], buses[TG_BUSES * MOST];
    uint32_t sounding = tg_sounding(t), size = draw() % 8 ? WORDS : draw() % WORDS;
    if (draw() % 4) {
        tg_frames(t, words, size, buses, n);
    } else {
        n = n < TG_BLOCK ? n : TG_BLOCK;
        tg_samples(t, words, size, samples, n);
        for (uint32_t v = 0; v < TG_VOICES; v++)
            for (uint32_t i = 0; i < n; i++) {
                int32_t *sample = &samples[v * TG_BLOCK + i];
                if (*sample < -(1 << 23) || *sample >= 1 << 23 || (*sample && !(sounding >> v & 1)))
                    abort();
                *sample = draw() % 2 ? (int32_t)(draw() & 0xFFFFFF) - (1 << 23) : draw() % 2 ? (1 << 23) - 1 : -(1 << 23);
            }
        tg_mix(t, samples, buses, n);
    }
    for (uint32_t i = 0; i < TG_BUSES * n; i++)
        if (buses[i] < -(1 << 19) || buses[i] >= 1 << 19)
            abort();
    if (draw() % 16 == 0 && !tg_sounding(t))
        tg_skip(t, draw());
}

static unsigned long number(uint32_t at, uint32_t value, uint32_t bytes)
{
    for (uint32_t k = 0; k < bytes; k++)
        tg_write(&chip, at + k, (uint8_t)(value >> 8 * k));
    return bytes;
}

/* A voice whose addresses lie in the words or a little behind them, keyed anew. */
static unsigned long voice(void)
{
    uint32_t at = 0x20 * (draw() % TG_VOICES);
    unsigned long writes = number(at, draw() & 2, 1) + number(at + 0x01, draw(), 1);
    for (uint32_t k = 0; k < 3; k++)
        writes += number(at + 0x0A + 4 * k, draw() % 4 ? draw() % (WORDS + 50) : draw(), 3);
    writes += number(at + 0x04, draw(), 2) + number(at + 0x02, draw(), 2);
    writes += number(at + 0x06, draw() % 2 ? draw() : draw() % (1 << 21), 3);
    return writes + number(at, 1 | draw(), 1);
}

int main(int argc, char **argv)
{
    unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 1, writes = 0, frames = 0, damaged = 0;
    words = malloc(WORDS * sizeof *words);
    for (uint32_t i = 0; i < WORDS; i++)
        words[i] = (int16_t)(draw() % 4 ? draw() & 0xFFFF : draw() % 2 ? 0x7FFF : 0x8000);
    for (unsigned long round = 0; round < rounds; round++) {
        if (round % 50 == 0)
            tg_init(&chip, draw() % TG_INTERPOLATIONS, draw() % 2, 2 + draw() % 3, draw() % 2);
        for (uint32_t k = 0; k < 20; k++) {
            uint32_t n = draw() % MOST;
            for (uint32_t w = 0; w < 30; w++, writes++)
                tg_write(&chip, draw() % 16 ? draw() % TG_PORTS : draw(), (uint8_t)draw());
            writes += voice();
            run(&chip, n);
            frames += n;
            if (!tg_valid(&chip))
                abort();
        }
        for (uint32_t k = 0; k < 10; k++) {
            memcpy(&copy, &chip, sizeof copy);
            for (uint32_t d = 0; d < 3; d++) {
                uint32_t word = draw() % 2 ? draw() : draw() % 0x40000;
                memcpy((uint8_t *)&copy + draw() % sizeof copy / 4 * 4, &word, 4);
            }
            if (tg_valid(&copy)) {
                damaged++;
                for (uint32_t part = 0; part < 5; part++)
                    run(&copy, MOST - 1);
                if (!tg_valid(&copy))
                    abort();
            }
        }
    }
    free(words);
    printf("%lu %lu %lu\n", writes, frames, damaged);
    return 0;
}
