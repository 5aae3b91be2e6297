/* MB87404, one of two: low-pass filters of eight voices. Integers only, no globals, no clock of its own: a frame is 256
   CPU clocks, the caller applies a write before the frame it belongs to. Voice k's registers at 20h * k:
   00 CONTROL, bit 0 RUN; 02-03 CUTOFF; 04 RAMP; 06-07 EG; 08-09 MG; the others are kept without effect. All of it is a
   stand-in, as emu/korgm1/sound/vdf_mb87404.py says (H-CUT, H-VDF12). The caller allocates the struct and calls
   vdf_init. */
#ifndef KORGM1_VDF_MB87404_H
#define KORGM1_VDF_MB87404_H
#include <stdint.h>

enum { VDF_VOICES = 8, VDF_BLOCK = 32 /* samples in a row */, VDF_PORTS = 256, VDF_POLES = 4, VDF_SAMPLE_BITS = 24 };
enum { VDF_CUTOFF, VDF_EG, VDF_MG, VDF_RAMPS };

typedef struct vdf_ramp {         /* a code on its way: 30 bits of fraction */
    int64_t now, step;
    int32_t left;                 /* frames until it is there; then it stands on a whole code and step is 0 */
    int32_t unused;
} vdf_ramp;

typedef struct vdf_voice {
    vdf_ramp ramp[VDF_RAMPS];
    int32_t pole[VDF_POLES];      /* 24 bits and 8 of fraction */
} vdf_voice;

typedef struct vdf_mb87404 {
    vdf_voice voice[VDF_VOICES];
    uint8_t written[VDF_PORTS];   /* the registers */
    uint32_t poles;               /* 1, 2 or 4 */
    uint32_t each;                /* the code names the -3 dB point of each pole, not of all together */
} vdf_mb87404;

/* Registers 0. Another number of poles than 1, 2 or 4 counts as 2. */
void vdf_init(vdf_mb87404 *f, unsigned poles, unsigned each);

/* Before the next frame: offset 0-FF, others do nothing. */
void vdf_write(vdf_mb87404 *f, uint32_t offset, uint8_t value);

/* n <= 32 frames, in place: eight rows of VDF_BLOCK samples of 24 bits, saturated where a filter runs. A row whose bit
   is not in `sounding` is silence, whatever stands in it; what comes out is written to every row. */
void vdf_samples(vdf_mb87404 *f, int32_t *samples, uint32_t n, uint32_t sounding);

/* The same for any number of frames: eight rows of n samples. */
void vdf_frames(vdf_mb87404 *f, int32_t *samples, uint32_t n, uint32_t sounding);

/* Bit k: voice k's filter still holds something, and gives samples without being given any. */
uint32_t vdf_ringing(const vdf_mb87404 *f);

/* What n frames of silence do to a chip that holds nothing: the ramps go on. */
void vdf_skip(vdf_mb87404 *f, uint32_t n);

/* CUTOFF + EG + MG of a voice, saturated to 0-FFFF, as in the latest frame. */
uint32_t vdf_code(const vdf_mb87404 *f, uint32_t voice);

/* 1 if the struct, filled from outside, can go on: every value within its width. */
int vdf_valid(const vdf_mb87404 *f);
#endif
