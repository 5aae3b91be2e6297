#include <string.h>

#include "tg_parts.h"

enum { INCREMENT_MOST = 0xFFFFFF, LEVEL_MOST = 0xFFFF << TG_LEVEL_BITS, RAMP_MOST = 15 };

static uint32_t number(const uint8_t *low)
{
    return low[0] | (uint32_t)low[1] << 8 | (uint32_t)low[2] << 16;
}

int32_t tg_ramp_value(const tg_ramp *r)
{
    if (!tg_ramp_moves(r))
        return r->target;
    return (int32_t)((((int64_t)r->from << r->bits) + ((int64_t)r->target - r->from) * r->done) >> r->bits);
}

static void ramp_to(tg_ramp *r, uint32_t target, uint8_t bits)
{
    r->from = tg_ramp_value(r);
    r->target = (int32_t)target;
    r->done = 0;
    r->bits = bits & RAMP_MOST;
}

static void control(tg_mb87402 *t, uint32_t voice, uint8_t before)
{
    const uint8_t *ports = tg_ports(t, voice);
    tg_voice *v = &t->voice[voice];
    if (!(ports[TG_CONTROL] & TG_KEY)) {
        tg_stop(v);
    } else if (!(before & TG_KEY)) {
        v->loop = number(ports + TG_LOOP);
        v->end = number(ports + TG_END) + t->loop_inclusive;
        tg_start(t, voice, number(ports + TG_START));
    }
}

void tg_write(tg_mb87402 *t, uint32_t offset, uint8_t value)
{
    uint32_t voice = offset % TG_PORTS / TG_VOICE_PORTS, place = offset % TG_VOICE_PORTS;
    uint8_t *ports = &t->registers[voice * TG_VOICE_PORTS], before = ports[place];
    ports[place] = value;
    if (place == TG_CONTROL)
        control(t, voice, before);
    else if (place == TG_LEVEL + 1)
        ramp_to(&t->voice[voice].level, (ports[TG_LEVEL] | (uint32_t)value << 8) << TG_LEVEL_BITS,
                ports[TG_LEVEL_RAMP]);
    else if (place == TG_INCREMENT + 2)
        ramp_to(&t->voice[voice].increment, number(ports + TG_INCREMENT), ports[TG_PITCH_RAMP]);
}

void tg_reset(tg_mb87402 *t)
{
    memset(t->voice, 0, sizeof t->voice);
    memset(t->registers, 0, sizeof t->registers);
    for (uint32_t v = 0; v < TG_VOICES; v++)
        t->voice[v].increment.done = t->voice[v].level.done = 1;
}

void tg_init(tg_mb87402 *t, unsigned interpolation, unsigned loop_inclusive, unsigned headroom_shift,
             unsigned pan_power)
{
    memset(t, 0, sizeof *t);
    t->interpolation = (uint8_t)interpolation;
    t->loop_inclusive = (uint8_t)loop_inclusive;
    t->headroom_shift = (uint8_t)headroom_shift;
    t->pan_power = (uint8_t)pan_power;
    tg_reset(t);
}

static int ramp_valid(const tg_ramp *r, int32_t most)
{
    return r->bits >= 0 && r->bits <= RAMP_MOST && r->done >= 0 && r->done <= 1 << r->bits && r->from >= 0
           && r->from <= most && r->target >= 0 && r->target <= most;
}

static int voice_valid(const tg_mb87402 *t, uint32_t voice)
{
    const tg_voice *v = &t->voice[voice];
    int good = ramp_valid(&v->increment, INCREMENT_MOST) && ramp_valid(&v->level, LEVEL_MOST) && v->loop < 1 << 24
               && v->end < (1 << 24) + (uint32_t)t->loop_inclusive && v->sounding <= 1 && v->looped <= 1;
    if (!v->sounding)
        return good && v->phase == 0;
    return good && tg_ports(t, voice)[TG_CONTROL] & TG_KEY && v->phase < (uint64_t)v->end << TG_PHASE_BITS
           && (!v->looped || (v->loop < v->end && v->phase >= (uint64_t)v->loop << TG_PHASE_BITS));
}

int tg_valid(const tg_mb87402 *t)
{
    int good = t->interpolation < TG_INTERPOLATIONS && t->loop_inclusive <= 1 && t->pan_power <= 1
               && t->headroom_shift >= TG_HEADROOM_LEAST && t->headroom_shift <= TG_HEADROOM_MOST;
    for (uint32_t v = 0; v < TG_VOICES; v++)
        good = good && voice_valid(t, v);
    return good;
}
