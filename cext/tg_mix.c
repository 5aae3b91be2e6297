#include "tg_parts.h"

enum { SHARE_BITS = 15, GAIN_BITS = 31, PANS = 14, THROUGH_B = 10 };

/* k tenths of a voice, as amplitude or as power: 32768 k / 10, 32768 sqrt(k / 10). */
static const uint16_t SHARES[2][11] = {
    {0, 3277, 6554, 9830, 13107, 16384, 19661, 22938, 26214, 29491, 32768},
    {0, 10362, 14654, 17948, 20724, 23170, 25382, 27416, 29309, 31086, 32768},
};

static uint32_t share(const tg_mb87402 *t, uint32_t pan, uint32_t bus)
{
    if (pan <= THROUGH_B)
        return bus > 1 ? 0 : SHARES[t->pan_power][bus ? pan : 10 - pan];
    return (bus == 2 && pan < 13) || (bus == 3 && pan > 11) ? 1 << SHARE_BITS : 0;
}

enum { SIGN_BITS = TG_SAMPLE_BITS - 1, WIDE = SIGN_BITS + GAIN_BITS };

static inline uint32_t gained(uint32_t level, uint32_t share)
{
    return (uint32_t)((uint64_t)level * share >> TG_LEVEL_BITS);
}

/* sample * gain, rounded to a bus. Sign and rounding are added in front of the shift, so that it sees no negative
   number: 24 bits less one times a gain of 31 is at most 54. */
static inline int32_t part_of(int32_t sample, uint32_t gain, int shift)
{
    uint64_t more = ((uint64_t)1 << WIDE) + ((uint64_t)1 << (shift - 1)) - ((uint64_t)gain << SIGN_BITS);
    uint32_t unsigned_sample = (uint32_t)sample + (1u << SIGN_BITS);
    return (int32_t)((unsigned_sample * (uint64_t)gain + more) >> shift) - (1 << (WIDE - shift));
}

static void add(int32_t *sum, const int32_t *samples, uint32_t gain, uint32_t n, int shift)
{
    for (uint32_t i = 0; i < n; i++)
        sum[i] += part_of(samples[i], gain, shift);
}

static void add_moving(int32_t *sum, const int32_t *samples, const uint32_t *levels, uint32_t share, uint32_t n,
                       int shift)
{
    for (uint32_t i = 0; i < n; i++)
        sum[i] += part_of(samples[i], gained(levels[i], share), shift);
}

static int silent(const int32_t *samples, uint32_t n)
{
    int32_t any = 0;
    for (uint32_t i = 0; i < n; i++)
        any |= samples[i];
    return !any;
}

void tg_mix(tg_mb87402 *t, const int32_t *samples, int32_t *buses, uint32_t n)
{
    int32_t sums[TG_BUSES][TG_BLOCK] = {{0}};
    int shift = TG_SAMPLE_BITS + GAIN_BITS - TG_BUS_BITS + t->headroom_shift;
    for (uint32_t v = 0; v < TG_VOICES; v++, samples += TG_BLOCK) {
        tg_ramp *level = &t->voice[v].level;
        uint32_t levels[TG_BLOCK], pan = tg_ports(t, v)[TG_PAN];
        if (silent(samples, n)) {
            tg_ramp_skip(level, n);
            continue;
        }
        int moves = tg_ramp_moves(level);
        if (moves)
            tg_ramp_fill(level, levels, n);
        for (uint32_t bus = 0; bus < TG_BUSES; bus++) {
            uint32_t part = share(t, pan < PANS ? pan : PANS - 1, bus);
            if (part && moves)
                add_moving(sums[bus], samples, levels, part, n, shift);
            else if (part)
                add(sums[bus], samples, gained((uint32_t)level->target, part), n, shift);
        }
    }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t bus = 0; bus < TG_BUSES; bus++)
            buses[TG_BUSES * i + bus] = clip32(sums[bus][i], TG_BUS_BITS);
}

void tg_skip(tg_mb87402 *t, uint32_t n)
{
    for (uint32_t v = 0; v < TG_VOICES; v++) {
        tg_ramp_skip(&t->voice[v].increment, n);
        tg_ramp_skip(&t->voice[v].level, n);
    }
}

void tg_frames(tg_mb87402 *t, const int16_t *words, uint32_t size, int32_t *buses, uint32_t n)
{
    int32_t samples[TG_VOICES * TG_BLOCK];
    while (n) {
        uint32_t part = n < TG_BLOCK ? n : TG_BLOCK;
        tg_samples(t, words, size, samples, part);
        tg_mix(t, samples, buses, part);
        buses += TG_BUSES * part;
        n -= part;
    }
}
