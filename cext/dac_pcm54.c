/* See dac_pcm54.h. */
#include "dac_pcm54.h"
#include <string.h>

enum { SAMPLE_LEAST = -0x80000, SAMPLE_MOST = 0x7FFFF, ZERO_CODE = 0x7FFF };

static int32_t clamp(int32_t value, int32_t least, int32_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* value / 2^shift, to the nearest, a half away from zero; |value| + 2^shift is within 31 bits. */
static int32_t shift_right(int32_t value, unsigned shift)
{
    int32_t half = (1 << shift) >> 1;
    return value < 0 ? -((half - value) >> shift) : (half + value) >> shift;
}

static void make_levels(dac_pcm54 *d)
{
    for (int32_t code = 0; code < DAC_CODES; code++) {
        int32_t level = ZERO_CODE * DAC_LSB + d->zero;
        for (unsigned bit = 0; bit < DAC_WEIGHTS; bit++)
            if (code >> bit & 1)
                level -= (1 << bit) * DAC_LSB + d->error[bit];
        d->level[code] = level;
    }
}

void dac_pcm54_init(dac_pcm54 *d)
{
    memset(d, 0, sizeof *d);
    for (unsigned n = 0; n < DAC_OUTPUTS; n++) {
        d->slot[n] = (uint8_t)n;
        d->word[n] = ZERO_CODE;
    }
    make_levels(d);
}

static int too_large(int32_t error) { return error < -DAC_MOST_ERROR || error > DAC_MOST_ERROR; }

static void hold_again(dac_pcm54 *d)
{
    for (unsigned n = 0; n < DAC_OUTPUTS; n++)
        d->hold[n] = dac_pcm54_level(d, d->word[n]);
}

int dac_pcm54_set_errors(dac_pcm54 *d, const int32_t error[DAC_WEIGHTS], int32_t zero)
{
    if (too_large(zero))
        return -1;
    for (unsigned bit = 0; bit < DAC_WEIGHTS; bit++)
        if (too_large(error[bit]))
            return -1;
    memcpy(d->error, error, sizeof d->error);
    d->zero = zero;
    make_levels(d);
    hold_again(d);
    return 0;
}

int dac_pcm54_set_ranges(dac_pcm54 *d, unsigned ranges)
{
    if (ranges >= DAC_RANGES)
        return -1;
    d->ranges = (uint8_t)ranges;
    return 0;
}

int dac_pcm54_set_slots(dac_pcm54 *d, const uint8_t slot[DAC_OUTPUTS])
{
    unsigned seen = 0;
    for (unsigned n = 0; n < DAC_OUTPUTS; n++)
        if (slot[n] < DAC_OUTPUTS)
            seen |= 1u << slot[n];
    if (seen != (1u << DAC_OUTPUTS) - 1)
        return -1;
    memcpy(d->slot, slot, sizeof d->slot);
    return 0;
}

int dac_pcm54_set_held(dac_pcm54 *d, const uint32_t word[DAC_OUTPUTS])
{
    for (unsigned n = 0; n < DAC_OUTPUTS; n++)
        if (word[n] >> 16 > 4)
            return -1;
    memcpy(d->word, word, sizeof d->word);
    hold_again(d);
    return 0;
}

/* The largest in which a size, rounded to 16 bits, is not beyond the code's end: most = that end in 20 bits. */
static unsigned range_of(unsigned ranges, int32_t size, int32_t most)
{
    if (ranges == DAC_RANGES_2)
        return (unsigned)((size << 1 <= most) + (size << 2 <= most) + (size << 3 <= most));
    if (ranges == DAC_RANGES_4)
        return 2u * (unsigned)((size << 2 <= most) + (size << 4 <= most));
    return 0;
}

uint32_t dac_pcm54_word(const dac_pcm54 *d, int32_t sample)
{
    int32_t within = clamp(sample, SAMPLE_LEAST, SAMPLE_MOST);
    int32_t size = within < 0 ? -within : within, end = within < 0 ? 0x8000 : 0x7FFF;
    unsigned range = range_of(d->ranges, size, (end << 4) + 7);   /* 7: is rounded down */
    int32_t value = clamp(((size << range) + 8) >> 4, 0, end);
    return (uint32_t)(within < 0 ? ZERO_CODE + value : ZERO_CODE - value) | (uint32_t)range << 16;
}

int32_t dac_pcm54_level(const dac_pcm54 *d, uint32_t word)
{
    return shift_right(d->level[word & 0xFFFF], word >> 16 & 7);
}

static void convert(dac_pcm54 *d, const int32_t *samples)
{
    for (unsigned n = 0; n < DAC_OUTPUTS; n++) {
        unsigned output = d->slot[n];
        d->word[output] = dac_pcm54_word(d, samples[output]);
        d->hold[output] = dac_pcm54_level(d, d->word[output]);
    }
}

void dac_pcm54_frames(dac_pcm54 *d, const int32_t *samples, int32_t *levels, uint32_t count)
{
    for (; count > 0; count--, samples += DAC_OUTPUTS, levels += DAC_OUTPUTS) {
        convert(d, samples);
        memcpy(levels, d->hold, sizeof d->hold);
    }
}

void dac_pcm54_words(dac_pcm54 *d, const int32_t *samples, uint32_t *words, uint32_t count)
{
    for (; count > 0; count--, samples += DAC_OUTPUTS, words += DAC_OUTPUTS) {
        convert(d, samples);
        for (unsigned n = 0; n < DAC_OUTPUTS; n++)
            words[n] = d->word[d->slot[n]];
    }
}
