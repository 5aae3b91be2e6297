#include "sound_board.h"

#include <stdlib.h>
#include <string.h>

#include "sound_kept.h"

enum { BLOCK = MDE_TICK, LOOK_EVERY = 32 /* blocks */, AT_ONCE = 1 << 30 /* frames */ };

_Static_assert((int)BLOCK <= (int)TG_BLOCK && (int)TG_BLOCK == (int)VDF_BLOCK, "rows of samples that both chips share");
_Static_assert((int)TG_VOICES == 2 * (int)VDF_VOICES, "voices");
_Static_assert((int)TG_SAMPLE_BITS == (int)VDF_SAMPLE_BITS, "widths");

static const uint64_t HASH_PRIME = UINT64_C(0x100000001B3);

/* FNV-1a's step on whole words, and the high bits brought down. */
static inline uint64_t mixed(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * HASH_PRIME;
    return hash ^ hash >> 29;
}

static inline uint64_t pair(int32_t low, int32_t high)
{
    return (uint32_t)low | (uint64_t)(uint32_t)high << 32;
}

/* ---- frames ---- */

/* Voices 0, 2, 4.. on VDF I: their rows in one piece, filtered, and back. */
static void filter_interleaved(sound_board *b, int32_t samples[][TG_BLOCK], uint32_t n, uint32_t sounding)
{
    int32_t rows[VDF_VOICES][TG_BLOCK];
    for (int which = 0; which < 2; which++) {
        uint32_t bits = 0;
        for (int k = 0; k < VDF_VOICES; k++) {
            memcpy(rows[k], samples[2 * k + which], n * sizeof rows[k][0]);
            bits |= (sounding >> (2 * k + which) & 1) << k;
        }
        vdf_samples(b->vdf[which], rows[0], n, bits);
        for (int k = 0; k < VDF_VOICES; k++)
            memcpy(samples[2 * k + which], rows[k], n * sizeof rows[k][0]);
    }
}

/* n <= BLOCK frames. */
static void make(sound_board *b, uint32_t n, int silent)
{
    int32_t samples[TG_VOICES][TG_BLOCK], buses[BLOCK][4], out[BLOCK][4], any_in = 0, any_out = 0;
    uint32_t sounding = tg_sounding(b->tg);
    if (silent) {
        tg_skip(b->tg, n);
        vdf_skip(b->vdf[0], n);
        vdf_skip(b->vdf[1], n);
        memset(buses, 0, sizeof buses);
    } else {
        tg_samples(b->tg, b->words, b->size, samples[0], n);
        if (b->options & SOUND_INTERLEAVED)
            filter_interleaved(b, samples, n, sounding);
        else {
            vdf_samples(b->vdf[0], samples[0], n, sounding & 0xFF);
            vdf_samples(b->vdf[1], samples[VDF_VOICES], n, sounding >> VDF_VOICES);
        }
        tg_mix(b->tg, samples[0], buses[0], n);
        for (uint32_t i = 0; i < n; i++)
            any_in |= buses[i][0] | buses[i][1] | buses[i][2] | buses[i][3];
    }
    mde_frames(b->effects, buses[0], out[0], n);
    for (uint32_t i = 0; i < n; i++)
        if (out[i][0] | out[i][1] | out[i][2] | out[i][3]) {
            any_out = 1;
            b->hash = mixed(b->hash, b->frame + i);
            b->hash = mixed(b->hash, pair(out[i][0], out[i][1]));
            b->hash = mixed(b->hash, pair(out[i][2], out[i][3]));
        }
    sound_keep(b, out, n);
    if (any_in | any_out)
        b->quiet = b->unlooked = 0;
    else if (b->unlooked < LOOK_EVERY)
        b->unlooked++;
}

/* A frame of silence, after which the MDE may be found to hold nothing that will be heard. */
static void look(sound_board *b)
{
    mde_slot before[2];
    memcpy(before, b->effects->slot, sizeof before);
    make(b, 1, 1);
    b->quiet = b->unlooked && mde_still(b->effects, before);    /* unlooked is 0 if it was not silent out */
    b->unlooked = 0;
}

static void pass_over(sound_board *b, uint32_t n)
{
    if (!b->held) {
        tg_skip(b->tg, n);
        vdf_skip(b->vdf[0], n);
        vdf_skip(b->vdf[1], n);
        mde_skip(b->effects, n);
    }
    sound_keep(b, NULL, n);
    b->skipped += n;
}

void sound_board_run(sound_board *b, uint64_t clock)
{
    uint64_t end = clock / b->frame_clocks + 1;
    while (b->frame < end) {
        uint64_t n = end - b->frame;
        int silent = !tg_sounding(b->tg) && !vdf_ringing(b->vdf[0]) && !vdf_ringing(b->vdf[1]);
        if (b->options & SOUND_TIRELESS)
            silent = 0;
        if (b->held || (silent && b->quiet)) {
            n = n < AT_ONCE ? n : AT_ONCE;
            pass_over(b, (uint32_t)n);
        } else if (silent && b->unlooked >= LOOK_EVERY) {
            n = 1;
            look(b);
        } else {
            uint32_t room = BLOCK - b->effects->frame % BLOCK;
            n = n < room ? n : room;
            make(b, (uint32_t)n, silent);
        }
        b->frame += n;
    }
}

/* ---- ports ---- */

static void mde_port(sound_board *b, uint16_t offset, uint8_t value)
{
    if (offset == 0)
        b->index = value < MDE_BLOCK ? value : MDE_BLOCK;
    else if (offset == 1) {
        (void)mde_load(b->effects, b->shadow);
        b->quiet = b->unlooked = 0;
    } else if (offset == 2 && b->index < MDE_BLOCK)
        b->shadow[b->index++] = value;
}

void sound_board_write(sound_board *b, uint64_t clock, uint16_t port, uint8_t value)
{
    if (b->logging)
        sound_note(b, clock, port, value);
    if (b->held || b->options & SOUND_DEAF)
        return;
    sound_board_run(b, clock);
    if (port >> 8 == SOUND_VDF1 >> 8)
        vdf_write(b->vdf[0], port & 0xFF, value);
    else if (port >> 8 == SOUND_VDF2 >> 8)
        vdf_write(b->vdf[1], port & 0xFF, value);
    else if (port >> 9 == SOUND_TG >> 9)
        tg_write(b->tg, port & 0x1FF, value);
    else if (port >> 2 == SOUND_MDE >> 2)
        mde_port(b, port & 3, value);
}

void sound_board_sink(void *user, uint64_t clock, uint16_t port, uint8_t value)
{
    sound_board_write(user, clock, port, value);
}

static void reset_chips(sound_board *b)
{
    tg_reset(b->tg);
    for (int which = 0; which < 2; which++)
        vdf_init(b->vdf[which], b->vdf[which]->poles, b->vdf[which]->each);
    mde_init(b->effects, b->effects->wiring);
    memset(b->shadow, 0, sizeof b->shadow);
    b->index = b->unlooked = 0;
    b->quiet = 1;
}

void sound_board_hold(sound_board *b, uint64_t clock, int level)
{
    if (b->held == !level)
        return;
    sound_board_run(b, clock);
    b->held = !level;
    if (b->held)
        reset_chips(b);
}

/* ---- life ---- */

void sound_board_begin(sound_board *b)
{
    b->frame = b->skipped = 0;
    b->hash = SOUND_HASH_BEGINS;
    b->held = 1;
    b->heard = b->logged = 0;
    reset_chips(b);
}

sound_board *sound_board_new(tg_mb87402 *tg, vdf_mb87404 *first, vdf_mb87404 *second, mde *effects,
                             const int16_t *words, uint32_t size, uint32_t frame_clocks, uint32_t options)
{
    sound_board *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->tg = tg;
    b->vdf[0] = first;
    b->vdf[1] = second;
    b->effects = effects;
    b->words = words;
    b->size = size;
    b->frame_clocks = frame_clocks;
    b->options = options;
    sound_board_begin(b);
    return b;
}

void sound_board_free(sound_board *b)
{
    if (b == NULL)
        return;
    free(b->out);
    free(b->log);
    free(b);
}
