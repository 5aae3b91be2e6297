#include "vdf_mb87404.h"

#include <string.h>

#include "integers.h"
#include "vdf_tables.h"

enum { RUN = 1, VOICE = 0x20, CONTROL = 0, CUTOFF = 2, RAMP = 4, EG = 6, MG = 8, WHOLE = 30 /* bits of fraction */,
       MOST_CODE = 0xFFFF, STATE = 8 /* bits of fraction */, LANES = 2 };

static const uint8_t PLACE[VDF_RAMPS] = {CUTOFF, EG, MG};

/* Where a ramp can be: CUTOFF is unsigned, the others are not. */
static int64_t least(int which) { return which == VDF_CUTOFF ? 0 : -(INT64_C(0x8000) * (INT64_C(1) << WHOLE)); }
static int64_t most(int which) { return (which == VDF_CUTOFF ? INT64_C(0xFFFF) : INT64_C(0x7FFF)) << WHOLE; }

static int32_t word_at(const uint8_t *at, int which)
{
    int32_t v = at[0] | at[1] << 8;
    return which != VDF_CUTOFF && v & 0x8000 ? v - 0x10000 : v;
}

void vdf_init(vdf_mb87404 *f, unsigned poles, unsigned each)
{
    memset(f, 0, sizeof *f);
    f->poles = poles == 1 || poles == 4 ? poles : 2;
    f->each = each != 0;
}

/* A start between two of 2^15 parts of a code counts as the lower, so that every step is exact. */
static void ramp_begin(vdf_ramp *r, int32_t target, unsigned n)
{
    r->now -= r->now & ((1 << 15) - 1);
    r->step = (target * (INT64_C(1) << WHOLE) - r->now) / (INT64_C(1) << n);
    r->left = r->step ? 1 << n : 0;
}

static void ramp_on(vdf_ramp *r, uint32_t n)
{
    if ((uint32_t)r->left > n) {
        r->now += r->step * (int64_t)n;
        r->left -= (int32_t)n;
    } else {
        r->now += r->step * r->left;
        r->step = r->left = 0;
    }
}

void vdf_write(vdf_mb87404 *f, uint32_t offset, uint8_t value)
{
    if (offset >= VDF_PORTS)
        return;
    vdf_voice *v = &f->voice[offset / VOICE];
    uint8_t *row = &f->written[offset - offset % VOICE];
    f->written[offset] = value;
    if (offset % VOICE == CONTROL && !(value & RUN))
        memset(v, 0, sizeof *v);
    for (int which = 0; which < VDF_RAMPS; which++)
        if (offset % VOICE == PLACE[which] + 1u)
            ramp_begin(&v->ramp[which], word_at(row + PLACE[which], which), row[RAMP] & 15);
}

static uint32_t whole(int64_t code)
{
    return code < 0 ? 0 : code >> WHOLE > MOST_CODE ? MOST_CODE : (uint32_t)(code >> WHOLE);
}

static int32_t share(const int32_t *table, uint32_t code)
{
    uint32_t key = code >> 8;
    if (key >= VDF_OPEN)
        return VDF_ONE;
    return table[key] + (int32_t)((uint32_t)(table[key + 1] - table[key]) * (code & 255) >> 8);
}

/* One step of a pole. What is left of the way is rounded away from 0: the pole arrives, and never goes beyond. */
static inline int64_t pole(int64_t y, int64_t x, int64_t k)
{
    int64_t way = x - y;
    return y + down64(way * k + (way < 0 ? 0 : VDF_ONE - 1), 24);
}

/* Voices side by side: a pole waits for its own last step, two for less of each other's time. */
typedef struct lane {
    int32_t *pole, *row;
    int32_t k[VDF_BLOCK];
} lane;

static inline void filter(const lane *lanes, uint32_t n, const uint32_t poles)
{
    int64_t y[LANES][VDF_POLES];
    for (uint32_t l = 0; l < LANES; l++)
        for (uint32_t p = 0; p < poles; p++)
            y[l][p] = lanes[l].pole[p];
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t l = 0; l < LANES; l++) {
            int64_t x = (int64_t)lanes[l].row[i] * (1 << STATE);
            for (uint32_t p = 0; p < poles; p++)
                x = y[l][p] = pole(y[l][p], x, lanes[l].k[i]);
            lanes[l].row[i] = (int32_t)down64(x + (1 << STATE) / 2, STATE);
        }
    for (uint32_t l = 0; l < LANES; l++)
        for (uint32_t p = 0; p < poles; p++)
            lanes[l].pole[p] = (int32_t)y[l][p];
}

static void filters(const vdf_mb87404 *f, const lane *lanes, uint32_t n)
{
    if (f->poles == 1)
        filter(lanes, n, 1);
    else if (f->poles == 2)
        filter(lanes, n, 2);
    else
        filter(lanes, n, 4);
}

static int holds(const vdf_voice *v)
{
    return (v->pole[0] | v->pole[1] | v->pole[2] | v->pole[3]) != 0;
}

static void ramps_on(vdf_voice *v, uint32_t n)
{
    for (int which = 0; which < VDF_RAMPS; which++)
        ramp_on(&v->ramp[which], n);
}

static int64_t sum(const vdf_voice *v)
{
    return v->ramp[VDF_CUTOFF].now + v->ramp[VDF_EG].now + v->ramp[VDF_MG].now;
}

/* The frames until the next ramp is there, at most n. */
static uint32_t straight(const vdf_voice *v, uint32_t n)
{
    for (int which = 0; which < VDF_RAMPS; which++)
        if (v->ramp[which].left && (uint32_t)v->ramp[which].left < n)
            n = (uint32_t)v->ramp[which].left;
    return n;
}

/* k of n frames, and the ramps that far on. */
static void shares(vdf_voice *v, const int32_t *table, int32_t *k, uint32_t n)
{
    while (n) {
        uint32_t part = straight(v, n);
        int64_t code = sum(v), step = v->ramp[VDF_CUTOFF].step + v->ramp[VDF_EG].step + v->ramp[VDF_MG].step;
        if (step)
            for (uint32_t i = 0; i < part; i++)
                k[i] = share(table, whole(code += step));
        else {
            int32_t same = share(table, whole(code));
            for (uint32_t i = 0; i < part; i++)
                k[i] = same;
        }
        ramps_on(v, part);
        k += part;
        n -= part;
    }
}

void vdf_samples(vdf_mb87404 *f, int32_t *samples, uint32_t n, uint32_t sounding)
{
    const int32_t *table = vdf_shares[f->each ? 0 : f->poles / 2];
    int32_t no_pole[VDF_POLES] = {0}, no_row[VDF_BLOCK] = {0};
    lane lanes[LANES];
    uint32_t used = 0;
    for (uint32_t which = 0; which < VDF_VOICES; which++, samples += VDF_BLOCK) {
        vdf_voice *v = &f->voice[which];
        int silent = !(sounding >> which & 1);
        if (silent)
            memset(samples, 0, n * sizeof *samples);
        if (!(f->written[which * VOICE] & RUN) || (silent && !holds(v))) {
            ramps_on(v, n);
            continue;
        }
        for (uint32_t i = 0; i < n; i++)
            samples[i] = clip32(samples[i], VDF_SAMPLE_BITS);
        lanes[used].pole = v->pole;
        lanes[used].row = samples;
        shares(v, table, lanes[used].k, n);
        if (++used == LANES) {
            filters(f, lanes, n);
            used = 0;
        }
    }
    if (!used)
        return;
    for (; used < LANES; used++)
        lanes[used] = (lane){no_pole, no_row, {0}};
    filters(f, lanes, n);
}

void vdf_frames(vdf_mb87404 *f, int32_t *samples, uint32_t n, uint32_t sounding)
{
    int32_t block[VDF_VOICES * VDF_BLOCK];
    for (uint32_t from = 0; from < n; from += VDF_BLOCK) {
        uint32_t count = n - from < VDF_BLOCK ? n - from : VDF_BLOCK;
        for (uint32_t k = 0; k < VDF_VOICES; k++)
            memcpy(&block[k * VDF_BLOCK], &samples[(size_t)k * n + from], count * sizeof *block);
        vdf_samples(f, block, count, sounding);
        for (uint32_t k = 0; k < VDF_VOICES; k++)
            memcpy(&samples[(size_t)k * n + from], &block[k * VDF_BLOCK], count * sizeof *block);
    }
}

uint32_t vdf_ringing(const vdf_mb87404 *f)
{
    uint32_t bits = 0;
    for (uint32_t which = 0; which < VDF_VOICES; which++)
        bits |= (uint32_t)holds(&f->voice[which]) << which;
    return bits;
}

void vdf_skip(vdf_mb87404 *f, uint32_t n)
{
    for (uint32_t which = 0; which < VDF_VOICES; which++)
        ramps_on(&f->voice[which], n);
}

uint32_t vdf_code(const vdf_mb87404 *f, uint32_t voice)
{
    return whole(sum(&f->voice[voice % VDF_VOICES]));
}

static int ramp_valid(const vdf_ramp *r, int which)
{
    const int64_t widest = INT64_C(0x10000) << WHOLE;
    if (r->now < least(which) || r->now > most(which) || r->step < -widest || r->step > widest || r->left < 0
        || r->left > 1 << 15 || (r->left == 0) != (r->step == 0) || r->unused)
        return 0;
    int64_t end = r->now + r->step * r->left;
    return end >= least(which) && end <= most(which) && end % (INT64_C(1) << WHOLE) == 0;
}

int vdf_valid(const vdf_mb87404 *f)
{
    int good = (f->poles == 1 || f->poles == 2 || f->poles == 4) && f->each <= 1;
    for (int which = 0; which < VDF_VOICES && good; which++) {
        const vdf_voice *v = &f->voice[which];
        for (int k = 0; k < VDF_RAMPS; k++)
            good &= ramp_valid(&v->ramp[k], k);
        for (uint32_t p = 0; p < VDF_POLES; p++)
            good &= v->pole[p] <= ((1 << (VDF_SAMPLE_BITS - 1)) - 1) * (1 << STATE) && (v->pole[p] == 0 || p < f->poles);
        good &= f->written[which * VOICE] & RUN || !holds(v);
    }
    return good;
}
