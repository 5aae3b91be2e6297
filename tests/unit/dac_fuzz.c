/* Random settings and random samples through the C side of the converter, for the sanitisers: refused settings change
   nothing, words and levels stay in their widths, frames and words agree, blocks do not matter. Prints the number of
   frames, and of the settings that were refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dac_pcm54.h"

static uint64_t state = 88172645463325252u;

static uint32_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static int32_t any(void)   /* all widths, and the ends */
{
    static const int32_t ends[] = {INT32_MIN, INT32_MAX, -0x80000, 0x7FFFF, -0x80001, 0x80000, 0, -1, 0x7FFF8, 0x7FFF7};
    uint32_t which = draw() % 8;
    if (which == 0)
        return ends[draw() % (sizeof ends / sizeof *ends)];
    return (int32_t)(draw() & 0x1FFFFF) - 0x100000 + (which == 1 ? (int32_t)(draw() & 0x3FFFFFFF) : 0);
}

static void check(int right, const char *what)
{
    if (!right) {
        fprintf(stderr, "wrong: %s\n", what);
        exit(1);
    }
}

static unsigned refused;

static void set_anything(dac_pcm54 *d)
{
    static dac_pcm54 before;
    int32_t error[DAC_WEIGHTS], zero = any() * (int)(draw() % 2);
    uint32_t word[DAC_OUTPUTS];
    uint8_t slot[DAC_OUTPUTS];
    int answer;
    for (unsigned n = 0; n < DAC_WEIGHTS; n++)
        error[n] = draw() % 256 ? (int32_t)(draw() % (2 * DAC_MOST_ERROR + 1)) - DAC_MOST_ERROR : any();
    for (unsigned n = 0; n < DAC_OUTPUTS; n++) {
        slot[n] = (uint8_t)(draw() % 5);
        word[n] = draw() & 0x7FFFF;
    }
    before = *d;
    switch (draw() % 4) {
    case 0: answer = dac_pcm54_set_errors(d, error, zero); break;
    case 1: answer = dac_pcm54_set_ranges(d, draw() % 16 ? draw() % DAC_RANGES : draw()); break;
    case 2: answer = dac_pcm54_set_slots(d, slot); break;
    default: answer = dac_pcm54_set_held(d, word); break;
    }
    check(answer == 0 || answer == -1, "the answer");
    if (answer) {
        refused++;
        check(memcmp(&before, d, sizeof before) == 0, "a refused setting changed something");
    }
}

int main(int argc, char **argv)
{
    enum { FRAMES = 257 };
    static dac_pcm54 dac, other;
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 100;
    unsigned long frames = 0;
    dac_pcm54_init(&dac);
    while (rounds-- > 0) {
        /* buffers of exactly the size, so that the sanitiser sees a step beyond */
        uint32_t count = draw() % FRAMES, first = count ? draw() % count : 0;
        size_t size = (size_t)count * DAC_OUTPUTS * sizeof(int32_t);
        int32_t *samples = malloc(size + 1), *levels = malloc(size + 1), *again = malloc(size + 1);
        uint32_t *words = malloc(size + 1);
        check(samples && levels && again && words, "memory");
        set_anything(&dac);
        for (uint32_t n = 0; n < count * DAC_OUTPUTS; n++)
            samples[n] = any();
        other = dac;
        dac_pcm54_frames(&dac, samples, levels, count);
        dac_pcm54_frames(&other, samples, again, first);
        dac_pcm54_frames(&other, samples + first * DAC_OUTPUTS, again + first * DAC_OUTPUTS, count - first);
        check(size == 0 || memcmp(levels, again, size) == 0, "blocks matter");
        check(memcmp(&dac, &other, sizeof dac) == 0, "blocks leave another state");
        dac_pcm54_words(&other, samples, words, count);
        check(memcmp(&dac, &other, sizeof dac) == 0, "listening changes something");
        for (uint32_t n = 0; n < count * DAC_OUTPUTS; n++) {
            uint32_t output = dac.slot[n % DAC_OUTPUTS], word = words[n];
            int32_t level = levels[n - n % DAC_OUTPUTS + output];
            check(word >> 16 <= 4, "a range beyond 4");
            check(level == dac_pcm54_level(&dac, word), "a level that is not its word's");
            check(level > -(1 << 28) && level < 1 << 28, "a level beyond its width");
        }
        frames += count;
        free(samples);
        free(levels);
        free(again);
        free(words);
    }
    printf("%lu %u\n", frames, refused);
    return 0;
}
