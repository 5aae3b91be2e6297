#include <string.h>

#include "tg_parts.h"

enum { ONE = 1 << TG_PHASE_BITS, EXTRA = TG_SAMPLE_BITS - 16, SIGN = 32768 };

/* The words a voice plays. */
typedef struct source {
    const int16_t *words;
    uint32_t size, loop, end;
    uint32_t length;          /* of the loop; 0: none */
    uint32_t looped;
} source;

static uint32_t loop_length(const tg_mb87402 *t, uint32_t voice)
{
    const tg_voice *v = &t->voice[voice];
    return tg_ports(t, voice)[TG_CONTROL] & TG_LOOPS && v->loop < v->end ? v->end - v->loop : 0;
}

/* An address at or beyond the end, brought back by whole loops. */
static uint64_t wrapped(uint64_t phase, uint32_t end, uint32_t length)
{
    uint64_t last = (uint64_t)end << TG_PHASE_BITS, once = (uint64_t)length << TG_PHASE_BITS, over = phase - last;
    return last - once + (over < once ? over : over % once);
}

void tg_stop(tg_voice *v)
{
    v->sounding = v->looped = 0;
    v->phase = 0;
}

void tg_start(tg_mb87402 *t, uint32_t voice, uint32_t address)
{
    tg_voice *v = &t->voice[voice];
    uint64_t phase = (uint64_t)address << TG_PHASE_BITS;
    uint32_t length = loop_length(t, voice);
    tg_stop(v);
    if (address < v->end) {
        v->sounding = 1;
        v->phase = phase;
    } else if (length) {
        v->sounding = v->looped = 1;
        v->phase = wrapped(phase, v->end, length);
    }
}

static int32_t word(const source *s, uint32_t at)
{
    if (at >= s->end) {
        if (!s->length)
            return 0;
        at = s->loop + (at - s->end) % s->length;
    }
    return at < s->size ? s->words[at] : 0;
}

static int32_t word_before(const source *s, uint32_t at)
{
    if (s->looped && at == s->loop)
        at = s->end;
    at -= 1;
    return at < s->size ? s->words[at] : 0;
}

/* A straight line from a to b; never below 0 with the sign taken off. */
static int32_t between(int32_t a, int32_t b, int64_t part)
{
    int64_t sum = ((int64_t)(a + SIGN) << TG_PHASE_BITS) + (b - a) * part + (1 << (TG_PHASE_BITS - EXTRA - 1));
    return (int32_t)(sum >> (TG_PHASE_BITS - EXTRA)) - (SIGN << EXTRA);
}

/* The cubic through a and b whose slopes there are those from l to b and from a to c; twice its value with 12 bits of
   fraction, then halved and rounded. */
static int32_t curve(int32_t l, int32_t a, int32_t b, int32_t c, int64_t part)
{
    int64_t sum = down64((c - l + 3 * (a - b)) * part, TG_PHASE_BITS - 12);
    sum = down64(((int64_t)(2 * l - 5 * a + 4 * b - c) * 4096 + sum) * part, TG_PHASE_BITS);
    sum = down64(((int64_t)(b - l) * 4096 + sum) * part, TG_PHASE_BITS);
    return clip32((int32_t)down64((int64_t)a * 8192 + sum + 16, 13 - EXTRA), TG_SAMPLE_BITS);
}

static inline int32_t sample(const source *s, uint64_t phase, int kind)
{
    uint32_t at = (uint32_t)(phase >> TG_PHASE_BITS), most = s->end < s->size ? s->end : s->size;
    int64_t part = (int64_t)(phase & (ONE - 1));
    const int16_t *w = s->words;
    if (kind == TG_NONE)
        return (at < s->size ? w[at] : 0) * (1 << EXTRA);
    if (kind == TG_LINEAR)
        return at + 1 < most ? between(w[at], w[at + 1], part) : between(word(s, at), word(s, at + 1), part);
    if (at > s->loop && at + 2 < most)
        return curve(w[at - 1], w[at], w[at + 1], w[at + 2], part);
    return curve(word_before(s, at), word(s, at), word(s, at + 1), word(s, at + 2), part);
}

/* Samples until the block is full or the voice is at its end; how many. */
static inline uint32_t run(tg_voice *v, source *s, const uint32_t *steps, int32_t *samples, uint32_t n, int kind)
{
    uint64_t phase = v->phase, end = (uint64_t)s->end << TG_PHASE_BITS;
    for (uint32_t i = 0; i < n; i++) {
        samples[i] = sample(s, phase, kind);
        phase += steps[i];
        if (phase >= end) {
            if (!s->length) {
                tg_stop(v);
                return i + 1;
            }
            phase = wrapped(phase, s->end, s->length);
            s->looped = v->looped = 1;
        }
    }
    v->phase = phase;
    return n;
}

void tg_samples(tg_mb87402 *t, const int16_t *words, uint32_t size, int32_t *samples, uint32_t n)
{
    for (uint32_t i = 0; i < TG_VOICES; i++, samples += TG_BLOCK) {
        tg_voice *v = &t->voice[i];
        uint32_t steps[TG_BLOCK], made = 0;
        if (!v->sounding) {
            tg_ramp_skip(&v->increment, n);
        } else {
            source s = {words, size, v->loop, v->end, loop_length(t, i), v->looped};
            tg_ramp_fill(&v->increment, steps, n);
            if (t->interpolation == TG_LINEAR)
                made = run(v, &s, steps, samples, n, TG_LINEAR);
            else if (t->interpolation == TG_NONE)
                made = run(v, &s, steps, samples, n, TG_NONE);
            else
                made = run(v, &s, steps, samples, n, TG_FOUR);
        }
        memset(samples + made, 0, (n - made) * sizeof *samples);
    }
}

uint32_t tg_sounding(const tg_mb87402 *t)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < TG_VOICES; i++)
        bits |= (uint32_t)t->voice[i].sounding << i;
    return bits;
}
