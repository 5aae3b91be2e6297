/* What the parts of the TG share: register places, ramps. */
#ifndef KORGM1_TG_PARTS_H
#define KORGM1_TG_PARTS_H
#include "integers.h"
#include "tg_mb87402.h"

enum {
    TG_VOICE_PORTS = TG_PORTS / TG_VOICES,
    TG_CONTROL = 0x00, TG_PAN = 0x01, TG_LEVEL = 0x02, TG_LEVEL_RAMP = 0x04, TG_PITCH_RAMP = 0x05,
    TG_INCREMENT = 0x06, TG_START = 0x0A, TG_LOOP = 0x0E, TG_END = 0x12
};
enum { TG_KEY = 1, TG_LOOPS = 2 };      /* bits of CONTROL */

static inline const uint8_t *tg_ports(const tg_mb87402 *t, uint32_t voice)
{
    return &t->registers[voice * TG_VOICE_PORTS];
}

static inline int tg_ramp_moves(const tg_ramp *r)
{
    return r->done < 1 << r->bits;
}

/* The values of n frames; the first is one step on. Never below 0, as neither end of the way is. */
static inline void tg_ramp_fill(tg_ramp *r, uint32_t *values, uint32_t n)
{
    uint64_t step = (uint64_t)r->target - (uint64_t)r->from;
    uint64_t sum = ((uint64_t)r->from << r->bits) + step * (uint64_t)r->done;
    uint32_t left = (1u << r->bits) - (uint32_t)r->done, moving = left < n ? left : n;
    for (uint32_t i = 0; i < moving; i++) {
        sum += step;
        values[i] = (uint32_t)(sum >> r->bits);
    }
    for (uint32_t i = moving; i < n; i++)
        values[i] = (uint32_t)r->target;
    r->done += (int32_t)moving;
}

static inline void tg_ramp_skip(tg_ramp *r, uint32_t n)
{
    uint32_t left = (1u << r->bits) - (uint32_t)r->done;
    r->done += (int32_t)(left < n ? left : n);
}

/* The oscillator: from a word's address, with the voice's loop and end; and silent. */
void tg_start(tg_mb87402 *t, uint32_t voice, uint32_t address);
void tg_stop(tg_voice *v);
#endif
