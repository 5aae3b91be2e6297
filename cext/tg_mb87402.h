/* MB87402 and MB87403A, the tone generator: 16 oscillators that play words of the wave ROM, and behind the filters their
   levels, panpots and the sums A-D. Integers only, no globals. One frame = 256 CPU clocks. Registers, laws and widths are
   this project's stand-in; interpolation (H-INT), the last word of a loop (H-LOOP), panpots (H-PAN) and the room above a
   voice (H-BUS) have switches. The caller allocates the struct, then calls tg_init. */
#ifndef KORGM1_TG_MB87402_H
#define KORGM1_TG_MB87402_H
#include <stdint.h>

enum {
    TG_VOICES = 16, TG_BUSES = 4, TG_BLOCK = 32 /* frames */, TG_PORTS = 512,
    TG_PHASE_BITS = 20,       /* fraction of a word's address, and of an increment */
    TG_LEVEL_BITS = 8,        /* fraction of a level under way */
    TG_SAMPLE_BITS = 24, TG_BUS_BITS = 20
};
enum { TG_NONE, TG_LINEAR, TG_FOUR, TG_INTERPOLATIONS };
enum { TG_HEADROOM_LEAST = 1, TG_HEADROOM_MOST = 4 };      /* 6 dB each */

typedef struct tg_ramp {      /* a straight way of 2^bits frames; the value behind `done` of them is */
    int32_t from, target;     /* from + (target - from) * done / 2^bits, rounded down */
    int32_t done, bits;
} tg_ramp;

typedef struct tg_voice {
    uint64_t phase;           /* word address << 20; below end << 20 while it sounds, else 0 */
    uint32_t loop, end;       /* as taken over at the last KEY 0->1; end: the word behind the last */
    tg_ramp increment;        /* 1/2^20 words a frame */
    tg_ramp level;            /* LEVEL << 8 */
    uint8_t sounding;
    uint8_t looped;           /* has been back at `loop` since KEY 0->1 */
    uint8_t unused[6];
} tg_voice;

typedef struct tg_mb87402 {
    tg_voice voice[TG_VOICES];
    uint8_t registers[TG_PORTS];      /* as written */
    uint8_t interpolation, loop_inclusive, headroom_shift, pan_power;
    uint8_t unused[4];
} tg_mb87402;

/* Silence, registers 0. headroom_shift: a full-scale voice is 1/2^headroom_shift of a bus. */
void tg_init(tg_mb87402 *t, unsigned interpolation, unsigned loop_inclusive, unsigned headroom_shift,
             unsigned pan_power);

/* Registers 0, voices off: what the reset line does. */
void tg_reset(tg_mb87402 *t);

/* A port, offset 0-1FF; acts from the next frame on. */
void tg_write(tg_mb87402 *t, uint32_t offset, uint8_t value);

/* Bit v: voice v gives samples. */
uint32_t tg_sounding(const tg_mb87402 *t);

/* The oscillators, n <= TG_BLOCK frames: rows of TG_BLOCK samples of 24 bits, 0 where a voice is silent. Words outside
   `size` are 0. */
void tg_samples(tg_mb87402 *t, const int16_t *words, uint32_t size, int32_t *samples, uint32_t n);

/* The same n frames behind the filters: buses = A B C D of each, saturated to 20 bits. Samples have 24 bits. */
void tg_mix(tg_mb87402 *t, const int32_t *samples, int32_t *buses, uint32_t n);

/* n frames, any number, in which nothing sounds and nothing comes from the filters: what both calls do then. */
void tg_skip(tg_mb87402 *t, uint32_t n);

/* n frames, any number, of the chip alone, without filters. */
void tg_frames(tg_mb87402 *t, const int16_t *words, uint32_t size, int32_t *buses, uint32_t n);

/* Where a ramp is. */
int32_t tg_ramp_value(const tg_ramp *r);

/* 1 if the struct, filled from outside, can go on: every value within its width. */
int tg_valid(const tg_mb87402 *t);
#endif
