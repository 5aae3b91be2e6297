/* What a sound board keeps for those who listen and log. Where there is no memory for it, `lost` is set. */
#ifndef KORGM1_SOUND_KEPT_H
#define KORGM1_SOUND_KEPT_H
#include "sound_board.h"

/* n frames behind those that were heard, if somebody listens; NULL = silence. */
void sound_keep(sound_board *b, int32_t (*frames)[4], size_t n);

/* A write behind those that were logged. */
void sound_note(sound_board *b, uint64_t clock, uint16_t port, uint8_t value);
#endif
