/* The wires between the sound chips, and their frame clock. TG -> VDF I and II -> TG -> MDE -> the stream of 20-bit
   words that the DAC gets; the ports of all four with the clocks of their writes; PIO PA7, which resets them.

   Frame f covers the clocks from f * frame_clocks on. A write at clock c acts before frame c / frame_clocks + 1. Frames
   are made when somebody needs them: before a write, and when they or their hash are asked for. */
#ifndef KORGM1_SOUND_BOARD_H
#define KORGM1_SOUND_BOARD_H
#include <stddef.h>
#include <stdint.h>
#include "mde_mb87405.h"
#include "tg_mb87402.h"
#include "vdf_mb87404.h"

enum { SOUND_VDF1 = 0x0100, SOUND_VDF2 = 0x0200, SOUND_MDE = 0x0500, SOUND_TG = 0x1000 };   /* first ports */
enum { SOUND_INTERLEAVED = 1 /* H-VDF8 */, SOUND_DEAF = 2 /* H-TGW: no decoder for this firmware */,
       SOUND_TIRELESS = 4 /* never skip silence: for the test that skipping changes nothing */ };

#define SOUND_HASH_BEGINS UINT64_C(0xCBF29CE484222325)   /* the hash of silence */

typedef struct sound_write {
    uint64_t clock;
    uint16_t port;
    uint8_t value;
    uint8_t unused[5];
} sound_write;

typedef struct sound_board {
    tg_mb87402 *tg;
    vdf_mb87404 *vdf[2];
    mde *effects;
    const int16_t *words;         /* of the wave ROM */
    uint32_t size;
    uint32_t frame_clocks;
    uint32_t options;             /* SOUND_INTERLEAVED.. */
    uint64_t frame;               /* the next to be made */
    uint64_t hash;                /* of all frames but silent ones, with their numbers */
    uint64_t skipped;             /* frames of silence that cost nothing */
    uint8_t held;                 /* PA7 is low */
    uint8_t index;                /* of the next byte for the effect block; MDE_BLOCK = none */
    uint8_t shadow[MDE_BLOCK];
    uint8_t quiet;                /* the MDE was found still */
    uint8_t unlooked;             /* silent blocks since it was looked */
    uint8_t listening, logging;
    uint8_t lost;                 /* there was no memory for frames or writes that were wanted */
    int32_t (*out)[4];
    size_t heard, out_room;       /* frames */
    sound_write *log;
    size_t logged, log_room;
} sound_board;

/* With all of them reset and held; frame 0 is next. NULL = no memory. The chips and words stay the caller's. */
sound_board *sound_board_new(tg_mb87402 *tg, vdf_mb87404 *first, vdf_mb87404 *second, mde *effects,
                             const int16_t *words, uint32_t size, uint32_t frame_clocks, uint32_t options);
void sound_board_free(sound_board *b);

/* As at power-on: frame 0 is next, the hash begins anew, nothing was heard or logged. The chips are left as they are. */
void sound_board_begin(sound_board *b);

/* Make all frames that began before or at `clock`. */
void sound_board_run(sound_board *b, uint64_t clock);

/* A write to a port; one that is nobody's does nothing. */
void sound_board_write(sound_board *b, uint64_t clock, uint16_t port, uint8_t value);

/* The same as board_bus.sink: `user` is the sound_board. */
void sound_board_sink(void *user, uint64_t clock, uint16_t port, uint8_t value);

/* PA7 has this level from now on. */
void sound_board_hold(sound_board *b, uint64_t clock, int level);

/* Keep frames or writes from now on, or drop those that were kept and keep no more. */
void sound_board_listen(sound_board *b, int on);
void sound_board_log(sound_board *b, int on);

/* Forget what was kept, and go on. */
void sound_board_taken(sound_board *b);
void sound_board_log_taken(sound_board *b);
#endif
